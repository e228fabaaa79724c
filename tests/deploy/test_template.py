"""Proof 3: the templates pass cfn-lint, and checkov where `make test-deploy` has installed it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ops.extras import extras
from tests.deploy.cloud import ROOT, package_zip

CFN_LINT = str(Path(sys.executable).with_name("cfn-lint"))
ACCEPTED = {
    "CKV_AWS_18": "who reads the bucket is told by CloudTrail data events, which an account turns on as a whole",
    "CKV_AWS_26": "messages of the topics hold ids and alarms, nothing of a person's",
    "CKV_AWS_27": "queues are encrypted with keys of SQS (SqsManagedSseEnabled), which this rule does not count",
    "CKV_AWS_76": "the API function writes a line for every request; access logs would need a role of the account's",
    "CKV_AWS_115": "the queue mapping limits the workers; a small account has nothing to reserve from",
    "CKV_AWS_116": "functions are called by queue, schedule and gateway; the job queue has its dead-letter queue",
    "CKV_AWS_117": "no function needs a private network; DynamoDB, S3 and SQS are reached over TLS",
    "CKV_AWS_119": "tables are encrypted with the account's AWS-managed key; a customer's own is the operator's choice",
    "CKV_AWS_120": "answers are a person's own and may not be cached by the gateway",
    "CKV_AWS_158": "logs hold ids, no content; encrypted by CloudWatch's own key",
    "CKV_AWS_173": "no secret is in a function's variables; the key of tokens is in SSM",
}
"""Findings of checkov that are meant, each with its reason."""


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template of `chalice package`, with what ops adds."""
    folder = tmp_path_factory.mktemp("template")
    merged = folder / "extras.json"
    merged.write_text(json.dumps(extras("dev")), encoding="utf-8")
    return package_zip(folder, "--merge-template", str(merged)).with_name("sam.json")


def templates(packaged: Path) -> list[Path]:
    """Every template there is."""
    return [packaged, ROOT / "ops" / "resources.yaml"]


def test_cfn_lint_finds_nothing(packaged: Path) -> None:
    done = subprocess.run(  # noqa: S603 - fixed arguments
        [CFN_LINT, *map(str, templates(packaged))], check=False, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_checkov_finds_only_what_is_accepted(packaged: Path) -> None:
    checkov = os.environ.get("FOLIO_CHECKOV", "")
    if not checkov:
        pytest.skip("FOLIO_CHECKOV names no checkov; make test-deploy installs one")
    found: set[str] = set()
    for path in templates(packaged):
        command = [checkov, "-f", path.name, "--framework", "cloudformation", "--output", "json", "--quiet"]
        done = subprocess.run(  # noqa: S603 - fixed arguments
            command, cwd=path.parent, check=False, capture_output=True, text=True, timeout=300, env=environment()
        )
        report: Any = json.loads(done.stdout)
        assert report["summary"]["parsing_errors"] == 0
        found |= {one["check_id"] for one in report["results"]["failed_checks"]}
    assert found - set(ACCEPTED) == set()
    assert set(ACCEPTED) - found == set(), "no longer found: take it off the list"


def environment() -> dict[str, str]:
    """A process that asks nobody on the network."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {"BC_SKIP_MAPPING": "TRUE", "CHECKOV_RUN_SCA_PACKAGE_SCAN": "false", "LOG_LEVEL": "CRITICAL"}


def test_functions_have_the_names_that_policies_and_alarms_go_by(packaged: Path) -> None:
    resources = json.loads(packaged.read_text(encoding="utf-8"))["Resources"]
    functions = {
        name: one["Properties"] for name, one in resources.items() if one["Type"] == "AWS::Serverless::Function"
    }
    assert {one["FunctionName"] for one in functions.values()} == {
        f"folioport-dev{ending}" for ending in ("", "-run_jobs", "-bury_jobs", "-sweep_jobs")
    }
    assert {one["Tracing"] for one in functions.values()} == {"Active"}
    mapping = functions["RunJobs"]["Events"]["RunJobsSqsEventSource"]["Properties"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 5}
    variables = [one["Environment"]["Variables"] for one in functions.values()]
    assert all("FOLIO_SECRET_KEY" not in one for one in variables)
