"""Writers at one portfolio at once: attaching, the security list, updates; nothing is lost (accreditly 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import pytest

from chalicelib.domain.epobject import EpObject, Language
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.identity import id_in
from chalicelib.domain.job import JobKind, JobStatus
from chalicelib.domain.person import User
from chalicelib.domain.portfolio import facts_of
from chalicelib.domain.sharing import KeyChange
from chalicelib.jobs.insights import InsightsRun
from chalicelib.jobs.runner import Runner
from chalicelib.wiring import Services
from tests.world import actor, queued

ROUNDS = 200
T = TypeVar("T")


def persistent(work: Callable[[], T]) -> T:
    """As a client does who is told to try again."""
    while True:
        try:
            return work()
        except ConflictError:
            continue


def book(services: Services, ada: User, guid: str) -> EpObject:
    return services.sharing.open(actor(ada), guid)[0]


def meet(works: Sequence[Callable[[], object]]) -> None:
    """Do these at once, each until it succeeds."""
    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(persistent, work) for work in works]:
            done.result()


def round_of(services: Services, ada: User, guid: str, attached: Sequence[str], number: int) -> None:
    """A writer may attach, another replaces the keys, a third renames; then all of it is there."""
    me, before = actor(ada), facts_of(book(services, ada, guid))
    kept, odd = before.keys[-1], number % 2 == 1
    keys = [KeyChange(id=kept.id, enabled=odd), KeyChange(label=f"new {number}")]
    meet(
        [
            *(partial(services.attachments.attach, me, guid, one) for one in attached),
            partial(services.sharing.secure, me, guid, keys=keys, public=odd),
            partial(services.portfolios.update, me, id_in(guid), guid=guid, name=f"round {number}"),
        ]
    )
    after = book(services, ada, guid)
    facts = facts_of(after)
    assert after.name == f"round {number}"
    assert [(key.label, key.enabled) for key in facts.keys] == [(kept.label, odd), (f"new {number}", True)]
    assert facts.keys[0].value == kept.value
    assert facts.shared_publicly is odd
    assert facts.accreditation_ids == (*before.accreditation_ids, *attached)
    assert facts.insights.changes == before.insights.changes + len(attached)


@pytest.mark.engine
def test_two_hundred_rounds_lose_nothing(services: Services, ada: User, bo: User) -> None:
    guid = facts_of(services.portfolios.create(actor(ada), name="P")).guid
    given = [
        services.accreditations.issue(actor(bo), recipient=ada.email, title=f"a{number}", classification="social").guid
        for number in range(8)
    ]
    for number in range(ROUNDS):
        if number % len(given) == 0:
            guid = facts_of(services.portfolios.create(actor(ada), name="P")).guid
        round_of(services, ada, guid, given[number % len(given) :][: number % 4 != 0], number)


@pytest.mark.engine
def test_analyses_beside_writers_end_covered(services: Services, ada: User, bo: User) -> None:
    """Runs of insights meet attaching and detaching; the last run covers the last change."""
    me, guid = actor(ada), facts_of(services.portfolios.create(actor(ada), name="P")).guid
    given = [
        services.accreditations.issue(actor(bo), recipient=ada.email, title=f"a{number}", classification="social").guid
        for number in range(4)
    ]
    runner = Runner(services, lambda: {JobKind.INSIGHTS: InsightsRun(lambda _: Language("English", "en"))})
    times = []

    def analyse() -> None:
        for body in queued(services.settings):
            job_id = int(body.partition(":")[2].strip(" }"))
            assert runner.run(job_id, lambda: 900.0) in (JobStatus.COMPLETE, None)

    for number in range(20):
        one = given[number % 4]
        held = one in facts_of(book(services, ada, guid)).accreditation_ids
        change = services.attachments.detach if held else services.attachments.attach
        meet([partial(change, me, guid, one), analyse])
        times.append(facts_of(book(services, ada, guid)).insights.updated_at)
    analyse()
    insights = facts_of(book(services, ada, guid)).insights
    assert insights.covered == insights.changes == 20
    seen = [at for at in times if at is not None]
    assert seen == sorted(seen)
