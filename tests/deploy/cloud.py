"""The local AWS of the deployment tests, a checkout of the project, and stages worked on by commands alone."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

from chalicelib.settings import load
from chalicelib.wiring import Services, wire
from ops.local.engine import REGION, Ministack

ROOT = Path(__file__).parents[2]
SERVICES = "dynamodb,s3,sqs,sns,ssm,cloudformation,iam,sts,lambda,apigateway,events,logs,monitoring"
PROJECT = (
    *("app.py", "chalicelib", "ops", ".chalice", ".gitignore", "Makefile"),
    *("requirements.txt", "requirements-dev.txt", "README.md", "tests/packages/accept"),
)
COMMAND_TIMEOUT_S = 300
BIN = Path(sys.executable).parent
CHALICE = str(BIN / "chalice")
RELEASE = "v1.2.3"


class Cloud(Ministack):
    """An engine that executes what is deployed to it, and a copy of the project to deploy from."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            folder / "engine",
            snapshot_s=0,
            process="tests.deploy.engine_process",
            # The host of a deployed API: {id}.execute-api.localhost
            variables={"SERVICES": SERVICES, "MINISTACK_HOST": "localhost"},
        )
        self.origin, self.project = folder / "origin", folder / "project"
        copy_project(self.origin)
        for command in (("init", "--quiet", "--initial-branch=main"), ("add", "."), ("commit", "--quiet", "-m", "one")):
            self.git(*command)
        self.git("tag", RELEASE)
        self.git("clone", "--quiet", str(self.origin), str(self.project))
        (self.project / ".venv").symlink_to(BIN.parent)
        os.utime(self.project / "requirements-dev.txt", (0, 0))  # the venv was made from it

    def git(self, *words: str) -> None:
        """Work on the repository that operators clone."""
        who = ("-c", "user.name=Folioport", "-c", "user.email=test@example.edu")
        subprocess.run(["git", *who, *words], cwd=self.origin, check=True, capture_output=True)  # noqa: S603, S607

    @property
    def clean(self) -> dict[str, str]:
        """The variables of a shell whose AWS this is."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FOLIO_"))}
        return kept | self.environment

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in the project against this AWS."""
        done = subprocess.run(  # noqa: S603 - the operator's commands
            command,
            cwd=self.project,
            env=self.clean,
            check=False,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
        )
        assert not check or done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done


@dataclass(frozen=True)
class Stage:
    """One stage in the cloud."""

    cloud: Cloud
    name: str

    def ops(self, *words: str, check: bool = True) -> Any:
        """An operator command's JSON answer; it must succeed if `check`."""
        answer = self.cloud.run(sys.executable, "-m", "ops", "--stage", self.name, *words, "--json", check=check)
        return json.loads(answer.stdout.strip().splitlines()[-1])

    def chalice(self, command: str) -> str:
        """What `chalice COMMAND --stage NAME` printed."""
        return self.cloud.run(CHALICE, command, "--stage", self.name).stdout

    def resources(self) -> dict[str, Any]:
        """What chalice remembers of its last deployment, by name."""
        path = self.cloud.project / ".chalice" / "deployed" / f"{self.name}.json"
        found = json.loads(path.read_text(encoding="utf-8"))["resources"]
        return {one["name"]: one for one in found}

    @property
    def host(self) -> str:
        """Host of the deployed API."""
        return f"{self.resources()['rest_api']['rest_api_id']}.execute-api.localhost:{self.cloud.port}"

    @property
    def url(self) -> str:
        """Where clients find the service: host and stage prefix."""
        return f"http://{self.host}/api"

    def said(self, function: str = "") -> list[dict[str, Any]]:
        """The structured lines a function wrote to its log."""
        group = f"/aws/lambda/folioport-{self.name}{function}"
        pages = boto3.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        lines = [event["message"] for page in pages for event in page["events"]]
        return [json.loads(line) for line in lines if line.startswith("{")]

    @property
    def variables(self) -> dict[str, str]:
        """The stage's variables in the configuration."""
        config = json.loads((self.cloud.project / ".chalice" / "config.json").read_text(encoding="utf-8"))
        found: dict[str, str] = config["stages"][self.name]["environment_variables"]
        return found

    @cached_property
    def services(self) -> Services:
        """The stage's stores, seen as the operator sees them."""
        return wire(load(self.variables))

    def person(self, sis_id: str) -> dict[str, Any]:
        """Somebody with a token and a key pair."""
        user = f"sis_user_id:{sis_id}"
        token = self.ops("token", "create", "--user", user, "--purpose", "deployment test")
        pair = self.ops("idkey", "create", "--user", user)
        return {"id": token["user_id"], "token": token["visible_token"], "pair": pair}


def write_users(folder: Path, *people: tuple[str, str, str]) -> None:
    """A folder for `sis-import`, with people's SIS ids and names."""
    folder.mkdir(exist_ok=True)
    with (folder / "users.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["user_id", "login_id", "first_name", "last_name", "email", "status"])
        for sis_id, first, last in people:
            rows.writerow([sis_id, first, first, last, f"{first}@example.edu", "active"])


def copy_project(target: Path) -> None:
    """A copy of what an operator's checkout has, as far as it matters here."""
    ignore = shutil.ignore_patterns("__pycache__", "deployed", "deployments")
    for name in PROJECT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=ignore)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / name)


def stage_config(name: str) -> dict[str, Any]:
    """A stage of the configuration."""
    found: dict[str, Any] = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))["stages"][name]
    return found


def package_zip(folder: Path, *options: str) -> Path:
    """What `chalice package` makes of the project: `deployment.zip`, beside its template `sam.json`."""
    copy_project(folder / "project")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FOLIO_"))}
    command = [CHALICE, "package", "--stage", "dev", *options, str(folder / "out")]
    environment = kept | {"AWS_DEFAULT_REGION": REGION}
    subprocess.run(  # noqa: S603 - chalice
        command, cwd=folder / "project", env=environment, check=True, capture_output=True
    )
    return folder / "out" / "deployment.zip"
