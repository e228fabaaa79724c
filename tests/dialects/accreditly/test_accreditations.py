"""Issuing, listing, revoking, attaching and detaching accreditations (accreditly 2.2, 3.3, 6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain import accreditation, attachment
from chalicelib.domain.person import AdminRow
from tests.dialects.accreditly.answers import BAD_GUIDS, GUID, MOMENT, UNKNOWN, create, issue, ok, path, refused
from tests.factories import Person, World

ACCREDITATION = "/accreditation"


def one(accreditation: Any, *parts: str) -> str:
    return "/".join([ACCREDITATION, accreditation if isinstance(accreditation, str) else accreditation["id"], *parts])


def attach(person: Person, portfolio: Any, accreditation: Any) -> Any:
    return ok(person.client.put(path(portfolio, accreditation)))


def listed(person: Person, query: str = "") -> Any:
    return ok(person.client.get(ACCREDITATION + query))


def test_an_issued_accreditation_in_the_samples_order(ada: Person, bo: Person) -> None:
    made = issue(bo, ada)
    assert GUID.fullmatch(made["id"])
    assert MOMENT.fullmatch(made["issueReceipt"]["issueDate"])
    assert json.dumps(made) == json.dumps(
        {
            "classification": "practical",
            "title": "Lab safety",
            "details": "Two supervised sessions",
            "issueReceipt": {"issuerId": bo.user.email, "issueDate": made["issueReceipt"]["issueDate"]},
            "state": "issued",
            "ownerId": ada.user.email,
            "id": made["id"],
        }
    )
    for kind in ("theoretical", "social", "membership"):
        assert issue(bo, ada, classification=kind)["classification"] == kind
    assert issue(bo, ada, details=None)["details"] == ""
    assert issue(ada, ada)["ownerId"] == ada.user.email


def test_bad_issues(world: World, ada: Person, bo: Person) -> None:
    good = {"recipientId": ada.user.email, "title": "T", "classification": "social"}
    bad: list[Any] = [[], 7, None, "x"]
    bad += [{key: value for key, value in good.items() if key != left} for left in good]
    bad += [
        good | change
        for change in (
            {"recipientId": ""},
            {"recipientId": "nobody"},
            {"recipientId": "a b@example.org"},
            {"recipientId": "a@b@example.org"},
            {"recipientId": "@example.org"},
            {"recipientId": "a@" + "x" * 260},
            {"recipientId": 7},
            {"title": " \t"},
            {"title": "x" * 256},
            {"title": 7},
            {"details": 7},
            {"details": "x" * 20_001},
            {"classification": "Practical"},
            {"classification": "other"},
            {"classification": None},
        )
    ]
    for body in bad:
        refused(bo.client.post(ACCREDITATION, json_body=body), 400)
    refused(bo.client.post(ACCREDITATION, body="{"), 400)
    refused(world.person(email="").client.post(ACCREDITATION, json_body=good), 400)
    refused(world.person(email="x" * 243 + "@example.org").client.post(ACCREDITATION, json_body=good), 400)
    for client in (world.anonymous, world.client("bad")):
        refused(client.post(ACCREDITATION, json_body={}), 401)
        refused(client.get(ACCREDITATION), 401)
        refused(client.get(one(UNKNOWN)), 401)
        refused(client.post(one(UNKNOWN, "revoke")), 401)
    assert listed(ada) == []


def test_who_reads_one(world: World, ada: Person, bo: Person) -> None:
    made = issue(bo, ada)
    for person in (ada, bo):
        assert ok(person.client.get(one(made))) == made
        assert ok(person.client.get(one(made["id"].upper()))) == made
    refused(world.person().client.get(one(made)), 404)
    for unknown in (UNKNOWN, "x", *BAD_GUIDS):
        refused(ada.client.get(one(unknown)), 404)


def test_lists_newest_first(ada: Person, bo: Person) -> None:
    made = [issue(bo, ada, title=f"t{number}") for number in range(3)]
    own = issue(ada, ada)
    assert listed(ada) == listed(ada, "?role=recipient") == [own, *made[::-1]]
    assert listed(bo, "?role=issuer") == made[::-1]
    assert listed(ada, "?role=issuer") == [own]
    assert listed(bo) == []
    long = ("9" * 30, "0" * 19 + "1" + "0" * 1200, "0" * 19 + "1" + "0" * 5000)
    for bad in ("?role=both", "?role=Issuer", *(f"?before={place}" for place in ("x", "0", "-1", *long))):
        refused(ada.client.get(ACCREDITATION + bad), 400)


def test_a_long_list_goes_on_behind_a_link(ada: Person, bo: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accreditation, "LIST_LIMIT", 2)
    made = [issue(bo, ada, title=f"t{number}") for number in range(5)][::-1]
    target, pages = ACCREDITATION + "?role=issuer", 0
    found: list[Any] = []
    while target:
        answer = bo.client.get(target)
        found, pages = found + ok(answer), pages + 1
        target = answer.links.get("next", "").partition(":8000")[2]
    assert (found, pages) == (made, 3)


def test_an_address_is_one_identity_in_any_letter_case(world: World, ada: Person) -> None:
    shouting = world.person(email="MINA.Obi@Example.EDU")
    made = issue(ada, shouting, recipientId="mina.obi@example.edu")
    assert made["ownerId"] == "mina.obi@example.edu"
    assert listed(shouting) == [made]
    assert attach(shouting, create(shouting), made)["accreditations"] == [made]


def test_a_recipient_need_not_have_an_account_yet(world: World, ada: Person) -> None:
    made = issue(ada, ada, recipientId="later@example.edu")
    later = world.person("later")
    assert listed(later) == [made]
    assert attach(later, create(later), made)["accreditations"] == [made]


def test_another_institution_has_its_own_addresses(world: World, ada: Person) -> None:
    other = world.services.directory.create_root_account("Harbour School", domains=["harbour.example.org"])
    made = issue(ada, ada, recipientId="mara@example.edu")
    mara = world.person("mara", root=other)
    assert listed(mara) == []
    refused(mara.client.get(one(made)), 404)
    refused(mara.client.post(one(made, "revoke")), 404)
    refused(mara.client.put(path(create(mara), made)), 401)


def test_an_institution_may_keep_issuing_to_some(world: World, ada: Person) -> None:
    other = world.services.directory.create_root_account("Guild", domains=["guild.example.org"])
    limited = replace(other, settings={"accreditation_issuers": "role"}, version=other.version + 1)
    world.services.account_store.save([limited])
    member = world.person("member", root=other)
    body = {"recipientId": "x@example.org", "title": "T", "classification": "membership"}
    refused(member.client.post(ACCREDITATION, json_body=body), 401)
    refused(member.client.post(ACCREDITATION, json_body={}), 400)
    row = AdminRow(user_sis_id=member.user.sis_id, account_sis_id="")
    assert [outcome.error for outcome in world.services.directory.upsert_admins(other, [row])] == [""]
    assert ok(member.client.post(ACCREDITATION, json_body=body))["ownerId"] == "x@example.org"


def test_attach(world: World, ada: Person, bo: Person) -> None:
    first, second, portfolio = issue(bo, ada, title="one"), issue(ada, ada, title="two"), create(ada)
    after = attach(ada, portfolio, second)
    assert after == portfolio | {"accreditations": [second], "insights": {"pendingUpdate": True}}
    after = attach(ada, portfolio["id"].upper(), first["id"].upper())
    assert after["accreditations"] == [second, first]
    assert attach(ada, portfolio, second) == after
    assert ok(ada.client.get(path(portfolio))) == after
    other = create(ada)
    assert attach(ada, other, first)["accreditations"] == [first]
    assert [found["accreditations"] for found in ok(ada.client.get("/profile/portfolio"))] == [[second, first], [first]]
    shared = ok(world.anonymous.get(f"{path(portfolio)}?key={portfolio['security']['keys'][0]['value']}"))
    assert shared == {name: value for name, value in after.items() if name != "security"}
    renamed = create(ada, id=portfolio["id"], title="New")
    assert renamed == after | {"title": "New"}
    assert ok(ada.client.post(path(portfolio, "security"), json_body={})) == renamed
    ok(ada.client.delete(path(portfolio)))
    assert listed(ada) == [second, first]
    assert attach(ada, other, second)["accreditations"] == [first, second]


def test_attach_refused(world: World, ada: Person, bo: Person) -> None:
    mine, theirs, portfolio = issue(bo, ada), issue(ada, bo), create(ada)
    revoked = issue(bo, ada)
    ok(bo.client.post(one(revoked, "revoke")))
    for client in (world.anonymous, world.client("bad")):
        refused(client.put(path("x", "y")), 401)
    for guid in BAD_GUIDS:
        refused(ada.client.put(path(guid, mine)), 400)
    refused(ada.client.put(path(UNKNOWN, mine)), 404)
    refused(ada.client.put(path(UNKNOWN, "anything")), 404)
    refused(bo.client.put(path(portfolio, theirs)), 401)
    for unknown in (UNKNOWN, "anything at all", "%20", theirs):
        refused(ada.client.put(path(portfolio, unknown if isinstance(unknown, str) else unknown["id"])), 401)
    refused(ada.client.put(path(portfolio, revoked)), 400)
    refused(world.person(email="").client.put(path(create(bo), mine)), 401)
    assert ok(ada.client.get(path(portfolio))) == portfolio
    assert attach(ada, portfolio, mine)["accreditations"] == [mine]
    assert ok(ada.client.put(path(portfolio, mine), body="{nonsense"))["accreditations"] == [mine]


def test_a_portfolio_holds_so_many(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachment, "ATTACHED_LIMIT", 1)
    portfolio, first = create(ada), issue(ada, ada)
    attach(ada, portfolio, first)
    refused(ada.client.put(path(portfolio, issue(ada, ada))), 400)
    assert attach(ada, portfolio, first)["accreditations"] == [first]


def test_detach(world: World, ada: Person, bo: Person) -> None:
    first, second, portfolio = issue(bo, ada), issue(bo, ada), create(ada)
    attach(ada, portfolio, first)
    attach(ada, portfolio, second)
    for client in (world.anonymous, world.client("bad")):
        refused(client.delete(path("x", "y")), 401)
    for guid in BAD_GUIDS:
        refused(ada.client.delete(path(guid, first)), 400)
    refused(ada.client.delete(path(UNKNOWN, first)), 404)
    refused(bo.client.delete(path(portfolio, first)), 401)
    for unknown in (UNKNOWN, "anything"):
        refused(ada.client.delete(path(portfolio, unknown)), 404)
    after = ok(ada.client.delete(path(portfolio, first["id"].upper())))
    assert after == portfolio | {"accreditations": [second], "insights": {"pendingUpdate": True}}
    refused(ada.client.delete(path(portfolio, first)), 404)
    assert listed(ada) == [second, first]


def test_revoke(world: World, ada: Person, bo: Person) -> None:
    made, portfolio = issue(bo, ada), create(ada)
    attach(ada, portfolio, made)
    for client in (ada.client, world.person().client):
        refused(client.post(one(made, "revoke")), 401)
    for unknown in (UNKNOWN, "x"):
        refused(bo.client.post(one(unknown, "revoke")), 404)
    after = ok(bo.client.post(one(made, "revoke")))
    assert after == made | {"state": "revoked"}
    assert ok(bo.client.post(one(made, "revoke"))) == after
    assert listed(ada) == listed(bo, "?role=issuer") == [after]
    assert ok(ada.client.get(one(made))) == after
    assert ok(ada.client.get(path(portfolio)))["accreditations"] == [after]
    refused(ada.client.put(path(portfolio, made)), 400)
