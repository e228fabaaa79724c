"""Imports for a thousand people, and direct uploads, on the strict engine (brightspace 5)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests
from msgspec.structs import replace

from bench.house import world as strict_world
from chalicelib import wiring
from chalicelib.domain.person import UserRow
from chalicelib.wiring import Services
from tests.factories import World, multipart

pytestmark = pytest.mark.engine
EP = "/d2l/api/eP/2.5"
MANY = 1000
GATEWAY_S = 29
"""How long API Gateway waits for an answer."""


@pytest.fixture(scope="module")
def house() -> Iterator[World]:
    """A service on the strict engine."""
    with strict_world() as made:
        yield made


def test_an_import_for_a_thousand_people_is_one_acknowledgement(house: World) -> None:
    rows = [UserRow(sis_id=f"m{number}", login_id=f"m{number}") for number in range(MANY)]
    assert all(not one.error for one in house.services.directory.upsert_users(house.root, rows))
    targets = [house.services.people.resolve(house.root.id, "sis_user_id", row.sis_id) for row in rows]
    admin = house.admin()
    body = multipart(*(("targetUsers", str(one), None) for one in targets), ("file", b"<feed/>", "leap2a.xml"))
    body["headers"]["Idempotency-Key"] = "a thousand"
    began = time.monotonic()
    answer = admin.client.post(f"{EP}/import/new", **body)
    took_s = time.monotonic() - began
    assert answer.status == 200, answer.text
    assert took_s < GATEWAY_S
    assert len(set(answer.json)) == MANY
    for place in (0, 89, 90, 500, MANY - 1):
        job = house.services.job_store.get(answer.json[place])
        assert job is not None
        assert (job.owner_id, job.status) == (targets[place], 0)
    assert len(list(house.messages())) == MANY
    assert admin.client.post(f"{EP}/import/new", **body).json == answer.json


def test_the_form_of_an_upload_takes_what_it_says_and_no_more(house: World) -> None:
    person = house.person()
    wiring.use(Services(replace(house.services.settings, upload_max_bytes=1000), clock=house.clock))
    ticket = person.client.post(f"{EP}/import/upload").json

    def send(content: bytes, **changes: str) -> int:
        fields = ticket["Fields"] | changes
        return requests.post(ticket["Url"], data=fields, files={"file": ("p.zip", content)}, timeout=20).status_code

    assert send(b"") >= 400
    assert send(b"x" * 1001) >= 400
    assert send(b"x", key="files/ab/ab12") >= 400
    by_key = multipart(("uploadKey", ticket["UploadKey"], None))
    assert person.client.post(f"{EP}/import/new", **by_key).status == 400
    assert send(b"<feed/>") < 300
    (job,) = person.client.post(f"{EP}/import/new", **by_key).json
    house.work()
    told = person.client.get(f"{EP}/import/{job}/details").json
    assert told["Status"] == 1
    assert "no longer there" not in told["Problems"][0]["Reason"], "it was read"
