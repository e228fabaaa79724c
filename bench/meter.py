"""Counts what a stretch of code asks of AWS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.client import BaseClient

WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem")


@dataclass(slots=True)
class Tally:
    """Calls by service, in order, and the capacity DynamoDB says they took, indexes included."""

    calls: dict[str, list[str]] = field(default_factory=dict)
    read_units: float = 0.0
    write_units: float = 0.0

    @property
    def dynamodb(self) -> list[str]:
        """DynamoDB's operations; each waits for the one before."""
        return self.calls.get("dynamodb", [])

    def count(self, service: str) -> int:
        """How many calls went to a service."""
        return len(self.calls.get(service, []))

    def note(self, service: str, operation: str) -> None:
        """Count a call."""
        self.calls.setdefault(service, []).append(operation)

    def charge(self, operation: str, answer: Mapping[str, Any]) -> None:
        """Add the capacity an answer reports."""
        said = answer.get("ConsumedCapacity") or ()
        tables: Sequence[Mapping[str, Any]] = (said,) if isinstance(said, Mapping) else said
        units = sum(float(table["CapacityUnits"]) for table in tables)
        if operation in WRITES:
            self.write_units += units
        else:
            self.read_units += units


@contextmanager
def counted() -> Iterator[Tally]:
    """Count the calls of every client in this process until the block ends; failed ones too."""
    tally = Tally()
    clients: Any = BaseClient
    send = clients._make_api_call  # noqa: SLF001 - the one door every call of botocore goes through

    def counting(client: BaseClient, operation: str, arguments: Any) -> Any:
        tally.note(client.meta.service_model.service_name, operation)
        answer = send(client, operation, arguments)
        tally.charge(operation, answer)
        return answer

    clients._make_api_call = counting  # noqa: SLF001
    try:
        yield tally
    finally:
        clients._make_api_call = send  # noqa: SLF001
