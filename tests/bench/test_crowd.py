"""A small crowd at `make run`, for the parts of what `python -m bench crowd` claims."""

from __future__ import annotations

import pytest

from bench import crowd


@pytest.mark.engine
def test_every_job_of_a_crowd_ends_well_and_once() -> None:
    found = crowd.run(users=4, jobs=3)
    assert found.problems == []
    assert (found.jobs, len(found.spreads[0].values)) == (12, 12)
