"""All that an import could not keep is reported, however much it is and however often the job pauses."""

from __future__ import annotations

import msgspec
import pytest

from chalicelib.domain.job import PROBLEM_BYTES, PROBLEM_LIMIT, JobStatus, Problem
from chalicelib.domain.person import User
from chalicelib.wiring import Services
from tests.jobs.test_packages import bring_in, hasty, plenty
from tests.packages.feeds import entry, feed, link
from tests.packages.zips import Part, Zip

STRAYS = 250


def package() -> bytes:
    """Three entries, one linked to nobody, and files that none of them mentions."""
    body = entry("a") + entry("b", link("leap2:supports", "gone")) + entry("c") + entry("a")
    strays = [Part(b"stray/%d.txt" % number, b"x") for number in range(STRAYS)]
    return Zip([Part(b"leap2a.xml", feed(body)), *strays]).build()


@pytest.mark.parametrize("time_left", [plenty, hasty])
def test_every_problem_is_kept(services: Services, ada: User, time_left: object) -> None:
    job = bring_in(services, ada, package(), time_left)  # type: ignore[arg-type]
    assert job.status is JobStatus.COMPLETE_WITH_ERRORS
    assert (len(job.problems), job.problem_count) == (PROBLEM_LIMIT, STRAYS + 2)
    assert job.counts == {"reflection": 3}
    lines = services.blobs.get(job.problems_key).splitlines()
    found = [msgspec.json.decode(line, type=Problem) for line in lines]
    assert tuple(found[:PROBLEM_LIMIT]) == job.problems
    assert len(found) == job.problem_count
    assert {one.outcome for one in found} == {"left_out", "degraded"}


@pytest.mark.parametrize("time_left", [plenty, hasty])
def test_long_problems_leave_room_on_the_item(services: Services, ada: User, time_left: object) -> None:
    """Two hundred of the longest texts are more than an item holds."""
    name = "\U0001f393" * 250
    again = "".join(entry(name + str(number % 2), title=name) for number in range(STRAYS))
    job = bring_in(services, ada, Zip([Part(b"leap2a.xml", feed(again))]).build(), time_left)  # type: ignore[arg-type]
    assert job.status is JobStatus.COMPLETE_WITH_ERRORS
    assert 0 < len(job.problems) < PROBLEM_LIMIT < job.problem_count
    assert len(msgspec.json.encode(job.problems)) <= PROBLEM_BYTES
    found = [msgspec.json.decode(line, type=Problem) for line in services.blobs.get(job.problems_key).splitlines()]
    assert tuple(found[: len(job.problems)]) == job.problems
    assert len(found) == job.problem_count
