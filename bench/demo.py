"""The main job against a running `make run`, with the clients people use.

For each sample package: it is imported for a new person, listed through `canvasapi`, exported through D2L's own
library, downloaded by following the redirect, imported for a second person, and the two object graphs are compared.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import canvasapi
import d2lvalence.auth
import requests
from d2lvalence_util import data as d2ldata
from d2lvalence_util import service as d2l
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench import graph
from chalicelib.domain.job import Job
from chalicelib.wiring import Services, wire
from ops import stage

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "tests" / "packages" / "accept"
NAMES = ("spec-example.xml", "mahara-1.3.zip", "mahara-18.10.xml", "mahara-22.10.zip")
STATUSES = ("queued", "aborted", "complete", "complete with errors", "processing")
WAIT_S = 300.0
console = Console(width=max(Console().width, 118))


@dataclass(frozen=True, slots=True)
class Person:
    """A person made for this demo, with the credentials of both kinds of client."""

    id: int
    token: str
    d2l: Any


def main() -> int:
    """Run the demo; 0 when every sample came through."""
    ready_file = stage.folder() / "ready.json"
    if not ready_file.exists():
        console.print("No local service is running: start it with `make run` in another terminal.")
        return 2
    ready = json.loads(ready_file.read_text(encoding="utf-8"))
    services = wire(stage.enter(stage.LOCAL))
    warnings.filterwarnings("ignore", message="Canvas may respond unexpectedly", category=UserWarning)
    table = Table("sample", "kept as", "degraded", "left out", "portfolios / pages", "package", "round trip")
    ok = True
    for name in NAMES:
        console.rule(name)
        row, good = walk_through(services, ready["base_url"], SAMPLES / name)
        table.add_row(name, *row)
        ok &= good
    console.print(table)
    console.print("Every sample came back as it went in." if ok else "[red]Some samples did not come through.[/red]")
    return 0 if ok else 1


def walk_through(services: Services, base_url: str, sample: Path) -> tuple[list[str], bool]:
    """One sample from end to end; its row of the table, and whether it came through."""
    first, second = people(base_url, ("Mere", "Tāne"), ("Second", "Reader"))
    job = imported(services, first, sample.name, sample.read_bytes())
    canvas = canvasapi.Canvas(base_url, first.token)
    me = canvas.get_current_user()
    shown = []
    for portfolio in me.get_eportfolios():
        pages = list(portfolio.get_eportfolio_pages())
        shown.append(len(pages))
        console.print(f"  portfolio {portfolio.name!r}: " + ", ".join(repr(page.name) for page in pages))
    export_id = d2l.start_ep_export_all_task(first.d2l)
    wait(f"export {export_id}", lambda: d2l.get_ep_export_task_status(first.d2l, export_id))
    package, answer = download(first, base_url, export_id)
    check_download(package, answer)
    again = imported(services, second, "package.zip", package)
    left = graph.normal(graph.owned(services, first.id))
    right = graph.normal(graph.owned(services, second.id))
    unequal = graph.differences(left, right)
    for line in unequal[:10]:
        console.print(f"  [red]{line[:400]}[/red]", markup=True)
    good = not unequal and int(job.status) in (2, 3) and int(again.status) == 2 and bool(left)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(job.counts.items()))
    outcomes = Counter(one.outcome for one in job.problems)
    for one in job.problems:
        console.print(f"  {one.outcome.replace('_', ' ')}: {one.title}: {one.reason}", markup=False)
    row = [
        kinds,
        str(outcomes["degraded"]),
        str(outcomes["left_out"]),
        f"{len(shown)} / {sum(shown)}",
        f"{len(package):,} bytes",
        "equal" if good else f"{len(unequal)} differences",
    ]
    return row, good


def imported(services: Services, person: Person, name: str, package: bytes) -> Job:
    """Import a package for a person with D2L's library; the job as the operator sees it."""
    file = d2ldata.D2LFile({"Name": name, "ContentType": "application/zip", "DescriptorDict": {}, "Stream": None})
    file.props["Stream"] = io.BytesIO(package)
    (import_id,) = d2l.start_ep_import_task(person.d2l, file)
    wait(f"import {import_id}", lambda: d2l.get_ep_import_task_status(person.d2l, import_id))
    job = services.job_store.get(import_id)
    if job is None:
        raise LookupError(f"job {import_id} is gone")
    return job


def wait(what: str, status: Any) -> int:
    """Poll a job until it has ended, with a line that tells."""
    columns = (SpinnerColumn(), TextColumn("  {task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(what)
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            value = int(status())
            progress.update(task, description=f"{what}: {STATUSES[value]}")
            if value in (1, 2, 3):
                return value
            time.sleep(0.2)
    raise TimeoutError(f"{what} did not end in {WAIT_S} s")


def download(person: Person, base_url: str, export_id: int) -> tuple[bytes, requests.Response]:
    """Fetch a package as a client does: the redirect is followed."""
    answer = requests.get(f"{base_url}/d2l/api/eP/2.0/export/{export_id}/package", auth=person.d2l, timeout=60)
    answer.raise_for_status()
    return answer.content, answer


def check_download(package: bytes, answer: requests.Response) -> None:
    """Name, type and disposition as the contract says (brightspace 4.4), and a zip that is whole."""
    disposition = answer.headers["Content-Disposition"]
    problems = [
        text
        for text, good in (
            ("not reached by a redirect", bool(answer.history) and answer.history[0].status_code == 302),
            ("not application/zip", answer.headers["Content-Type"] == "application/zip"),
            (f"disposition is {disposition}", disposition.startswith('attachment; filename="eP_Export_Mere_T')),
            ("a damaged zip", zipfile.ZipFile(io.BytesIO(package)).testzip() is None),
        )
        if not good
    ]
    if problems:
        raise AssertionError("; ".join(problems))
    console.print(f"  downloaded {disposition.split('filename=')[1]}")


def people(base_url: str, *names: tuple[str, str]) -> list[Person]:
    """New people of the demo school, made with the operator's commands."""
    stamp = f"demo-{time.time_ns():x}"
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / "users.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["user_id", "login_id", "first_name", "last_name", "email", "status"])
            for number, (first, last) in enumerate(names):
                login = f"{stamp}-{number}"
                rows.writerow([login, login, first, last, f"{login}@example.edu", "active"])
        ops("sis-import", folder)
    return [person(base_url, f"sis_user_id:{stamp}-{number}") for number in range(len(names))]


def person(base_url: str, reference: str) -> Person:
    """Credentials for a person."""
    token = ops("token", "create", "--user", reference, "--purpose", "demo")
    pair = ops("idkey", "create", "--user", reference)
    app = d2lvalence.auth.fashion_app_context(app_id=pair["app_id"], app_key=pair["app_key"])
    context = app.create_user_context(
        d2l_user_context_props_dict={
            "host": base_url.removeprefix("http://"),
            "encrypt_requests": False,
            "user_id": pair["user_id"],
            "user_key": pair["user_key"],
            "server_skew": 0,
        }
    )
    return Person(id=token["user_id"], token=token["visible_token"], d2l=context)


def ops(*words: str) -> Any:
    """Run an operator command; its JSON answer."""
    command = [sys.executable, "-m", "ops", "--stage", "local", *words, "--json"]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
