"""Reports on a generated school: rows a second, memory, calls and capacity, against a bare loop that writes the rows.

The bare loop sends the very reads the report made, one after the other, through a plain client, parses each document,
writes the report's rows with the csv module, and puts the file into the bucket. It joins nothing, keeps no checkpoint
and tells nobody where it is, so it is faster than any loop that would really make the report.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.client import BaseClient

from bench import school, seed
from bench.house import engine
from bench.meter import Tally, counted
from bench.work import finish
from chalicelib.domain.access import Actor
from chalicelib.domain.job import Job, JobStatus
from chalicelib.domain.person import Account
from chalicelib.domain.report import SWITCHES, TYPES, Report
from chalicelib.jobs.runner import Runner
from chalicelib.storage.people import user_key
from chalicelib.wiring import Services
from ops.sis import Import
from ops.sis_school import School

BUDGET = 0.6
READS = ("Query", "BatchGetItem")
ALL: dict[str, Any] = dict.fromkeys(SWITCHES, True)
ASKED: dict[str, dict[str, Any]] = {"provisioning_csv": ALL, "sis_export_csv": ALL}
LAMBDA_S = 900.0
Reads = list[tuple[str, dict[str, Any]]]
Files = dict[str, list[list[str]]]


@dataclass(frozen=True, slots=True)
class Rate:
    """A report: its rows and calls, seconds of the job and of the bare loop, and what a worker held above its start."""

    type: str
    rows: int
    ours_s: float
    bare_s: float
    tally: Tally
    extra_bytes: int

    @property
    def ratio(self) -> float:
        """How fast the job is, the loop being 1."""
        return self.bare_s / self.ours_s

    @property
    def within(self) -> bool:
        """Whether the budget holds."""
        return self.ratio >= BUDGET


@dataclass(frozen=True, slots=True)
class Place:
    """A loaded institution, and an admin of it."""

    services: Services
    root: Account
    admin: Actor

    def start(self, type: str) -> Report:
        """A new run with all it can hold."""
        return self.services.reports.start(self.admin, self.root.id, type, lambda: (ASKED.get(type), True))

    def work(self, report: Report) -> float:
        """Seconds to make it in this process."""
        began = time.perf_counter()
        status = Runner(self.services).run(report.id, lambda: LAMBDA_S)
        assert status is JobStatus.COMPLETE, status
        return time.perf_counter() - began

    def job(self, report: Report) -> Job:
        """The job of a run."""
        job = self.services.job_store.get(report.id)
        assert job is not None
        return job

    def files(self, report: Report) -> Files:
        """What a finished run says, by file."""
        result = self.job(report).result
        assert result is not None
        content = self.services.blobs.get(result.key)
        texts = {result.file_name: content}
        if result.file_name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as package:
                texts = {name: package.read(name) for name in package.namelist()}
        return {name: list(csv.reader(io.StringIO(text.decode(), newline=""))) for name, text in texts.items()}


def measure(percent: float, rounds: int) -> Iterator[Rate]:
    """Every report on a school of that size."""
    with engine() as services:
        place = _filled(services, percent)
        for one in TYPES:
            yield _rate(place, one.key, rounds)


def _filled(services: Services, percent: float) -> Place:
    """The generated school; everybody has a portfolio and a token, and half of them came yesterday."""
    root = services.directory.create_root_account("Estuary College")
    with tempfile.TemporaryDirectory() as name:
        school.write(Path(name), school.Size(percent))
        loaded = Import(School(services, threads=1), root).run(Path(name))
        assert not loaded.errors, loaded.errors[:3]
    people, yesterday, cursor = services.tables.people, int(time.time()) - 86_400, ""
    while True:
        users, cursor = services.people.roster(root.id, cursor)
        for user in users:
            seed.portfolios(services, user, 1)
            services.tokens.create(user.id, root.id, purpose="bench")
            if user.id % 2:
                services.tables.person(user_key(user.id)).update(actions=[people.used_at.set(yesterday)])
        if not cursor:
            break
    admin = services.directory.find_user("sis_user_id:U0", root)
    return Place(services, root, Actor(user_id=admin.id, root_account_id=root.id))


def _rate(place: Place, type: str, rounds: int) -> Rate:
    first = place.start(type)
    with counted() as tally, _recorded() as reads:
        place.work(first)
    files = place.files(first)
    ours, bare = [], []
    for number in range(rounds):
        ours.append(place.work(place.start(type)))
        bare.append(_bare(place.services, reads, files, f"packages/bare-{type}-{number}"))
    alone = finish(place.services, place.job(place.start(type)))
    rows = sum(len(lines) - 1 for lines in files.values())
    return Rate(type, rows, min(ours), min(bare), tally, alone.extra_bytes)


@contextmanager
def _recorded() -> Iterator[Reads]:
    """The reads of DynamoDB in this process until the block ends."""
    found: Reads = []
    clients: Any = BaseClient
    send = clients._make_api_call  # noqa: SLF001 - as in `meter`

    def noting(client: BaseClient, operation: str, arguments: Any) -> Any:
        if operation in READS:
            found.append((operation, json.loads(json.dumps(arguments))))
        return send(client, operation, arguments)

    clients._make_api_call = noting  # noqa: SLF001
    try:
        yield found
    finally:
        clients._make_api_call = send  # noqa: SLF001


def _bare(services: Services, reads: Reads, files: Files, key: str) -> float:
    """Seconds to send those reads, parse what comes, and write the rows."""
    client, s3 = boto3.client("dynamodb"), services.blobs.client
    client.describe_limits()  # it is connected
    began = time.perf_counter()
    for operation, arguments in reads:
        if operation == "Query":
            items = client.query(**arguments)["Items"]
        else:
            items = [one for found in client.batch_get_item(**arguments)["Responses"].values() for one in found]
        for item in items:
            if "document" in item:
                json.loads(item["document"]["S"])
    with tempfile.TemporaryFile() as out:
        if len(files) == 1:
            _write(out, *files.values())
        else:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
                for name, lines in files.items():
                    with package.open(name, "w") as member:
                        _write(member, lines)
        out.seek(0)
        s3.upload_fileobj(out, services.blobs.bucket, key)
    return time.perf_counter() - began


def _write(out: Any, lines: list[list[str]]) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="")
    csv.writer(text).writerows(lines)
    text.flush()
    text.detach()
