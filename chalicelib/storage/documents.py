"""Entities as JSON documents: fields at their default are left out, so an item stays small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def encode(entity: object) -> str:
    """The entity as JSON text."""
    return msgspec.json.encode(_compact(entity)).decode()


def decode(text: str | bytes, entity: type[T]) -> T:
    """The entity of that JSON text."""
    target: Any = entity
    decoder: msgspec.json.Decoder[T] = _decoder(target)
    return decoder.decode(text)


@cache
def _decoder(entity: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(entity)


@cache
def _defaults(entity: type[Any]) -> tuple[tuple[str, Any], ...]:
    found = []
    for field in fields(entity):
        default = field.default if field.default_factory is MISSING else field.default_factory()
        found.append((field.name, default))
    return tuple(found)


def _compact(value: Any) -> Any:
    if isinstance(value, (str, int, float, datetime)) or value is None:
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {
            name: _compact(field)
            for name, default in _defaults(type(value))
            if (field := getattr(value, name)) != default or default is MISSING
        }
    if isinstance(value, (tuple, list)):
        return [_compact(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _compact(one) for key, one in value.items()}
    return value
