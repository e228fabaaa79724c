"""The institution routes on a generated school: what they cost does not grow with it."""

from __future__ import annotations

import pytest

from bench import institution


@pytest.mark.engine
@pytest.mark.slow
def test_costs_do_not_grow() -> None:
    samples = [institution.measure(percent) for percent in (0.2, 1)]
    assert [problem for sample in samples for problem in sample.problems] == []
    assert institution.growth(samples) == []
