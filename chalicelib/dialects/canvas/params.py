"""Parameters: the query and the body as one structure, and values read from text as Rails reads them.

Source
------
canvas-a 1.1; a body that is neither form nor JSON counts as empty, as it does in Rails.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from chalicelib.dialects import body
from chalicelib.dialects.call import Call
from chalicelib.dialects.nesting import nest
from chalicelib.domain.errors import InvalidError

TRUE = frozenset({"yes", "y", "true", "t", "on", "1"})
FALSE = frozenset({"no", "n", "false", "f", "off", "0"})
INTEGER = re.compile(r"\s*([+-]?\d{1,18})")


class MissingError(InvalidError):
    """A required top-level object is absent or empty."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is missing", field=name, code="missing")


def of(call: Call) -> dict[str, Any]:
    """All parameters; the body's win over the query's. Raises InvalidError when they cannot be read."""
    return {**of_query(call), **of_body(call)}


def of_query(call: Call) -> dict[str, Any]:
    """The query's parameters. Raises InvalidError."""
    return nest((name, value) for name, values in call.incoming.query.items() for value in values)


def of_body(call: Call) -> dict[str, Any]:
    """The body's parameters. Raises InvalidError."""
    if "body" not in call.memo:
        call.memo["body"] = _read_body(call)
    found: dict[str, Any] = call.memo["body"]
    return found


def _read_body(call: Call) -> dict[str, Any]:
    incoming = call.incoming
    if not incoming.raw_body:
        return {}
    kind = incoming.media_type
    if kind == body.FORM:
        return nest(body.read_form(incoming))
    if kind == "multipart/form-data":
        return nest((part.name, part.text if part.file_name is None else part) for part in call.parts)
    if body.is_json(kind):
        return call.json if isinstance(call.json, dict) else {"_json": call.json}
    return {}


def required(call: Call, name: str) -> dict[str, Any]:
    """A top-level object that must be there. Raises MissingError."""
    found = of(call).get(name)
    if not isinstance(found, dict) or not found:
        raise MissingError(name)
    return found


def text(call: Call, name: str) -> str:
    """A top-level text or number as text, the body's before the query's; empty when absent."""
    found: Any = None
    with suppress(InvalidError):
        found = of_body(call).get(name)
    if found is None:
        found = call.query(name)
    return str(found) if isinstance(found, str | int) else ""


def words(call: Call, name: str) -> list[str]:
    """The values of `name[]`, or of a plain `name`."""
    found = of(call).get(name)
    values = found if isinstance(found, list) else [found]
    return [value for value in values if isinstance(value, str)]


def string(fields: dict[str, Any], name: str) -> str | None:
    """A text field; None when absent or null. Raises InvalidError when it is a structure."""
    found = fields.get(name)
    if found is None or isinstance(found, str):
        return found
    if isinstance(found, bool | int | float):
        return str(found).lower() if isinstance(found, bool) else str(found)
    raise InvalidError(f"{name} must be text.", field=name)


def boolean(value: Any) -> bool:
    """A boolean as Canvas reads it.

    >>> [boolean(one) for one in ("Yes", "off", "2", "0x", "tr", None, True)]
    [True, False, True, False, False, False, True]
    """
    if isinstance(value, str):
        word = value.lower()
        return word in TRUE or (word not in FALSE and leading_integer(value) != 0)
    return bool(value) if isinstance(value, bool | int | float) else False


def leading_integer(value: str) -> int:
    """The integer a text begins with, 0 when with none: Ruby's `to_i`.

    >>> leading_integer("12abc"), leading_integer("abc")
    (12, 0)
    """
    found = INTEGER.match(value)
    return int(found[1]) if found else 0
