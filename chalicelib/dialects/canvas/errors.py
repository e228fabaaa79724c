"""Domain errors in Canvas's words: the only place of this dialect that knows a status.

Source
------
canvas-a 1.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib import observe
from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas.auth import MasqueradeError, ScopeError, ThrottledError
from chalicelib.dialects.canvas.wire import moment
from chalicelib.dialects.http import Reply
from chalicelib.dialects.route import WrongMethodError, encode
from chalicelib.domain.doorway import UnverifiedError
from chalicelib.domain.errors import (
    ConflictError,
    DeniedError,
    DomainError,
    FieldsError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    TooShortError,
)
from chalicelib.domain.token import AnonymousError, TokenExpiredError, TokenRevokedError, TokenUnknownError

JSON = "application/json; charset=utf-8"
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}
DENIED = 403
"""A signed-in caller without the right; older releases of Canvas said 401 (canvas-a 1.3)."""
PAGING = ("page", "cursor")
BAD_PAGE = "invalid"
SHAPES: dict[str, Callable[[InvalidError], Any]] = {
    "refused": lambda error: {"error": str(error)},
    "listed": lambda error: [{"message": str(error)}],
    "unregenerable": lambda error: {"errors": {"message": str(error)}},
    "state": lambda error: {"errors": {error.field: [str(error)]}},
    "plain": lambda error: {"errors": str(error)},
}
"""Bodies of refusals that have a shape of their own in the contract, by code."""


def _message(text: str) -> dict[str, Any]:
    return {"errors": [{"message": text}]}


NOWHERE = _message("The specified resource does not exist.")
FIXED: tuple[tuple[type[Exception], int, Any], ...] = (
    (AnonymousError, 401, {"status": "unauthenticated", **_message("user authorization required")}),
    (TokenUnknownError, 401, _message("Invalid access token.")),
    (TokenRevokedError, 401, _message("Revoked access token.")),
    (ScopeError, 401, _message("Insufficient scopes on access token.")),
    (MasqueradeError, 401, {"errors": "Invalid as_user_id"}),
    (
        UnverifiedError,
        401,
        {"status": "unverified", **_message("user not authorized to perform that action until verifying email")},
    ),
    (DeniedError, DENIED, {"status": "unauthorized", **_message("user not authorized to perform that action")}),
    (NotFoundError, 404, NOWHERE),
    (WrongMethodError, 404, NOWHERE),
)


def reply(call: Call, error: Exception) -> Reply:  # noqa: ARG001 - one shape for every dialect
    """The answer to a failure."""
    if isinstance(error, ThrottledError):
        headers = {"Content-Type": "text/plain; charset=utf-8", "X-Rate-Limit-Remaining": "0.0"}
        observe.note(throttled=True)
        return Reply(status=403, body="403 Forbidden (Rate Limit Exceeded)\n", headers=headers)
    status, body = _plain(error)
    headers = {"Content-Type": JSON}
    if isinstance(error, AnonymousError | TokenUnknownError | TokenExpiredError | TokenRevokedError):
        headers |= CHALLENGE
    return Reply(status=status, body=encode(body), headers=headers)


def _plain(error: Exception) -> tuple[int, Any]:
    for kind, status, body in FIXED:
        if isinstance(error, kind):
            return status, body
    match error:
        case TokenExpiredError():
            entry = {"message": "Expired access token.", "expired_at": moment(error.expired_at)}
            return 401, {"errors": [entry]}
        case TooShortError():
            return 400, {"errors": [{"field": error.field, "code": "invalid", "message": str(error)}]}
        case InvalidError():
            return _invalid(error)
        case TooLargeError():
            return 413, _message(str(error))
        case ConflictError():
            return 409, _message(str(error))
        case DomainError():
            return 400, _message(str(error))
    return 500, {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}]}


def _invalid(error: InvalidError) -> tuple[int, Any]:
    if error.code == BAD_PAGE and error.field in PAGING:
        return 404, NOWHERE
    if isinstance(error, FieldsError):
        return 400, {"errors": {one.field: [_entry(one)] for one in error.problems}}
    if error.code in SHAPES:
        return 400, SHAPES[error.code](error)
    if not error.field or error.code in ("missing", "malformed"):
        return 400, _message(str(error))
    return 400, {"errors": {error.field: [_entry(error)]}}


def _entry(error: InvalidError) -> dict[str, str]:
    return {"attribute": error.field, "type": error.code, "message": str(error)}
