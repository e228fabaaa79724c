"""Cold starts and warm requests, against a bare application that does the same through PynamoDB."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.house import world
from ops.local.gateway import HttpRequest, Match, to_event

ROOT = Path(__file__).parents[1]
CHILDREN = Path(__file__).parent / "child"
COLD_BUDGET, WARM_BUDGET = 1.25, 1.5


@dataclass(frozen=True, slots=True)
class Pair:
    """Medians of the service and of the bare application, in seconds, and their ratio."""

    ours_s: float
    bare_s: float
    budget: float

    @property
    def ratio(self) -> float:
        """How many times the bare application."""
        return self.ours_s / self.bare_s

    @property
    def within(self) -> bool:
        """Whether the budget holds."""
        return self.ratio <= self.budget


def cold(runs: int) -> tuple[Pair, Pair]:
    """First authenticated get of a fresh process, by turns with the bare application's first; and CPU time alone."""
    with _stage() as stage:
        seconds: dict[str, list[tuple[float, float]]] = {"app": [], "bench.child.bare_app": []}
        for run in range(runs + 1):
            for module, event in (("app", stage.ours), ("bench.child.bare_app", stage.bare_cold)):
                found = _first(module, event, stage.variables)
                if run:  # the first one compiles
                    seconds[module].append(found)
    sides = [[statistics.median(column) for column in zip(*found, strict=True)] for found in seconds.values()]
    (ours_s, ours_cpu_s), (bare_s, bare_cpu_s) = sides
    return Pair(ours_s, bare_s, COLD_BUDGET), Pair(ours_cpu_s, bare_cpu_s, COLD_BUDGET)


def warm(rounds: int) -> Pair:
    """CPU time of a warm authenticated get by id, by turns with the bare application's."""
    with _stage() as stage:
        command = [sys.executable, str(CHILDREN / "warm.py"), stage.ours, stage.bare_warm, str(rounds)]
        answer = subprocess.run(command, env=stage.variables, cwd=ROOT, check=True, capture_output=True, text=True)
    turns = json.loads(answer.stderr.strip().splitlines()[-1])
    ours, bare = (statistics.median(turn[side] for turn in turns) for side in (0, 1))
    return Pair(ours, bare, WARM_BUDGET)


def imports(count: int) -> list[tuple[str, int]]:
    """The modules whose own code takes longest to import in a cold start, with microseconds."""
    with _stage() as stage:
        command = [sys.executable, "-X", "importtime", str(CHILDREN / "first.py"), "app", stage.ours]
        _, run = (  # the first one compiles
            subprocess.run(command, env=stage.variables, cwd=ROOT, check=True, capture_output=True, text=True)
            for _ in range(2)
        )
    rows = [line.removeprefix("import time:").split("|") for line in run.stderr.splitlines() if "|" in line]
    took = [(name.strip(), int(own)) for own, _, name in rows if own.strip().isdigit()]
    return sorted(took, key=lambda row: -row[1])[:count]


@dataclass(frozen=True, slots=True)
class _Stage:
    variables: Mapping[str, str]
    ours: str
    bare_cold: str
    bare_warm: str


@contextmanager
def _stage() -> Iterator[_Stage]:
    with world() as made, tempfile.TemporaryDirectory() as folder:
        person = made.person()
        portfolio = made.portfolio(person)
        tables = made.services.tables
        user = f"user#{person.id}"
        batch = {
            tables.objects.Meta.table_name: {
                "ConsistentRead": True,
                "Keys": [{"owner": {"N": str(person.id)}, "key": {"S": f"portfolio#{portfolio.id:016d}"}}],
            },
            tables.locators.Meta.table_name: {
                "ConsistentRead": True,
                "Keys": [{"locator": {"S": f"id#{portfolio.id}"}}],
            },
            tables.people.Meta.table_name: {
                "ConsistentRead": True,
                "Keys": [{"pk": {"S": user}, "sk": {"S": "user"}}],
            },
        }
        # Compiled modules are kept, whatever the person's own processes do: the libraries' are too.
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        variables = {
            **inherited,
            "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled"),
            "BENCH_BATCH": json.dumps(batch),
            "BENCH_TABLE": tables.people.Meta.table_name,
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "PYTHONPATH": str(ROOT),
        }
        bare = user.replace("#", "~")
        yield _Stage(
            variables,
            _event(folder, "ours", "/api/v1/eportfolios/{id}", str(portfolio.id), person.token),
            _event(folder, "cold", "/cold/{pk}", bare),
            _event(folder, "warm", "/warm/{pk}", bare),
        )


def _event(folder: str, name: str, route: str, value: str, token: str = "") -> str:
    head, _, variable = route.partition("{")
    headers = [
        ("Host", "127.0.0.1:8000"),
        ("Accept", "*/*"),
        *([("Authorization", f"Bearer {token}")] if token else []),
    ]
    match = Match(route, {variable.rstrip("}"): value})
    event = to_event(HttpRequest("GET", head + value, tuple(headers)), match, "", ())
    path = Path(folder) / f"{name}.json"
    path.write_text(json.dumps(event), encoding="utf-8")
    return str(path)


def _first(module: str, event: str, variables: Mapping[str, str]) -> tuple[float, float]:
    command = [sys.executable, str(CHILDREN / "first.py"), module, event]
    answer = subprocess.run(command, env=variables, cwd=ROOT, check=True, capture_output=True, text=True)
    said: dict[str, Any] = json.loads(answer.stdout.strip().splitlines()[-1])
    assert said["status"] == 200, answer.stdout
    return float(said["seconds"]), float(said["cpu_s"])
