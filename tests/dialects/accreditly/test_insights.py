"""Insights: pending at once, analysed after, never backwards (accreditly 5)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain.epobject import Language
from chalicelib.domain.identity import id_in
from chalicelib.domain.job import JobKind, JobStatus
from chalicelib.domain.ports import Updated
from chalicelib.jobs import insights as job
from chalicelib.jobs.runner import Runner
from tests.dialects.accreditly.answers import MOMENT, create, issue, ok, path
from tests.dialects.accreditly.test_accreditations import attach, one
from tests.factories import Person, World


def insights(person: Person, portfolio: Any) -> Any:
    return ok(person.client.get(path(portfolio)))["insights"]


def run_with(world: World, detect: Any) -> list[JobStatus | None]:
    """Run what is queued, detecting languages in another way."""
    runner = Runner(world.services, lambda: {JobKind.INSIGHTS: job.InsightsRun(detect)})
    return [runner.run(json.loads(body)["job_id"], lambda: 900.0) for body in list(world.messages())]


def test_the_contracts_example(world: World, ada: Person, bo: Person) -> None:
    portfolio = create(ada)
    assert insights(ada, portfolio) == {"pendingUpdate": False}
    made = issue(bo, ada)
    attach(ada, portfolio, made)
    assert insights(ada, portfolio) == {"pendingUpdate": True}
    assert world.work() == 1
    found = insights(ada, portfolio)
    assert MOMENT.fullmatch(found["lastUpdated"])
    assert found["lastUpdated"] > made["issueReceipt"]["issueDate"]
    english = {"Name": "English", "Iso6391Name": "en"}
    assert json.dumps(found) == json.dumps(
        {
            "lastUpdated": found["lastUpdated"],
            "analysis": {
                "start-end-dates": {
                    "key": "start-end-dates",
                    "data": {"Start": made["issueReceipt"]["issueDate"]},
                    "context": [{"title": "Lab safety", "id": made["id"]}],
                },
                "language": {"key": "language", "data": english, "context": [english]},
            },
        }
    )


def test_several_accreditations(world: World, ada: Person, bo: Person) -> None:
    portfolio = create(ada)
    texts = [
        ("Erste Hilfe", "Kurs über zwei Tage mit Prüfung"),
        ("First aid", "A course of two days with an exam"),
        ("Brandschutz", "Übung am Feuerlöscher im Betrieb"),
        ("123", ""),
    ]
    made = [issue(bo, ada, title=title, details=details) for title, details in texts]
    for accreditation in made[::-1]:
        attach(ada, portfolio, accreditation)
    world.work()
    analysis = insights(ada, portfolio)["analysis"]
    dates = [accreditation["issueReceipt"]["issueDate"] for accreditation in made]
    assert analysis["start-end-dates"]["data"] == {"Start": dates[0], "End": dates[-1]}
    assert analysis["start-end-dates"]["context"] == [{"title": x["title"], "id": x["id"]} for x in made]
    german, english = {"Name": "German", "Iso6391Name": "de"}, {"Name": "English", "Iso6391Name": "en"}
    assert analysis["language"] == {"key": "language", "data": german, "context": [german, english]}


def test_nothing_can_be_told_of_the_language(world: World, ada: Person) -> None:
    portfolio = create(ada)
    attach(ada, portfolio, issue(ada, ada, title="123", details=""))
    world.work()
    assert list(insights(ada, portfolio)["analysis"]) == ["start-end-dates"]


def test_a_change_leaves_the_earlier_analysis_until_the_next(world: World, ada: Person) -> None:
    portfolio, first, second = create(ada), issue(ada, ada), issue(ada, ada)
    attach(ada, portfolio, first)
    world.work()
    earlier = insights(ada, portfolio)
    for method, accreditation in (("PUT", first), ("PUT", second), ("DELETE", second)):
        assert (
            ok(ada.client.request(method, path(portfolio, accreditation)))["insights"]
            == {"pendingUpdate": True} | earlier
        )
        world.work()
        later = insights(ada, portfolio)
        assert "pendingUpdate" not in later
        assert later["lastUpdated"] > earlier["lastUpdated"]
        earlier = later
    create(ada, id=portfolio["id"], title="New")
    ok(ada.client.post(path(portfolio, "security"), json_body={"keys": []}))
    assert insights(ada, portfolio) == earlier
    gone = ok(ada.client.delete(path(portfolio, first)))["insights"]
    assert gone == {"pendingUpdate": True} | earlier
    world.work()
    assert insights(ada, portfolio) == {"lastUpdated": earlier["lastUpdated"]}


def test_attached_and_detached_before_any_run(world: World, ada: Person) -> None:
    portfolio, made = create(ada), issue(ada, ada)
    attach(ada, portfolio, made)
    ok(ada.client.delete(path(portfolio, made)))
    assert insights(ada, portfolio) == {"pendingUpdate": True}
    assert world.work() == 2
    assert insights(ada, portfolio) == {"pendingUpdate": False}


def test_a_revocation_shows_at_once_and_is_analysed_everywhere(world: World, ada: Person, bo: Person) -> None:
    first, second = issue(bo, ada), issue(bo, ada)
    portfolios = [create(ada) for _ in range(3)]
    for portfolio in portfolios:
        attach(ada, portfolio, first)
        attach(ada, portfolio, second)
    ok(ada.client.delete(path(portfolios[2], first)))
    world.work()
    earlier = [insights(ada, portfolio) for portfolio in portfolios]
    ok(bo.client.post(one(first, "revoke")))
    for portfolio, before in zip(portfolios[:2], earlier, strict=False):
        assert insights(ada, portfolio) == {"pendingUpdate": True} | before
    assert insights(ada, portfolios[2]) == earlier[2]
    assert world.work() == 1
    assert insights(ada, portfolios[2]) == earlier[2]
    for portfolio in portfolios[:2]:
        dates = insights(ada, portfolio)["analysis"]["start-end-dates"]
        assert dates["data"] == {"Start": second["issueReceipt"]["issueDate"]}
        assert [entry["id"] for entry in dates["context"]] == [first["id"], second["id"]]
    ok(bo.client.post(one(second, "revoke")))
    world.work()
    assert list(insights(ada, portfolios[0])["analysis"]) == ["language"]
    ok(bo.client.post(one(second, "revoke")))
    assert world.work() == 0


def test_a_revocation_reaches_a_deleted_portfolio(world: World, ada: Person) -> None:
    portfolio, made = create(ada), issue(ada, ada)
    attach(ada, portfolio, made)
    world.work()
    ok(ada.client.delete(path(portfolio)))
    ok(ada.client.post(one(made, "revoke")))
    world.work()
    gone = world.services.shares.look(ada.id, id_in(portfolio["id"]), (), world.clock.now()).portfolio
    assert gone is not None
    assert gone.deleted
    world.services.objects.apply([Updated(replace(gone, deleted_at=None, version=gone.version + 1))])
    assert list(insights(ada, portfolio)["analysis"]) == ["language"]


def test_a_change_during_a_run_stays_pending(world: World, ada: Person) -> None:
    portfolio, first, second = create(ada), issue(ada, ada, title="one"), issue(ada, ada, title="two")
    attach(ada, portfolio, first)
    (message,) = world.messages()
    once = iter([1])

    def detect(_: str) -> Language:
        for _once in once:
            attach(ada, portfolio, second)
            create(ada, id=portfolio["id"], title="New")
        return Language("English", "en")

    runner = Runner(world.services, lambda: {JobKind.INSIGHTS: job.InsightsRun(detect)})
    assert runner.run(json.loads(message)["job_id"], lambda: 900.0) is JobStatus.COMPLETE
    found = ok(ada.client.get(path(portfolio)))
    assert found["title"] == "New"
    assert [x["title"] for x in found["accreditations"]] == ["one", "two"]
    assert found["insights"]["pendingUpdate"] is True
    assert [x["title"] for x in found["insights"]["analysis"]["start-end-dates"]["context"]] == ["one"]
    assert world.work() == 1
    after = insights(ada, portfolio)
    assert "pendingUpdate" not in after
    assert [x["title"] for x in after["analysis"]["start-end-dates"]["context"]] == ["one", "two"]
    assert after["lastUpdated"] > found["insights"]["lastUpdated"]


def test_a_later_analysis_is_not_overwritten_by_an_earlier_one(world: World, ada: Person) -> None:
    portfolio, first, second = create(ada), issue(ada, ada, title="one"), issue(ada, ada, title="two")
    attach(ada, portfolio, first)
    (slow,) = world.messages()
    once = iter([1])

    def detect(_: str) -> None:
        for _once in once:
            attach(ada, portfolio, second)
            world.work()

    runner = Runner(world.services, lambda: {JobKind.INSIGHTS: job.InsightsRun(detect)})
    assert runner.run(json.loads(slow)["job_id"], lambda: 900.0) is JobStatus.COMPLETE
    found = insights(ada, portfolio)
    assert "pendingUpdate" not in found
    assert len(found["analysis"]["start-end-dates"]["context"]) == 2
    assert "language" in found["analysis"]


def test_the_time_of_an_analysis_never_goes_backwards(world: World, ada: Person) -> None:
    portfolio = create(ada)
    attach(ada, portfolio, issue(ada, ada))
    world.clock.advance(3600)
    world.work()
    late = insights(ada, portfolio)["lastUpdated"]
    world.clock.advance(-3600)
    attach(ada, portfolio, issue(ada, ada))
    world.work()
    assert insights(ada, portfolio)["lastUpdated"] == late
    world.clock.advance(3600)


def test_a_job_for_nothing(world: World, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delivered twice, or for a portfolio that changes all the time."""
    portfolio = create(ada)
    attach(ada, portfolio, issue(ada, ada))
    (message,) = world.messages()
    job_id = json.loads(message)["job_id"]
    runner = Runner(world.services)
    assert runner.run(job_id, lambda: 900.0) is JobStatus.COMPLETE
    assert runner.run(job_id, lambda: 900.0) is None
    monkeypatch.setattr(job, "TRIES", 2)

    def detect(_: str) -> None:
        now = world.services.sharing.open(ada.actor, portfolio["id"])[0]
        assert now.portfolio is not None
        meddled = replace(now.portfolio.insights, revoked=(*now.portfolio.insights.revoked, str(now.version)))
        facts = replace(now.portfolio, insights=meddled)
        world.services.objects.apply([Updated(replace(now, portfolio=facts, version=now.version + 1))])

    attach(ada, portfolio, issue(ada, ada))
    with pytest.raises(job.BusyError):
        run_with(world, detect)
