"""Entities as JSON documents: fields at their default are left out, so an item stays small."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def encode(entity: object) -> str:
    """The entity as JSON text."""
    return msgspec.json.encode(entity).decode()


def decode(text: str | bytes, entity: type[T]) -> T:
    """The entity of that JSON text."""
    target: Any = entity
    decoder: msgspec.json.Decoder[T] = _decoder(target)
    return decoder.decode(text)


@cache
def _decoder(entity: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(entity)
