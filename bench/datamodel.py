"""The access-pattern table of docs/data-model.md, as measured: `python -m bench table` writes it, a test holds it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.calls import Cost
from chalicelib.dialects.catalog import TITLES
from chalicelib.dialects.gateway import dialects

DOCUMENT = Path(__file__).parents[1] / "docs" / "data-model.md"
BEGIN = "<!-- written by `python -m bench table` -->"
END = "<!-- end of what is written -->"
VERBS = {
    "BatchGetItem": "BatchGet",
    "DeleteItem": "Delete",
    "GetItem": "Get",
    "PutItem": "Put",
    "TransactWriteItems": "TransactWrite",
    "UpdateItem": "Update",
}


def table(costs: Iterable[Cost]) -> str:
    """The table, a chapter for each dialect."""
    found = list(costs)
    lines: list[str] = []
    for dialect in dialects():
        lines += [
            f"\n### {TITLES[dialect.name]}\n",
            "| route | for | calls in sequence | RCU | WCU | S3 | SQS |",
            "|---|---|---|---:|---:|---:|---:|",
        ]
        spelling = {f"{route.method} {route.path}": f"{route.method} `{route.vendor}`" for route in dialect.routes}
        lines += [_row(spelling[cost.case.route], cost) for cost in found if cost.case.route in spelling]
    return "\n".join(lines).strip()


def written() -> str:
    """The table as the document has it."""
    return _parts(DOCUMENT.read_text(encoding="utf-8"))[1].strip()


def write(text: str) -> None:
    """Put a table into the document."""
    before, _, after = _parts(DOCUMENT.read_text(encoding="utf-8"))
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _parts(document: str) -> tuple[str, str, str]:
    before, _, rest = document.partition(BEGIN)
    inside, _, after = rest.partition(END)
    return before, inside, after


def _row(route: str, cost: Cost) -> str:
    tally = cost.tally
    calls = ", ".join(VERBS.get(operation, operation) for operation in tally.dynamodb)
    excess = f" ({cost.case.why})" if cost.case.extra else ""
    figures = f"{tally.read_units:g} | {tally.write_units:g} | {tally.count('s3')} | {tally.count('sqs')}"
    return f"| {route} | {cost.case.who} | {len(tally.dynamodb)}: {calls}{excess} | {figures} |"
