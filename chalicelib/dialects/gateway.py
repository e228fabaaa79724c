"""Which dialect a path is in, and which routes it has.

A dialect's modules are loaded with the first request to one of their paths (ADR 43); `routebook` tells which those are.

What is answered where no route is, is in the dialect's own words too. API Gateway answers such requests without calling
the app; the local gateway asks here, and the operator's gateway responses are made from the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from chalicelib.dialects.http import Reply
from chalicelib.dialects.route import Dialect, Route, encode
from chalicelib.dialects.routebook import ROUTES

JSON = "application/json"


def dialects() -> tuple[Dialect, ...]:
    """Every dialect the service speaks, with all its routes declared."""
    return tuple(map(whole, ROUTES))


def whole(name: str) -> Dialect:
    """The dialect of that name, with all its routes declared."""
    for modules in ROUTES[name].values():
        _load(name, modules)
    found = speaker(name)
    found.routes = sorted(found.routes, key=lambda route: route.view.__module__)  # others may be reading the list
    return found


@cache
def speaker(name: str) -> Dialect:
    """The dialect of that name; of its routes, those that were asked for so far."""
    found: Dialect = getattr(import_module(f"chalicelib.dialects.{name}.dialect"), name)
    return found


@cache
def methods(name: str, path: str) -> Mapping[str, Route]:
    """The routes of a path as it is registered, by method."""
    _load(name, ROUTES[name][path])
    return speaker(name).at(path)


def _load(name: str, modules: str) -> None:
    for module in modules.split():
        import_module(f"chalicelib.dialects.{name}.{module}")


def unknown_route(path: str, method: str) -> tuple[int, Mapping[str, str], str]:
    """Status, headers and body for a path or method that no route has."""
    dialect = _dialect(path)
    reply = dialect.unknown(path, method) if dialect else _neutral(404, "There is no such route.")
    return reply.status, reply.headers, "" if method == "HEAD" else reply.body


def too_large(path: str) -> tuple[int, Mapping[str, str], str]:
    """Status, headers and body for a request the gateway refuses for its size."""
    dialect = _dialect(path)
    reply = dialect.too_large(path) if dialect else _neutral(413, "The body is too large.")
    return reply.status, reply.headers, reply.body


def redressed(path: str, method: str, status: int) -> Reply:
    """The dialect's form of an error that Chalice made by itself."""
    dialect = _dialect(path)
    if dialect is None:
        return _neutral(status, "The request was refused." if status < 500 else "An error occurred.")
    return dialect.refused(path, method, status)


def _dialect(path: str) -> Dialect | None:
    lower = f"{path.lower()}/"
    for dialect in map(speaker, ROUTES):
        if lower.startswith(tuple(f"{territory}/" for territory in dialect.territories)):
            return dialect
    return None


def _neutral(status: int, message: str) -> Reply:
    return Reply(status=status, headers={"Content-Type": JSON}, body=encode({"message": message}))
