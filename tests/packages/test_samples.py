from __future__ import annotations

from pathlib import Path

import pytest

from tests.packages.support import again, take_in

ACCEPT = Path(__file__).parent / "accept"
SAMPLES = sorted(path.name for path in ACCEPT.iterdir())


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_comes_back_equal(name: str) -> None:
    first = take_in((ACCEPT / name).read_bytes())
    before, after = again(first.objects)
    assert after == before
