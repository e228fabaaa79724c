"""Proof 2: the deployment zip, unpacked into an empty folder, runs under AWS's runtime client and nothing else."""

from __future__ import annotations

import json
import os
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from packaging.requirements import Requirement

import app
from chalicelib.dialects.gateway import too_large, unknown_route
from chalicelib.settings import load
from chalicelib.wiring import Services
from ops import provision
from ops.local.engine import Ministack
from ops.local.gateway import Gateway
from tests.deploy.cloud import ROOT, package_zip, stage_config
from tests.deploy.runtime import CLIENT, MIB, TASK, Function, runtime_client, sandbox
from tests.factories import Client, Person, World, multipart

ZIP_LIMIT_BYTES = 30 * MIB
PEAK_LIMIT_MIB = 256
SAMPLE = ROOT / "tests" / "packages" / "accept" / "mahara-22.10.zip"
FOREIGN = ("ops", "tests", "bench", "docs", ".chalice", "moto", "ministack", "pytest", "awslambdaric")
TICK = {
    "version": "0",
    "account": "000000000000",
    "region": "us-east-1",
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-01-01T00:00:00Z",
    "id": "1",
    "resources": ["arn:aws:events:us-east-1:000000000000:rule/sweep"],
}
OF_CHALICE = ("app.py", "chalice", "chalicelib")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip that `chalice package` makes."""
    return package_zip(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def task(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip unpacked as Lambda does."""
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return folder


Start = Callable[[str], Function]


class Packaged:
    """The packaged function of the API, as the gateway calls it."""

    def __init__(self, function: Function) -> None:
        self.routes = app.app.routes
        self.api = SimpleNamespace(binary_types=app.app.api.binary_types)
        self.function = function

    def __call__(self, event: Any, context: object) -> Any:
        """Call it, and be sure that it answered."""
        answer = self.function.invoke(event)
        assert answer.ok, answer.value
        return answer.value


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A provisioned stage on the strict engine."""
    with Ministack(tmp_path_factory.mktemp("engine"), snapshot_s=0) as engine, pytest.MonkeyPatch.context() as patch:
        for name, value in engine.environment.items():
            patch.setenv(name, value)
        settings = load(stage_config("dev")["environment_variables"])
        provision.apply(settings)
        provision._secret(settings)
        services = Services(settings)
        yield World(services, services.clock, services.directory.create_root_account("Estuary College"))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def start(world: World, task: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts containers of functions, as configured."""
    folder = tmp_path_factory.mktemp("runtime")
    client = runtime_client(folder / "client")
    config = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONPATH", raising=False)

        def begin(name: str) -> Function:
            function = config["lambda_functions"][name]
            handler = "app.app" if name == "api_handler" else f"app.{name}"
            return stack.enter_context(
                Function(
                    handler,
                    task,
                    client,
                    environment(world),
                    memory_mb=function["lambda_memory_size"],
                    timeout_s=function["lambda_timeout"],
                    log=folder / f"{name}.log",
                )
            )

        yield begin


def environment(world: World) -> dict[str, str]:
    """The variables of a function of the stage."""
    inherited = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return inherited | {"AWS_REGION": "us-east-1", **stage_config("dev")["environment_variables"]}


def announcements(world: World) -> list[dict[str, Any]]:
    """The SQS event of each message that waits."""
    arn = f"arn:aws:sqs:us-east-1:000000000000:{world.services.settings.queue}"
    rest = {"messageId": "m", "receiptHandle": "r", "eventSource": "aws:sqs", "eventSourceARN": arn}
    return [{"Records": [{"body": body, **rest}]} for body in world.messages()]


def test_the_zip_holds_the_service_and_its_pinned_requirements_only(package: Path) -> None:
    assert package.stat().st_size <= ZIP_LIMIT_BYTES
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert not tops & set(FOREIGN)
    assert set(OF_CHALICE) <= tops
    found = {match[1].replace("_", "-").lower(): match[2] for name in names if (match := DIST_INFO.match(name))}
    pins = map(Requirement, PIN.findall((ROOT / "requirements.txt").read_text(encoding="utf-8")))
    pinned = {pin.name: str(pin.specifier)[2:] for pin in pins if pin.marker is None or pin.marker.evaluate()}
    assert found == {name.replace("_", "-").lower(): version for name, version in pinned.items()}


PIN = re.compile(r"(?m)^(\w[^\\\n]*?) *\\$")
DIST_INFO = re.compile(r"([^/]+)-([^-/]+)\.dist-info/METADATA$")


def test_compiled_parts_are_for_lambdas_platform(task: Path) -> None:
    tags = set()
    for wheel in task.glob("*.dist-info/WHEEL"):
        text = wheel.read_text(encoding="utf-8")
        tags |= set(re.findall(r"(?m)^Tag: \S+-(\S+)$", text))
    assert {tag for tag in tags if not re.fullmatch(r"any|manylinux\w*_x86_64(\.manylinux\w*_x86_64)*", tag)} == set()
    for compiled in task.rglob("*.so"):
        head = compiled.read_bytes()[:20]
        assert head[:5] == b"\x7fELF\x02", compiled
        assert int.from_bytes(head[18:20], "little") == 62, f"{compiled} is not for x86-64"


def test_requests_and_jobs_cold_and_warm(world: World, start: Start) -> None:
    """Import a package by a gateway event, work on it by a queue event, export it the same way."""
    api = start("api_handler")
    gateway = Gateway(Packaged(api), unknown_route=unknown_route, too_large=too_large, body_limit_bytes=10 * MIB)
    made = world.person(first_name="Mere")
    person = Person(made.user, made.token, Client(gateway, made.token))
    cold, *warm = (timed(person) for _ in range(6))
    assert min(warm) < cold / 5

    upload = multipart(("file", SAMPLE.read_bytes(), "p.zip"))
    import_id = person.client.post("/d2l/api/eP/2.5/import/new", **upload).json[0]
    worker = start("run_jobs")
    first = run_all(world, worker)
    assert job_status(world, import_id) == 2
    export_id = person.client.post("/d2l/api/eP/2.5/export/new/all").json
    second = run_all(world, worker)
    assert job_status(world, export_id) == 2
    moved = person.client.get(f"/d2l/api/eP/2.5/export/{export_id}/package")
    assert moved.status == 302
    assert start("sweep_jobs").invoke(TICK).ok
    assert start("bury_jobs").invoke({"Records": []}).ok
    peaks = {"api": api.peak_mib(), "worker": worker.peak_mib()}
    shown = f"cold {cold:.0f} ms, warm {min(warm):.1f} ms, import {first:.0f} ms, export {second:.0f} ms, MiB {peaks}"
    print(sandbox(), shown)  # noqa: T201 - for who asks with -s
    assert max(peaks.values()) < PEAK_LIMIT_MIB


def timed(person: Person) -> float:
    """Milliseconds of a request."""
    started = time.perf_counter()
    assert person.client.get("/api/v1/users/self").status == 200
    return (time.perf_counter() - started) * 1000


def run_all(world: World, worker: Function) -> float:
    """Hand the worker the messages that wait; the milliseconds it took."""
    answers = [worker.invoke(event) for event in announcements(world)]
    assert answers
    assert all(one.ok for one in answers), answers
    return sum(one.ms for one in answers)


def job_status(world: World, job_id: int) -> int:
    """A job's status."""
    job = world.services.job_store.get(job_id)
    assert job is not None
    return int(job.status)


def test_a_failure_reaches_lambda_as_one(start: Start) -> None:
    """A job that cannot be worked on must stay in the queue: the function fails, and its next event is served."""
    worker = start("run_jobs")
    answer = worker.invoke({"no": "records"})
    assert not answer.ok
    assert "errorType" in answer.value
    assert worker.invoke({"Records": []}).ok


def test_the_file_system_is_read_only_but_for_tmp(start: Start) -> None:
    if not sandbox():
        pytest.skip("this machine allows no mounts of one's own; the folder alone is read-only")
    worker = start("sweep_jobs")
    assert worker.invoke(TICK).ok
    mounts = {line.split()[4]: line.split()[5].split(",") for line in worker.mounts()}
    assert [place for place, options in mounts.items() if place in ("/", TASK, CLIENT) and "ro" not in options] == []
    assert "rw" in mounts["/tmp"]
