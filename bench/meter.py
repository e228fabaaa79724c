"""Counts what a stretch of code asks of AWS.

Write units are the engine's, local indexes included. It does not report what a batch of gets takes, and takes a query
for one unit whatever it reads, so read units are worked out here from the answers by DynamoDB's rule: an item, or a
page of a query, costs one unit for each 4 KB begun, half of that when eventually consistent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.client import BaseClient

UNIT_BYTES = 4096


@dataclass(slots=True)
class Tally:
    """Calls by service, in order, and the DynamoDB capacity they took."""

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

    def charge(self, operation: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Add the capacity of a call that succeeded."""
        if operation == "BatchGetItem":
            self.read_units += _batch_units(asked, answer)
        elif operation == "Query":
            read = sum(map(size_of, answer.get("Items", ())))
            self.read_units += units(read, consistent=asked.get("ConsistentRead", False))
        else:
            said = answer.get("ConsumedCapacity") or ()
            tables: Sequence[Mapping[str, Any]] = (said,) if isinstance(said, Mapping) else said
            self.write_units += sum(float(table["CapacityUnits"]) for table in tables)


def units(size_bytes: int, *, consistent: bool) -> float:
    """Read units of so many bytes.

    >>> units(0, consistent=True), units(4097, consistent=False)
    (1.0, 1.0)
    """
    whole = max(1, math.ceil(size_bytes / UNIT_BYTES))
    return whole if consistent else whole / 2


def size_of(item: Mapping[str, Any]) -> int:
    """Bytes of an item in DynamoDB's JSON: names and values, numbers two digits a byte."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return len(content) // 2 + 2
        case "M":
            return 3 + size_of(content)
        case "L":
            return 3 + sum(map(_value_size, content))
        case _:
            return 1


def _batch_units(asked: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    total = 0.0
    for table, wanted in asked["RequestItems"].items():
        found, consistent = answer["Responses"].get(table, []), wanted.get("ConsistentRead", False)
        absent = len(wanted["Keys"]) - len(found)
        total += absent * units(0, consistent=consistent)
        total += sum(units(size_of(item), consistent=consistent) for item in found)
    return total


@contextmanager
def counted() -> Iterator[Tally]:
    """Count the calls of every client in this process until the block ends; failed ones too."""
    tally = Tally()
    clients: Any = BaseClient
    send = clients._make_api_call  # noqa: SLF001 - the one door every call of botocore goes through

    def counting(client: BaseClient, operation: str, arguments: Any) -> Any:
        tally.note(client.meta.service_model.service_name, operation)
        answer = send(client, operation, arguments)
        if client.meta.service_model.service_name == "dynamodb":
            tally.charge(operation, arguments, answer)
        return answer

    clients._make_api_call = counting  # noqa: SLF001
    try:
        yield tally
    finally:
        clients._make_api_call = send  # noqa: SLF001
