"""The figures of docs/cost.md.

`python -m tests.deploy.cost` measures what an export and an import of 10 MB ask of AWS; `… routes` prices the measured
calls of docs/data-model.md, by 1,000 requests.
"""

# ruff: noqa: T201 - a command line prints
from __future__ import annotations

import io
import os
import sys
import time
from collections import Counter

from bench.house import world
from bench.meter import Tally, counted
from tests.deploy.cloud import ROOT
from tests.deploy.runtime import MIB

FILES, PAGES = 10, 20
PRICES = {"rcu": 0.125e-6, "wcu": 0.625e-6, "s3": 5e-6, "sqs": 0.4e-6, "gateway": 3.5e-6, "call": 0.2e-6}
"""US dollars each, us-east-1, on demand; S3 at the price of a write."""
GB_SECOND, LOG_GB = 16.6667e-6, 0.5
REQUEST_S, REQUEST_LOG_BYTES = 0.030, 1_100
"""Billed time of a warm request with 1 GB, and the log of one: its own line and Lambda's three."""


def main() -> None:
    """Print calls, capacity and seconds of each step."""
    with world() as school:
        services, person = school.services, school.person()
        book = school.portfolio(person)
        for number in range(PAGES):
            school.page(person, book, f"Page {number}")
        for number in range(FILES):
            content = io.BytesIO(os.urandom(MIB))
            services.artifacts.upload(person.actor, content, file_name=f"{number}.bin", media_type="image/png")
        job = services.exports.request_all(person.actor)
        with counted() as tally:
            show(f"export of {FILES} MB", tally, school.work)
        done = services.job_store.get(job.id)
        assert done is not None
        assert done.result is not None
        package, other = services.blobs.get(done.result.key), school.person()
        services.imports.request(other.actor, io.BytesIO(package))
        with counted() as tally:
            show(f"import of {len(package) / MIB:.1f} MB", tally, school.work)


def routes() -> None:
    """Print a table of the routes' prices."""
    fixed = PRICES["gateway"] + PRICES["call"] + REQUEST_S * GB_SECOND + REQUEST_LOG_BYTES / 1e9 * LOG_GB
    print(f"the same for all: {fixed * 1000:.4f}")
    print("| route | for | RCU | WCU | data | in all |\n|---|---|---:|---:|---:|---:|")
    for line in (ROOT / "docs" / "data-model.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 7 and cells[0].startswith(("GET `", "POST `", "PUT `", "DELETE `")):
            route, who, _, rcu, wcu, s3, sqs = cells
            units = zip(("rcu", "wcu", "s3", "sqs"), (rcu, wcu, s3, sqs), strict=True)
            data = sum(PRICES[name] * float(count) for name, count in units)
            print(f"| {route} | {who} | {rcu} | {wcu} | {data * 1000:.4f} | {(data + fixed) * 1000:.4f} |")


def show(what: str, tally: Tally, work: object) -> None:
    """Do the work and print what it took."""
    assert callable(work)
    started = time.perf_counter()
    work()
    print(f"{what}: {time.perf_counter() - started:.2f} s, {tally.read_units:g} RCU, {tally.write_units:g} WCU")
    for service, calls in tally.calls.items():
        print(f"  {service}: {dict(Counter(calls))}")


if __name__ == "__main__":
    if "routes" in sys.argv[1:]:
        routes()
    else:
        main()
