"""Domain errors in Accredit.ly's words: the only place of this dialect that knows a status. It never says 403.

Source
------
accreditly 1.2.
"""

from __future__ import annotations

from chalicelib.dialects.call import Call
from chalicelib.dialects.http import Reply
from chalicelib.dialects.route import WrongMethodError, encode
from chalicelib.domain.errors import (
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    TooManyGuessesError,
)
from chalicelib.domain.token import AuthenticationError

JSON = "application/json; charset=utf-8"
STATUS: dict[type[Exception], int] = {
    InvalidError: 400,
    AuthenticationError: 401,
    DeniedError: 401,
    NotFoundError: 404,
    WrongMethodError: 405,
    ConflictError: 409,
    TooLargeError: 413,
    TooManyGuessesError: 429,
}


def reply(call: Call, error: Exception) -> Reply:  # noqa: ARG001 - one shape for every dialect
    """The answer to a failure."""
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)
    headers = {"Content-Type": JSON}
    if isinstance(error, AuthenticationError):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, WrongMethodError):
        headers["Allow"] = ", ".join(error.allowed)
    if isinstance(error, TooManyGuessesError):
        headers["Retry-After"] = str(error.retry_s)
    message = "An error occurred." if status == 500 else str(error)
    return Reply(status=status, body=encode({"message": message}), headers=headers)
