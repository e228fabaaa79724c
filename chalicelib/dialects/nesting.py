"""Form fields with brackets in their names, as Rails reads them.

`a[b]=v` is `{"a": {"b": "v"}}`, `a[]=1&a[]=2` is `{"a": ["1", "2"]}`, and `a[][b]=1&a[][c]=2&a[][b]=3` is
`{"a": [{"b": "1", "c": "2"}, {"b": "3"}]}`: a hash in a list ends where a key of it comes again. That last rule is how
canvasapi sends lists of objects, and no published decoder for Python has it, which is why this one is ours.

Source contract
---------------
canvas-a 1.1; the algorithm of Rack's query parser, which Rails uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from chalicelib.domain.errors import InvalidError

DEPTH_LIMIT = 16
COUNT_LIMIT = 4096
KEYS = re.compile(r"[\[\]]+")


def nest(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The structure that bracketed names describe; a plain name given twice keeps its last value.

    Raises
    ------
    InvalidError
        Too many fields, nested too deep, or one name used as two kinds of thing.
    """
    params: dict[str, Any] = {}
    for count, (name, value) in enumerate(pairs):
        if count >= COUNT_LIMIT:
            raise InvalidError(f"At most {COUNT_LIMIT} fields are taken.", code="malformed")
        _store(params, name, value, 0)
    return params


def _store(params: dict[str, Any], name: str, value: Any, depth: int) -> Any:
    if depth > DEPTH_LIMIT:
        raise InvalidError(f"Fields nest at most {DEPTH_LIMIT} deep.", code="malformed")
    key, rest = _split(name, depth)
    if not key:
        return params
    if not rest:
        if key == "[]" and depth:
            return [value]
        params[key] = value
    elif rest == "[]":
        _list(params, key).append(value)
    elif rest.startswith("[]"):
        _store_in_list(_list(params, key), _child(rest), value, depth)
    elif rest == "[":
        params[name] = value
    else:
        inner = params.setdefault(key, {})
        if not isinstance(inner, dict):
            raise InvalidError(f"The field {key!r} is used in two ways.", code="malformed")
        params[key] = _store(inner, rest, value, depth + 1)
    return params


def _store_in_list(items: list[Any], child: str, value: Any, depth: int) -> None:
    if items and isinstance(items[-1], dict) and not _has(items[-1], child):
        _store(items[-1], child, value, depth + 1)
    else:
        items.append(_store({}, child, value, depth + 1))


def _split(name: str, depth: int) -> tuple[str, str]:
    """The outermost key of a name, and what follows it."""
    if not depth:
        start = name.find("[", 1)
        return (name[:start], name[start:]) if start > 0 else (name, "")
    if name.startswith("[]"):
        return "[]", name[2:]
    if name.startswith("["):
        end = name.find("]", 1)
        if end > 0:
            return name[1:end], name[end + 1 :]
    return name, ""


def _child(rest: str) -> str:
    """The key inside a list of hashes: `b` of `[][b]`; anything deeper stays bracketed."""
    child = rest[3:-1]
    if rest[2:3] == "[" and rest.endswith("]") and child and "[" not in child and "]" not in child:
        return child
    return rest[2:]


def _list(params: dict[str, Any], key: str) -> list[Any]:
    found = params.setdefault(key, [])
    if not isinstance(found, list):
        raise InvalidError(f"The field {key!r} is used in two ways.", code="malformed")
    return found


def _has(item: dict[str, Any], key: str) -> bool:
    if "[]" in key:
        return False
    found: Any = item
    for part in filter(None, KEYS.split(key)):
        if not isinstance(found, dict) or part not in found:
            return False
        found = found[part]
    return True
