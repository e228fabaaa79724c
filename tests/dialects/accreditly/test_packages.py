"""Accreditations in packages: out as achievements, back as imported ones (accreditly, leap2a)."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from typing import Any

import pytest

from chalicelib.domain.identity import id_in
from chalicelib.domain.job import JobStatus
from chalicelib.jobs import import_plan
from chalicelib.jobs.runner import Runner
from tests.dialects.accreditly.answers import create, issue, ok, path, refused
from tests.dialects.accreditly.test_accreditations import attach, listed, one
from tests.factories import Person, World


def package(world: World, person: Person, *ids: int) -> bytes:
    exports = world.services.exports
    job = exports.request(person.actor, ids) if ids else exports.request_all(person.actor)
    world.work()
    found = world.services.exports.package(person.actor, job.id)
    return world.services.blobs.get(found.key)


def take_in(world: World, person: Person, content: bytes) -> Any:
    (job,) = world.services.imports.request(person.actor, io.BytesIO(content))
    world.work()
    done = world.services.job_store.get(job.id)
    assert done is not None
    assert done.status == 2, done.problems
    return ok(person.client.get("/profile/portfolio"))


def feed(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("leap2a.xml").decode()


def facts(accreditation: Any) -> tuple[Any, ...]:
    receipt = accreditation["issueReceipt"]
    return (
        accreditation["classification"],
        accreditation["title"],
        accreditation["details"],
        receipt["issuerId"],
        receipt["issueDate"],
    )


def test_out_as_an_achievement_and_back_as_imported(world: World, ada: Person, bo: Person) -> None:
    school = world.person()
    held, revoked, loose = (issue(school, ada, title=title) for title in ("held", "revoked", "loose"))
    portfolio = create(ada)
    for accreditation in (revoked, held):
        attach(ada, portfolio, accreditation)
    ok(school.client.post(one(revoked, "revoke")))
    content = package(world, ada)
    assert feed(content).count("leap2:achievement") == 3
    assert "leap2:supported_by" in feed(content)
    (came,) = take_in(world, bo, content)
    assert [x["title"] for x in came["accreditations"]] == ["revoked", "held"]
    assert list(came["insights"]) == ["lastUpdated", "analysis"]
    assert list(came["insights"]["analysis"]) == ["language"]  # an imported date counts for nothing
    imported = listed(bo)
    assert {facts(x) for x in imported} == {facts(x) for x in (held, revoked, loose)}
    assert {x["state"] for x in imported} == {"imported"}
    assert {x["ownerId"] for x in imported} == {bo.user.email}
    assert not {x["id"] for x in imported} & {held["id"], revoked["id"], loose["id"]}
    assert listed(bo, "?role=issuer") == listed(school) == []
    mine = next(x for x in imported if x["title"] == "held")
    assert mine in came["accreditations"]
    assert ok(bo.client.get(one(mine))) == mine
    refused(ada.client.get(one(mine)), 404)
    refused(school.client.post(one(mine, "revoke")), 404)
    refused(bo.client.post(one(mine, "revoke")), 401)
    refused(ada.client.put(path(portfolio, mine)), 401)
    artifact = bo.client.get(f"/d2l/api/eP/2.5/artifact/{id_in(mine['id'])}").json
    assert (artifact["ObjectId"], artifact["ObjectTypeId"]) == (id_in(mine["id"]), 300)


def test_what_an_import_attaches_is_pending_until_it_is_analysed(
    world: World, ada: Person, bo: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def insights() -> dict[str, Any]:
        return {x["title"]: list(x["insights"]) for x in ok(bo.client.get("/profile/portfolio"))}

    made, names = issue(ada, ada), ("one", "two", "three")
    create(ada, title="empty")
    for name in names:
        attach(ada, create(ada, title=name), made)
    content = package(world, ada)
    monkeypatch.setattr(import_plan, "CHUNK_OBJECTS", 3)
    world.services.imports.request(bo.actor, io.BytesIO(content))
    runner = Runner(world.services)
    (message,) = itertools.islice(world.messages(), 1)
    assert runner.run(json.loads(message)["job_id"], lambda: 900.0) is JobStatus.COMPLETE
    assert insights() == {name: ["pendingUpdate"] for name in ("empty", *names)}
    ended = [runner.run(json.loads(body)["job_id"], lambda: 0.0) for body in world.messages()]
    assert ended.count(JobStatus.PROCESSING) + ended.count(JobStatus.COMPLETE) == len(names)  # one at a time
    assert insights() == {"empty": ["pendingUpdate"]} | {name: ["lastUpdated", "analysis"] for name in names}


def test_imported_ones_can_be_attached_and_leave_again(world: World, ada: Person, bo: Person) -> None:
    issue(ada, ada, title="own", details="Über zwei Tage, im Betrieb geprüft")
    take_in(world, bo, package(world, ada))
    (mine,) = listed(bo)
    portfolio = create(bo)
    assert attach(bo, portfolio, mine)["accreditations"] == [mine]
    world.work()
    insights = ok(bo.client.get(path(portfolio)))["insights"]
    assert list(insights["analysis"]) == ["language"]  # an imported date counts for nothing
    third = world.person()
    (came,) = take_in(world, third, package(world, bo, id_in(portfolio["id"])))
    assert [facts(x) for x in came["accreditations"]] == [facts(mine)]
    assert came["accreditations"][0]["state"] == "imported"
    after = ok(bo.client.delete(path(portfolio, mine)))
    assert after["accreditations"] == []
    bo.client.delete(f"/d2l/api/eP/2.5/artifact/{id_in(mine['id'])}")
    assert listed(bo) == []


def test_a_named_portfolio_takes_along_what_it_holds(world: World, ada: Person, bo: Person) -> None:
    held = issue(bo, ada, title="held")
    issue(bo, ada, title="loose")
    portfolio = create(ada)
    attach(ada, portfolio, held)
    content = package(world, ada, id_in(portfolio["id"]))
    assert ("held" in feed(content), "loose" in feed(content)) == (True, False)
    assert feed(content).count("leap2:achievement") == 1


def test_who_has_only_accreditations_can_export_them(world: World, ada: Person, bo: Person) -> None:
    issue(bo, ada)
    assert feed(package(world, ada)).count("leap2:achievement") == 1
