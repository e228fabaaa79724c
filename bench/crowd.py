"""A crowd at `make run`: many people start exports and imports at once; every job ends well, once, and none is lost."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import requests

from bench.house import learner
from chalicelib.domain.access import Actor
from chalicelib.domain.artifact import ObjectDraft
from chalicelib.domain.page import PageDraft
from chalicelib.domain.person import User
from chalicelib.wiring import Services, wire
from ops import stage
from ops.local.engine import free_port

EP = "d2l/api/eP/2.5"
CLIENTS = 32
"""Requests under way at once."""
LOOK_S = 3.0
LOOKED = 100
"""Jobs looked at together."""
WAIT_S = 1800.0
COMPLETE = 2
TERMINAL = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution, in seconds."""

    name: str
    values: Sequence[float]

    def at(self, share: float) -> float:
        """The value that so large a share does not exceed."""
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(slots=True)
class Crowd:
    """What came of it."""

    users: int
    jobs: int
    spreads: list[Spread] = field(default_factory=list)
    whole_s: float = 0.0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Member:
    """One of the crowd."""

    user: User
    token: str
    objects: int


@dataclass(frozen=True, slots=True)
class Started:
    """A job that was acknowledged."""

    member: Member
    kind: str
    id: int
    answer_s: float

    def route(self, what: str) -> str:
        """Path of its status or details."""
        return f"{EP}/{self.kind}/{self.id}/{what}"


def run(*, users: int, jobs: int) -> Crowd:
    """Start the service, let the crowd in, and look at every job."""
    found = Crowd(users, users * jobs)
    with tempfile.TemporaryDirectory(prefix="folioport-crowd-") as folder, _served(Path(folder)) as url:
        services = wire(stage.enter(stage.LOCAL))
        members = [_member(services, number) for number in range(users)]
        package = _package(services, members[0], url)
        with ThreadPoolExecutor(CLIENTS) as pool:
            began = time.monotonic()
            order = [(member, "import" if turn % 2 else "export") for turn in range(jobs) for member in members]
            started = list(pool.map(lambda turn: _start(url, turn[0], turn[1], package), order))
            statuses = _ended(pool, url, started)
            found.whole_s = time.monotonic() - began
            details = list(pool.map(lambda one: _get(url, one.member, one.route("details")), started))
        found.spreads = list(_spreads(started, details))
        found.problems += _problems(started, statuses, Path(folder))
        found.problems += _contents(services, members, started)
    return found


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """The address of a running `make run` of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FOLIO_"))}
    variables = clean | {"FOLIO_LOCAL_DIR": str(folder), "PORT": str(free_port())}
    command, quiet = [sys.executable, "-m", "ops", "serve"], subprocess.DEVNULL
    process = subprocess.Popen(command, env=variables, stdout=quiet, stderr=quiet)
    try:
        ready = folder / "ready.json"
        while not ready.exists():
            if process.poll() is not None:
                raise RuntimeError("The service did not start.")
            time.sleep(0.2)
        with patch.dict(os.environ, variables, clear=True), patch.object(boto3, "DEFAULT_SESSION", None):
            yield json.loads(ready.read_text(encoding="utf-8"))["base_url"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


def _member(services: Services, number: int) -> Member:
    user = learner(services, f"crowd{number}")
    actor = Actor(user_id=user.id, root_account_id=user.root_account_id)
    book = services.portfolios.create(actor, name="Field notes")
    services.pages.create(actor, book.id, PageDraft(name="Day one"))
    for name in ("Low tide", "High tide"):
        services.artifacts.create_reflection(actor, ObjectDraft(name=name, description="What I saw. " * 80))
    _, token = services.tokens.create(user.id, user.root_account_id, purpose="crowd")
    return Member(user, token, objects=4)


def _package(services: Services, member: Member, url: str) -> bytes:
    """What everybody imports: an export of the first one's."""
    export = _start(url, member, "export", b"")
    while (status := _get(url, member, export.route("status"))) not in TERMINAL:
        time.sleep(0.2)
    if status != COMPLETE:
        raise RuntimeError(f"The first export ended with {status}.")
    job = services.job_store.get(export.id)
    if job is None or job.result is None:
        raise RuntimeError("The first export has no package.")
    return services.blobs.get(job.result.key)


def _start(url: str, member: Member, kind: str, package: bytes) -> Started:
    headers = {"Authorization": f"Bearer {member.token}"}
    began = time.monotonic()
    if kind == "export":
        answer = requests.post(f"{url}/{EP}/export/new/all", headers=headers, timeout=60)
        job_id = int(answer.json())
    else:
        files = {"file": ("p.zip", io.BytesIO(package), "application/zip")}
        answer = requests.post(f"{url}/{EP}/import/new", headers=headers, files=files, timeout=60)
        (job_id,) = answer.json()
    return Started(member, kind, job_id, time.monotonic() - began)


def _get(url: str, member: Member, route: str) -> Any:
    answer = requests.get(f"{url}/{route}", headers={"Authorization": f"Bearer {member.token}"}, timeout=60)
    answer.raise_for_status()
    return answer.json()


def _ended(pool: ThreadPoolExecutor, url: str, started: Sequence[Started]) -> dict[int, int]:
    """The status of each job when it ended, or the last one seen when the patience was at its end."""
    statuses: dict[int, int] = {}
    deadline = time.monotonic() + WAIT_S
    open_ = list(started)
    while open_ and time.monotonic() < deadline:
        time.sleep(LOOK_S)
        # The first ones only: a thousand people who look every few seconds would be most of the work.
        looked = open_[:LOOKED]
        statuses |= zip((one.id for one in looked), pool.map(lambda one: _status(url, one), looked), strict=True)
        open_ = [one for one in open_ if statuses.get(one.id) not in TERMINAL]
    return statuses


def _status(url: str, one: Started) -> int:
    return int(_get(url, one.member, one.route("status")))


def _spreads(started: Sequence[Started], details: Sequence[dict[str, Any]]) -> Iterator[Spread]:
    ended = [one for one in details if one["EndedDate"]]
    yield Spread("answer to the request", [one.answer_s for one in started])
    for kind in ("export", "import"):
        mine = [one for one in ended if one["Kind"] == kind]
        yield Spread(f"{kind}: asked for to ended", [_moment(one, "Ended") - _moment(one, "Created") for one in mine])
    order = sorted(_moment(one, "Ended") for one in ended)
    yield Spread("from one end to the next", [later - earlier for earlier, later in pairwise(order)])


def _moment(details: dict[str, Any], name: str) -> float:
    return datetime.fromisoformat(details[f"{name}Date"]).timestamp()


def _problems(started: Sequence[Started], statuses: dict[int, int], folder: Path) -> list[str]:
    """Jobs that did not end well, or were ended more or less often than once, as the workers' log has it."""
    ids = [one.id for one in started]
    problems = [f"{count} ids were given twice" for count in (len(ids) - len(set(ids)),) if count]
    bad = Counter(statuses.get(one) for one in ids if statuses.get(one) != COMPLETE)
    problems += [f"{count} jobs have status {status}" for status, count in bad.items()]
    ends: Counter[int] = Counter()
    for line in (folder / "worker.log").read_text(encoding="utf-8", errors="replace").splitlines():
        if '"job ended"' in line:
            ends[json.loads(line[line.index("{") :])["job_id"]] += 1
    lost, twice = [one for one in ids if not ends[one]], [one for one in ids if ends[one] > 1]
    problems += [f"{len(lost)} jobs were never ended"] if lost else []
    problems += [f"{len(twice)} jobs were ended twice"] if twice else []
    return problems


def _contents(services: Services, members: Sequence[Member], started: Sequence[Started]) -> list[str]:
    """People who do not have exactly what they had and what they imported."""
    imports = Counter(one.member.user.id for one in started if one.kind == "import")
    wrong = 0
    for member in members:
        objects, after = 0, ""
        while True:
            part, after = services.objects.walk(member.user.id, after)
            objects += sum(1 for _ in part)
            if not after:
                break
        wrong += objects != member.objects * (1 + imports[member.user.id])
    return [f"{wrong} people do not have what they should"] if wrong else []
