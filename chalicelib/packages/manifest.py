"""`manifest.json`: what is in a package and what is not, written as a stream.

{"format": "folioport-package", "version": 1, "generator": …,
 "members": [{"name", "size", "sha256"}, …], "objects": {kind: count}, "left_out": [{"name", "reason"}, …]}

The manifest does not list itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from chalicelib.domain.job import Problem

FORMAT = "folioport-package"
VERSION = 1


def head(generator: str) -> bytes:
    """The start; `generator` names the program and its version."""
    facts = {"format": FORMAT, "version": VERSION, "generator": generator}
    return _json(facts)[:-1] + b',"members":['


def member(name: str, size_bytes: int, sha256: str, *, first: bool) -> bytes:
    """A member of the zip; `first` for the first one, which needs no comma before it."""
    return (b"\n" if first else b",\n") + _json({"name": name, "size": size_bytes, "sha256": sha256})


def tail(objects: Mapping[str, int], left_out: Iterable[Problem]) -> Iterator[bytes]:
    """The end, in pieces: objects by kind, and what was left out and why."""
    yield b'\n],\n"objects":' + _json(dict(sorted(objects.items()))) + b',\n"left_out":['
    for number, one in enumerate(left_out):
        yield (b",\n" if number else b"") + _json({"name": one.title, "reason": one.reason})
    yield b"]}\n"


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)
