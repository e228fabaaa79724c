"""Proof 1: what `chalice deploy` brings up serves the demo, through its gateway, with the policy file enforced."""

from __future__ import annotations

import io
import json
import time
import warnings
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from canvasapi import Canvas

from bench import graph
from chalicelib.domain.access import Actor
from chalicelib.domain.job import JobKind
from tests.deploy.cloud import ROOT, Stage

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the library compares with `is`, and imports what is deprecated
    import d2lvalence.auth as d2lauth
    import d2lvalence_util.data as d2ldata
    import d2lvalence_util.service as d2l

pytestmark = pytest.mark.filterwarnings("ignore:Canvas may respond unexpectedly:UserWarning")

SAMPLE = ROOT / "tests" / "packages" / "accept" / "mahara-22.10.zip"
WAIT_S = 60.0
SWEEP_WAIT_S = 100.0


def d2l_context(stage: Stage, pair: dict[str, str]) -> Any:
    """D2L's own library, pointed at the stage: its routes begin at the host, so the stage is part of the host."""
    app = d2lauth.fashion_app_context(app_id=pair["app_id"], app_key=pair["app_key"])
    parts = {"host": f"{stage.host}/api", "user_id": pair["user_id"], "user_key": pair["user_key"]}
    rest = {"encrypt_requests": False, "server_skew": 0, "anonymous": False}
    return app.create_user_context(d2l_user_context_props_dict=parts | rest)


def ended(status: Callable[[], int], wait_s: float = WAIT_S) -> int:
    """Wait until a job has ended; its status."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        value = int(status())
        if value in (1, 2, 3):
            return value
        time.sleep(0.3)
    raise TimeoutError("The job did not end.")


def bearer(person: dict[str, Any]) -> dict[str, str]:
    """The header that names a person."""
    return {"Authorization": f"Bearer {person['token']}"}


def test_the_main_job(dev: Stage, people: list[dict[str, Any]]) -> None:
    """Import, list, export, download by presigned link, import elsewhere: the same graph."""
    first = people[0]
    contexts = [d2l_context(dev, person["pair"]) for person in people]
    assert d2l.get_whoami(contexts[0]).Identifier == str(first["id"])
    import_id = start_import(contexts[0], SAMPLE.read_bytes())
    assert ended(lambda: d2l.get_ep_import_task_status(contexts[0], import_id)) == 2

    portfolios = list(Canvas(dev.url, first["token"]).get_current_user().get_eportfolios())
    assert [len(list(one.get_eportfolio_pages())) for one in portfolios] == [2]

    export_id = d2l.start_ep_export_all_task(contexts[0])
    assert ended(lambda: d2l.get_ep_export_task_status(contexts[0], export_id)) == 2
    answer = requests.get(f"{dev.url}/d2l/api/eP/2.5/export/{export_id}/package", headers=bearer(first), timeout=30)
    assert [one.status_code for one in answer.history] == [302]
    link = urlsplit(answer.history[0].headers["Location"])
    assert "X-Amz-Signature" in link.query
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="eP_Export_Mere_T')
    package = answer.content
    assert zipfile.ZipFile(io.BytesIO(package)).testzip() is None
    signed = requests.get(f"{dev.url}/d2l/api/eP/2.0/export/{export_id}/package", auth=contexts[0], timeout=30)
    assert signed.content == package
    unsigned = requests.get(link._replace(query="").geturl(), timeout=30)
    assert unsigned.status_code == 403

    again = start_import(contexts[1], package)
    assert ended(lambda: d2l.get_ep_import_task_status(contexts[1], again)) == 2
    left, right = (graph.normal(graph.owned(dev.services, person["id"])) for person in people)
    assert left
    assert graph.differences(left, right) == []


def start_import(context: Any, package: bytes) -> int:
    """Import a package with D2L's library; the job's id."""
    parts = {"Name": "p.zip", "Stream": io.BytesIO(package), "ContentType": "application/zip", "DescriptorDict": {}}
    (import_id,) = d2l.start_ep_import_task(context, d2ldata.D2LFile(parts))
    return int(import_id)


def test_links_are_absolute_behind_the_stage_prefix(dev: Stage, people: list[dict[str, Any]]) -> None:
    first = people[0]
    for name in ("One", "Two"):
        made = requests.post(
            f"{dev.url}/api/v1/users/self/eportfolios", json={"eportfolio": {"name": name}}, headers=bearer(first)
        )
        assert made.status_code == 200
    page = requests.get(f"{dev.url}/api/v1/users/self/eportfolios?per_page=1", headers=bearer(first))
    seen = page.json()
    while "next" in page.links:
        assert page.links["next"]["url"].startswith(f"{dev.url}/api/v1/users/self/eportfolios?")
        page = requests.get(page.links["next"]["url"], headers=bearer(first))
        seen += page.json()
    assert [one["name"] for one in seen][-2:] == ["One", "Two"]
    assert len(seen) == 3


@pytest.mark.parametrize("signs", ["/api", ""])
def test_a_brightspace_signature_verifies_with_and_without_the_stage(
    dev: Stage, people: list[dict[str, Any]], signs: str
) -> None:
    """A client signs the path it asks for; one that adds the stage behind its signing signs the path without."""
    pair, path = people[0]["pair"], "/d2l/api/lp/1.47/users/whoami"
    app = d2lauth.fashion_app_context(app_id=pair["app_id"], app_key=pair["app_key"])
    parts = {"host": dev.host, "user_id": pair["user_id"], "user_key": pair["user_key"], "server_skew": 0}
    context = app.create_user_context(d2l_user_context_props_dict=parts | {"encrypt_requests": False})
    signed = urlsplit(context.decorate_url_with_authentication(f"http://{dev.host}{signs}{path}", "GET"))
    answer = requests.get(f"{dev.url}{path}?{signed.query}")
    assert (answer.status_code, answer.json()["Identifier"]) == (200, str(people[0]["id"]))
    other = requests.get(f"{dev.url}/d2l/api/eP/2.5/export/1/status?{signed.query}")
    assert (other.status_code, other.text) == (403, "invalid token")


def test_the_sweeper_finds_a_job_whose_message_was_lost(dev: Stage, people: list[dict[str, Any]]) -> None:
    """A crash between writing the job and announcing it: the schedule announces it."""
    services, owner = dev.services, people[0]["id"]
    root = services.directory.find_user(str(owner)).root_account_id
    job = services.jobs.draft(Actor(user_id=owner, root_account_id=root), JobKind.EXPORT, owner, {})
    services.job_store.create([job])
    services.job_store.postpone(job, datetime.now(UTC) - timedelta(seconds=1))

    def status() -> int:
        found = services.job_store.get(job.id)
        assert found is not None
        return int(found.status)

    assert ended(status, SWEEP_WAIT_S) == 2


def test_the_policy_is_in_force(dev: Stage, people: list[dict[str, Any]]) -> None:
    """Without an action that a route needs, the route fails; so the rest of this file proves that none is missing."""
    role = dev.resources()["api_handler_role"]["role_name"]
    iam, url = boto3.client("iam"), f"{dev.url}/api/v1/users/self/eportfolios"
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document: Any = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    kept = [one for one in document["Statement"] if one["Action"] != ["dynamodb:Query"]]
    try:
        lesser = json.dumps({**document, "Statement": kept})
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=lesser)
        assert requests.get(url, headers=bearer(people[0])).status_code == 500
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    assert requests.get(url, headers=bearer(people[0])).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/d2l/api/nowhere", "/profile/nowhere/at/all", "/nowhere"])
def test_an_unknown_path_is_answered_in_every_dialects_words(dev: Stage, path: str) -> None:
    answer = requests.get(f"{dev.url}{path}")
    assert answer.status_code == 404
    said = answer.json()
    assert said["errors"][0]["message"]
    assert (said["status"], said["title"]) == (404, "Not Found")
    assert said["message"]


def test_a_correlation_id_goes_from_the_gateway_to_the_job(dev: Stage, people: list[dict[str, Any]]) -> None:
    headers = bearer(people[0]) | {"X-Request-Id": "traced-through-everything"}
    export_id = requests.post(f"{dev.url}/d2l/api/eP/2.5/export/new/all", headers=headers).json()
    url = f"{dev.url}/d2l/api/eP/2.5/export/{export_id}/status"
    assert ended(lambda: requests.get(url, headers=bearer(people[0])).json()) == 2
    lines = eventually(lambda: traced(dev.said("-run_jobs")))
    assert {one["message"] for one in lines} >= {"job ended"}
    (ended_line,) = [one for one in lines if one["message"] == "job ended"]
    assert (ended_line["Stage"], ended_line["Kind"], ended_line["Outcome"]) == ("dev", "export", "complete")
    (request,) = eventually(lambda: traced(dev.said()))
    (kept,) = request["_aws"]["CloudWatchMetrics"]
    assert (kept["Namespace"], kept["Dimensions"]) == ("Folioport", [["Stage", "Dialect"], ["Stage"]])
    assert (request["Dialect"], request["Requests"], request["ServerErrors"]) == ("brightspace", 1, 0)


def traced(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the traced request."""
    return [one for one in lines if one.get("correlation_id") == "traced-through-everything"]


def eventually(look: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What a look finds, as soon as it finds something."""
    deadline = time.monotonic() + 10
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.3)
    return found


def test_the_doctor_finds_what_is_wrong_and_how_to_mend_it(dev: Stage, people: list[dict[str, Any]]) -> None:
    assert dev.ops("doctor") == {"stage": "dev", "ok": True, "findings": []}
    sqs, role = boto3.client("sqs"), dev.resources()["run_jobs_role"]["role_name"]
    url = sqs.get_queue_url(QueueName="folioport-dev-jobs")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    iam = boto3.client("iam")
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    little = {"Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": ["*"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [little]})
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=document)
    found = {one["problem"]: one["mend"] for one in dev.ops("doctor", check=False)["findings"]}
    (slow,) = [one for one in found if one.startswith("shows a message again after 60 s")]
    assert found[slow] == "python -m ops --stage dev provision"
    (gap,) = [one for one in found if one.startswith("lacks what .chalice/policy-dev-run_jobs.json grants: dynamodb:")]
    assert found[gap] == "chalice deploy --stage dev"
    dev.ops("provision", "--yes")
    left = dev.ops("doctor", check=False)["findings"]
    assert {one["mend"] for one in left} == {"chalice deploy --stage dev"}
