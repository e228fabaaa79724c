"""Domain errors in Brightspace's words: the only place of this dialect that knows a status.

Source
------
brightspace 1.2, 1.4.
"""

from __future__ import annotations

from http import HTTPStatus

from chalicelib.dialects.brightspace.auth import ScopeError
from chalicelib.dialects.brightspace.limits import LimitError
from chalicelib.dialects.call import Call
from chalicelib.dialects.http import Reply
from chalicelib.dialects.route import WrongMethodError, encode
from chalicelib.domain.doorway import UnverifiedError
from chalicelib.domain.errors import ConflictError, DeniedError, InvalidError, NotFoundError, TooLargeError
from chalicelib.domain.idkey import SignatureError, SkewError
from chalicelib.domain.token import AnonymousError, TokenExpiredError, TokenRevokedError, TokenUnknownError

PROBLEM = "application/problem+json"
TEXT = {"Content-Type": "text/html; charset=utf-8"}
STATUS: dict[type[Exception], int] = {
    InvalidError: 400,
    TokenUnknownError: 401,
    TokenExpiredError: 401,
    TokenRevokedError: 401,
    DeniedError: 403,
    ScopeError: 403,
    UnverifiedError: 403,
    NotFoundError: 404,
    WrongMethodError: 405,
    ConflictError: 409,
    TooLargeError: 413,
    LimitError: 429,
}


def reply(call: Call, error: Exception) -> Reply:
    """The answer to a failure."""
    match error:
        case AnonymousError():
            return Reply(status=403, body="Not authenticated", headers=TEXT)
        case SignatureError():
            return Reply(status=403, body="invalid token", headers=TEXT)
        case SkewError():
            now = int(call.services.clock.now().timestamp())
            return Reply(status=403, body=f"Timestamp out of range\n{now}", headers=TEXT)
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)
    detail = "An error occurred." if status == 500 else str(error)
    return Reply(
        status=status, body=_problem(call, status, detail), headers={**_headers(error), "Content-Type": PROBLEM}
    )


def _problem(call: Call, status: int, detail: str) -> str:
    details = {
        "type": "about:blank",
        "status": status,
        "title": HTTPStatus(status).phrase,
        "detail": detail,
        "instance": call.incoming.path,
    }
    return encode(details)


def _headers(error: Exception) -> dict[str, str]:
    match error:
        case TokenUnknownError() | TokenExpiredError() | TokenRevokedError():
            return {"WWW-Authenticate": "Bearer"}
        case WrongMethodError():
            return {"Allow": ", ".join(error.allowed)}
        case LimitError():
            return {"Retry-After": str(error.retry_after_s)}
        case _:
            return {}
