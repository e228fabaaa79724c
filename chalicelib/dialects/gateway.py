"""What is answered where no route is: by path prefix, in the dialect's own words.

API Gateway answers such requests without calling the app; the local gateway asks here, and the operator's gateway
responses are made from the same words.
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.dialects.http import Reply
from chalicelib.dialects.route import Dialect, encode

JSON = "application/json"


def dialects() -> tuple[Dialect, ...]:
    """Every dialect the service speaks, with its routes declared."""
    from chalicelib.dialects.accreditly import accreditly
    from chalicelib.dialects.brightspace import brightspace
    from chalicelib.dialects.canvas import canvas

    return canvas, brightspace, accreditly


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
    for dialect in dialects():
        if lower.startswith(tuple(f"{territory}/" for territory in dialect.territories)):
            return dialect
    return None


def _neutral(status: int, message: str) -> Reply:
    return Reply(status=status, headers={"Content-Type": JSON}, body=encode({"message": message}))
