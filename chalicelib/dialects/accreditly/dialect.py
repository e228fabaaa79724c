"""Accredit.ly's conventions, wired together: who calls, how answers look.

Source
------
accreditly 1.
"""

from __future__ import annotations

from typing import Any

from chalicelib.dialects.accreditly import auth, errors
from chalicelib.dialects.call import Call
from chalicelib.dialects.http import Reply
from chalicelib.dialects.route import Answer, Dialect, encode


class Accreditly(Dialect):
    """`/profile` and `/accreditation`."""

    name = "accreditly"
    prefix = ""
    territories = ("/profile", "/accreditation")

    def authenticate(self, call: Call) -> None:
        """Find out who calls (accreditly 1.1)."""
        auth.authenticate(call)

    def success(self, call: Call, value: Any) -> Reply:  # noqa: ARG002 - one shape for every dialect
        """A value as JSON."""
        answer = value if isinstance(value, Answer) else Answer(value=value)
        headers = {"Content-Type": errors.JSON, **answer.headers}
        return Reply(status=answer.status, body=encode(answer.value), headers=headers)

    def failure(self, call: Call, error: Exception) -> Reply:
        """An error of accreditly 1.2."""
        return errors.reply(call, error)


accreditly = Accreditly()
