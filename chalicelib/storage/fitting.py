"""As much of a list as an answer holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from chalicelib.domain.paging import ANSWER_BYTES

R = TypeVar("R")


def fitting(records: Iterable[R], text: Callable[[R], str | bytes]) -> tuple[list[tuple[R, str | bytes]], bool]:
    """The first records with their documents, at least one and `ANSWER_BYTES` at most, and whether others follow.

    A document stands for what the answer shows of it. `text` may fetch: of those that do not fit, it fetches one.
    """
    found: list[tuple[R, str | bytes]] = []
    room = ANSWER_BYTES
    for record in records:
        document = text(record)
        room -= weight(document)
        if found and room < 0:
            return found, True
        found.append((record, document))
    return found, False


def weight(document: str | bytes) -> int:
    r"""Bytes of a JSON text as a function answers it: in another one, which escapes it once more.

    >>> weight('"\\n"')
    7
    """
    content = document.encode() if isinstance(document, str) else document
    return len(content) + content.count(b'"') + content.count(b"\\")
