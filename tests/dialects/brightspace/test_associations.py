"""What an export adds, and what travels: forms, objectives, associations, banners (brightspace 4.1, 4.5, 6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

import app
from chalicelib.domain.artifact import ObjectDraft
from chalicelib.domain.epobject import EpObject, FormField, Kind
from chalicelib.domain.errors import InvalidError
from ops.local.context import LambdaContext
from tests.factories import Person, World, multipart

EP = "/d2l/api/eP/2.5"
FEED = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:leap2="http://terms.leapspecs.org/"><title>t</title><id>f</id><updated>2026-01-01T00:00:00Z</updated>
<entry><title>Swims 100 m</title><id>a:1</id><updated>2026-01-01T00:00:00Z</updated><content/>
 <rdf:type rdf:resource="leap2:ability"/><link rel="leap2:has_evidence" href="a:2"/></entry>
<entry><title>Certificate</title><id>a:2</id><updated>2026-01-01T00:00:00Z</updated><content>x</content>
 <rdf:type rdf:resource="leap2:entry"/></entry>
<entry><title>A plan</title><id>a:3</id><updated>2026-01-01T00:00:00Z</updated><content>x</content>
 <rdf:type rdf:resource="leap2:plan"/><link rel="leap2:has_evidence" href="a:2"/></entry>
</feed>"""


def keys(world: World, person: Person, named: list[int], query: str = "") -> set[int]:
    """The ids an export fixes."""
    answer = person.client.post(f"{EP}/export/new{query}", body=json.dumps(named))
    assert answer.status == 200, answer.text
    job = world.services.job_store.get(answer.json)
    assert job is not None
    return {object_id for _, object_id in job.parameters["keys"]}


def form(world: World, person: Person, name: str = "Goals") -> EpObject:
    fields = [FormField(label="Goal <1>", value="Swim & dive"), FormField(label="Name", system="name")]
    return world.services.forms.create(person.user, ObjectDraft(name=name), "Year 1", fields)


def moved(world: World, giver: Person, taker: Person, named: list[int]) -> dict[str, Any]:
    """Objects of one person exported and imported for another, as that one's list shows them, by name."""
    job = giver.client.post(f"{EP}/export/new", json_body=named).json
    world.work()
    package = world.services.blobs.get(world.services.exports.package(giver.actor, job).key)
    (task,) = taker.client.post(f"{EP}/import/new", **multipart(("file", package, "p.zip"))).json
    world.work()
    assert taker.client.get(f"{EP}/import/{task}/status").text == "2"
    return {one["Name"]: one for one in taker.client.get(f"{EP}/objects/my/").json["Items"]}


def test_the_four_options(world: World, ada: Person, bo: Person) -> None:
    def made(what: str, **more: Any) -> int:
        return int(ada.client.post(f"{EP}/{what}/new", json_body={"Name": "x", **more}).json["ObjectId"])

    file, other, reflection, second = made("collections"), made("collections"), made("reflections"), made("reflections")
    for on in (file, other, second):
        ada.client.post(f"{EP}/reflection/{reflection}/on/{on}")
    ada.client.post(f"{EP}/collection/{file}/add/{other}")
    ada.client.post(f"{EP}/object/{file}/comments/new", json_body={"Body": "no association"})
    answers = form(world, ada).id
    form(world, bo)
    assert keys(world, ada, [file]) == {file}
    assert keys(world, ada, [file], "?includeAssociatedItems=TRUE") == {file, reflection}
    assert keys(world, ada, [file], "?include_associated_items=True") == {file, reflection}
    assert keys(world, ada, [reflection], "?includeAssociatedItems=true") == {reflection, file, other, second}
    assert keys(world, ada, [second], "?includeAssociatedItems=true") == {second, reflection}, "one hop only"
    assert keys(world, ada, [file], "?includeAssociatedReflections=true") == {file, reflection}
    assert keys(world, ada, [reflection], "?includeAssociatedReflections=true") == {reflection}
    assert keys(world, ada, [reflection], "?includeReflectionsAssociations=true") == {reflection, file, other, second}
    assert keys(world, ada, [file], "?includeReflectionsAssociations=true") == {file}
    assert keys(world, ada, [file], "?includeFormsItems=true") == {file, answers}
    assert keys(world, ada, [file], "?include_forms_items=True") == {file, answers}
    assert keys(world, ada, [file, answers], "?includeFormsItems=false") == {file, answers}
    for off in ("1", "yes", "", "false", "False"):
        assert keys(world, ada, [file], f"?includeAssociatedItems={off}&includeFormsItems={off}&other=x") == {file}


def test_learning_objectives_come_and_go_by_package(world: World, ada: Person, bo: Person) -> None:
    (task,) = ada.client.post(f"{EP}/import/new", **multipart(("file", FEED, "leap2a.xml"))).json
    world.work()
    assert ada.client.get(f"{EP}/import/{task}/status").text == "2"
    shown = {one["Name"]: one for one in ada.client.get(f"{EP}/objects/my/").json["Items"]}
    types = {name: one["ObjectTypeId"] for name, one in shown.items()}
    assert types == {"Swims 100 m": 600, "Certificate": 200, "A plan": 300}
    objective, evidence, plan = (shown[name]["ObjectId"] for name in ("Swims 100 m", "Certificate", "A plan"))
    every = "?includeAssociatedItems=true"
    assert keys(world, ada, [objective], every) == {objective, evidence}
    assert keys(world, ada, [evidence], every) == {objective, evidence}, "a plan makes no association"
    assert keys(world, ada, [plan], every) == {plan}
    again = moved(world, ada, bo, [objective, evidence])
    assert {name: one["ObjectTypeId"] for name, one in again.items()} == {"Swims 100 m": 600, "Certificate": 200}
    objective, evidence = (again[name]["ObjectId"] for name in ("Swims 100 m", "Certificate"))
    assert keys(world, bo, [evidence], every) == {objective, evidence}


def test_a_form_travels_without_its_template_and_names_its_new_owner(world: World, ada: Person, bo: Person) -> None:
    made = form(world, ada)
    shown = ada.client.get(f"{EP}/artifact/{made.id}").json
    assert (shown["ObjectTypeId"], shown["Description"]) == (320, "")
    answers = [{"Label": "Goal <1>", "Value": "Swim & dive"}, {"Label": "Name", "Value": ada.user.name}]
    assert shown["Fields"] == answers
    again = moved(world, ada, bo, [made.id])["Goals"]
    assert again["Fields"] == [answers[0], {"Label": "Name", "Value": bo.user.name}]
    kept = world.services.objects.own(bo.id, [(Kind.FORM, again["ObjectId"])])[again["ObjectId"]]
    assert kept.form is not None
    assert kept.form.template == ""
    assert (
        kept.content == f"<dl><dt>Goal &lt;1&gt;</dt><dd>Swim &amp; dive</dd><dt>Name</dt><dd>{bo.user.name}</dd></dl>"
    )
    assert ada.client.delete(f"{EP}/artifact/{made.id}").status == 200


@pytest.mark.parametrize(
    ("fields", "template"),
    [
        ([], ""),
        ([FormField(label=" ")], ""),
        ([FormField(label="x" * 256)], ""),
        ([FormField(label="x", system="password")], ""),
        ([FormField(label="x", value="y" * 20_001)], ""),
        ([FormField(label="x")] * 201, ""),
        ([FormField(label="x")], "t" * 256),
    ],
)
def test_a_form_that_breaks_a_rule(world: World, ada: Person, fields: list[FormField], template: str) -> None:
    with pytest.raises(InvalidError):
        world.services.forms.create(ada.user, ObjectDraft(name="x"), template, fields)


def test_what_travels_of_a_presentation(world: World, ada: Person, bo: Person) -> None:
    said = {
        "Name": "Shore year",
        "Description": "All of it",
        "Tags": [{"Text": "sea", "Type": 0}, {"Text": "mine", "Type": 1}],
        "GeoTag": {"Latitude": 1.5, "Longitude": 2, "Altitude": None, "Bearing": None, "Precision": None},
        "AllowComments": False,
        "BannerTitle": "Low tide",
        "BannerDescription": "A year",
    }
    made = ada.client.post(f"{EP}/presentations/new", json_body=said).json["ObjectId"]
    again = moved(world, ada, bo, [made])["Shore year"]
    assert {name: again[name] for name in said} == said
    assert (again["OwnerUserId"], again["ObjectId"] != made) == (bo.id, True)


def test_links_out_of_the_package_are_dropped(world: World, ada: Person, bo: Person) -> None:
    collection = ada.client.post(f"{EP}/collections/new", json_body={"Name": "c"}).json["ObjectId"]
    inside, outside = (
        ada.client.post(f"{EP}/reflections/new", json_body={"Name": name}).json["ObjectId"] for name in ("in", "out")
    )
    for one in (outside, inside):
        ada.client.post(f"{EP}/collection/{collection}/add/{one}")
    ada.client.post(f"{EP}/reflection/{inside}/on/{outside}")
    again = moved(world, ada, bo, [collection, inside])
    assert again["c"]["ItemIds"] == [again["in"]["ObjectId"]]
    kept = world.services.objects.held(bo.id, [again["in"]["ObjectId"]])[again["in"]["ObjectId"]]
    assert kept.targets("reflects_on") == ()


def test_what_is_deleted_after_the_request_is_told(world: World, ada: Person) -> None:
    first, second = (
        ada.client.post(f"{EP}/reflections/new", json_body={"Name": name}).json["ObjectId"] for name in ("one", "two")
    )
    some, none = (ada.client.post(f"{EP}/export/new", json_body=[first, second]).json for _ in range(2))
    messages = list(world.messages())
    ada.client.delete(f"{EP}/reflection/{first}")
    deliver(messages[0])
    details = ada.client.get(f"{EP}/export/{some}/details").json
    assert (details["Status"], details["ProblemCount"], details["Problems"][0]["Outcome"]) == (3, 1, "left_out")
    assert ada.client.get(f"{EP}/export/{some}/package").status == 302
    ada.client.delete(f"{EP}/reflection/{second}")
    deliver(messages[1])
    assert ada.client.get(f"{EP}/export/{none}/status").text == "1"
    assert ada.client.get(f"{EP}/export/{none}/package").status == 404


def test_an_imported_presentation_is_seen_by_its_owner_only(world: World, ada: Person, bo: Person) -> None:
    made = world.portfolio(ada, "Shown", public=True)
    assert bo.client.get(f"/api/v1/eportfolios/{made.id}").status == 200
    again = moved(world, ada, bo, [made.id])["Shown"]
    assert ada.client.get(f"/api/v1/eportfolios/{again['ObjectId']}").status == 403
    assert bo.client.get(f"/api/v1/eportfolios/{again['ObjectId']}").json["public"] is False


def deliver(message: str) -> None:
    """Hand one message to a worker."""
    record = {"body": message, "receiptHandle": "r", "messageId": "m"}
    app.run_jobs({"Records": [record]}, LambdaContext("run_jobs", 900))
