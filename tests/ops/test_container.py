"""A worker process: replies, failures, overruns, deaths, and handing over."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops.local.container import Container, Outcome
from ops.local.pump import schedule_event, sqs_event

MODULE = "tests.ops.fake_app"


def job(body: str) -> dict[str, object]:
    return sqs_event("jobs", {"MessageId": "m", "ReceiptHandle": "r", "Body": body})


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setenv("FAKE_APP_LOG", str(path))
    return path


@pytest.fixture
def make(log: Path) -> Iterator[Callable[[float], Container]]:
    made: list[Container] = []

    def build(timeout_s: float = 20, module: str = MODULE) -> Container:
        made.append(Container(timeout_s=timeout_s, module=module))
        return made[-1]

    yield build
    for container in made:
        container.stop()


def test_one_process_serves_event_after_event(make: Callable[..., Container], log: Path) -> None:
    container = make()
    assert [container.invoke("run_jobs", job(str(number))) for number in range(3)] == [Outcome()] * 3
    assert len({line.split()[3] for line in log.read_text().splitlines()}) == 1


def test_a_failure_is_told_and_the_process_goes_on(make: Callable[..., Container], log: Path) -> None:
    container = make()
    assert container.invoke("run_jobs", job("raise")) == Outcome("ValueError: as told")
    first = container.pid
    assert container.invoke("sweep_jobs", schedule_event("sweep_jobs")).ok
    assert container.pid == first
    assert log.read_text().splitlines()[-1] == "sweep Scheduled Event folioport-local-sweep_jobs"


def test_an_overrun_is_killed_and_replaced(make: Callable[..., Container]) -> None:
    container = make(timeout_s=0.5)
    assert "longer than 0.5 s" in container.invoke("run_jobs", job("overrun")).error
    assert container.invoke("run_jobs", job("next")).ok


def test_a_worker_that_dies_is_replaced(make: Callable[..., Container]) -> None:
    container = make()
    assert container.invoke("run_jobs", job("die")).error == "the worker died"
    assert container.invoke("run_jobs", job("next")).ok
    assert container.pid
    os.kill(container.pid, signal.SIGKILL)
    time.sleep(0.1)
    assert container.invoke("run_jobs", job("next")).ok


def test_an_app_that_cannot_be_imported(make: Callable[..., Container]) -> None:
    assert not make(module="tests.ops.no_such_app").start().ok


def test_a_running_job_hands_over_when_the_service_stops(make: Callable[..., Container], log: Path) -> None:
    container = make()
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(container.invoke("run_jobs", job("work"))))
    thread.start()
    deadline = time.monotonic() + 10
    while "run work" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    container.stop(grace_s=5)
    thread.join(5)
    assert outcomes == [Outcome()]
    assert "handed over" in log.read_text()
    assert container.invoke("run_jobs", job("late")).error == "stopping"
