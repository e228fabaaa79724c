"""The tables of docs/cost.md: what requests and jobs cost, from what they were measured to ask of AWS.

`python -m bench table` writes the requests' after docs/data-model.md, from which it follows; `python -m bench prices`
measures the jobs too. Time is CPU time, so that a busy machine does not make it dearer, and a wait for each call.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from bench.meter import Tally, counted
from tests.factories import World

DOCUMENT = Path(__file__).parents[1] / "docs" / "cost.md"
MIB = 1024 * 1024
FILES, PAGES = 10, 20
"""Of the measured export: files of 1 MB, pages of one portfolio."""
RCU, WCU, S3_WRITE, S3_READ, SQS = 0.125e-6, 0.625e-6, 5e-6, 0.4e-6, 0.4e-6
GATEWAY, INVOCATION, GB_SECOND, LOG_GB = 3.5e-6, 0.2e-6, 16.6667e-6, 0.5
"""US dollars each, us-east-1, on demand, as docs/cost.md lists them."""
MEMORY_GB = 1.0
VCPU = 1024 / 1769
"""Share of a core that a function of 1,024 MB has."""
REQUEST_CPU_S = 0.008
"""A warm request's, on a whole core: proof 2 of `make test-deploy`, `python -m bench warm`."""
CALL_S, S3_CALL_S = 0.005, 0.020
"""What a call of AWS is waited for: an assumption."""
REQUEST_LOG_BYTES = 1_100
S3_WRITES = ("CompleteMultipartUpload", "CreateMultipartUpload", "ListObjectsV2", "PutObject", "UploadPart")
FREE = ("AbortMultipartUpload", "DeleteObject", "DeleteObjects")


class JobCost(Struct, frozen=True, kw_only=True):
    """What a job took."""

    name: str
    cpu_s: float
    tally: Tally

    @property
    def s3_writes(self) -> int:
        """S3 calls at the price of a write."""
        return sum(call in S3_WRITES for call in self.tally.calls.get("s3", ()))

    @property
    def s3_reads(self) -> int:
        """S3 calls at the price of a read."""
        return sum(call not in S3_WRITES and call not in FREE for call in self.tally.calls.get("s3", ()))

    @property
    def seconds(self) -> float:
        """What Lambda bills."""
        waits = len(self.tally.dynamodb) + self.tally.count("sqs") + self.tally.count("sns")
        return self.cpu_s / VCPU + waits * CALL_S + self.tally.count("s3") * S3_CALL_S

    @property
    def figures(self) -> str:
        """The columns that are the same in every run."""
        tally = self.tally
        return (
            f"{len(tally.dynamodb)} | {tally.read_units:g} | {tally.write_units:g} | {self.s3_writes} | {self.s3_reads}"
        )

    @property
    def dollars(self) -> float:
        """What the job costs, without storage and traffic."""
        data = self.tally.read_units * RCU + self.tally.write_units * WCU
        calls = self.s3_writes * S3_WRITE + self.s3_reads * S3_READ + 4 * SQS  # sent, received, deleted, an empty poll
        return INVOCATION + self.seconds * MEMORY_GB * GB_SECOND + data + calls


def routes(table: str) -> str:
    """The requests' table, from the access-pattern table of docs/data-model.md; dollars by 1,000 requests."""
    lines = ["| route | for | calls | RCU | WCU | MB-s | data | in all |", "|---|---|---:|---:|---:|---:|---:|---:|"]
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 7 or "`" not in cells[0]:
            continue
        route, who, calls, *rest = cells
        count = int(calls.partition(":")[0])
        rcu, wcu, s3, sqs = map(float, rest)
        data = rcu * RCU + wcu * WCU + s3 * S3_WRITE + sqs * SQS
        seconds = REQUEST_CPU_S / VCPU + (count + sqs) * CALL_S + s3 * S3_CALL_S
        fixed = GATEWAY + INVOCATION + REQUEST_LOG_BYTES / 1e9 * LOG_GB
        whole = fixed + seconds * MEMORY_GB * GB_SECOND + data
        lines.append(
            f"| {route} | {who} | {count + s3 + sqs:g} | {rcu:g} | {wcu:g} | {seconds * MEMORY_GB * 1024:.0f} "
            f"| {data * 1000:.4f} | {whole * 1000:.4f} |"
        )
    return "\n".join(lines)


def measure(school: World) -> list[JobCost]:
    """An export of 10 MB, and the import of its package by somebody else."""
    services, person = school.services, school.person()
    book = school.portfolio(person)
    for number in range(PAGES):
        school.page(person, book, f"Page {number}")
    for number in range(FILES):
        content = io.BytesIO(os.urandom(MIB))
        services.artifacts.upload(person.actor, content, file_name=f"{number}.bin", media_type="image/png")
    job = services.exports.request_all(person.actor)
    exported = _measured("export of 10 MB", school.work)
    done = services.job_store.get(job.id)
    assert done is not None
    assert done.result is not None
    package = services.blobs.get(done.result.key)
    services.imports.request(school.person().actor, io.BytesIO(package))
    return [exported, _measured("import of that package", school.work)]


def jobs(costs: list[JobCost]) -> str:
    """The jobs' table; dollars by 1,000 jobs."""
    lines = [
        "| job | DynamoDB calls | RCU | WCU | S3 writes | S3 reads | GB-s | 1,000 of them |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.name} | {one.figures} | {one.seconds * MEMORY_GB:.1f} | {one.dollars * 1000:.2f} |" for one in costs
    ]
    return "\n".join(lines)


def written(name: str) -> str:
    """A table as the document has it."""
    return _parts(name)[1].strip()


def write(name: str, text: str) -> None:
    """Put a table into the document."""
    before, _, after = _parts(name)
    DOCUMENT.write_text(f"{before}\n\n{text}\n\n{after}", encoding="utf-8")


def _parts(name: str) -> tuple[str, str, str]:
    begin, end = f"<!-- {name}: written by `python -m bench prices` -->", f"<!-- end of {name} -->"
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(begin)
    inside, _, after = rest.partition(end)
    return before + begin, inside, end + after


def _measured(name: str, work: Callable[[], object]) -> JobCost:
    with counted() as tally:
        started = time.process_time()
        work()
        return JobCost(name=name, cpu_s=time.process_time() - started, tally=tally)
