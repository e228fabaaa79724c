"""Entities as JSON documents: fields at their default are left out, so an item stays small."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from chalicelib.domain.epobject import Carried, EpObject
from chalicelib.domain.errors import InvalidError

T = TypeVar("T")

ITEM_BYTES = 400_000
"""Of a document in an item, whose limit is 400 kB with all its attributes."""


def encode(entity: object) -> str:
    """The entity as JSON text."""
    return msgspec.json.encode(entity).decode()


def fitting(entity: object) -> str:
    """The entity as JSON text that fits an item. Raises InvalidError."""
    text = msgspec.json.encode(entity)
    if len(text) > ITEM_BYTES:
        raise InvalidError(f"All its texts and names together have more than {ITEM_BYTES:,} bytes.")
    return text.decode()


def decode(text: str | bytes, entity: type[T]) -> T:
    """The entity of that JSON text."""
    target: Any = entity
    decoder: msgspec.json.Decoder[T] = _decoder(target)
    return decoder.decode(text)


def tombstone(one: EpObject) -> EpObject:
    """What is remembered of a deleted object: that it was, and what it was called."""
    page = replace(one.page, sections=()) if one.page else None
    return replace(one, content="", description="", carried=Carried(), relations=(), tags=(), page=page)


@cache
def _decoder(entity: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(entity)
