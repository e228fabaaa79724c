"""Canvas's conventions, wired together: who calls, how answers look, what each carries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from chalicelib.dialects.call import Call
from chalicelib.dialects.canvas import auth, errors
from chalicelib.dialects.http import Reply
from chalicelib.dialects.route import Answer, Dialect, encode
from chalicelib.domain.bucket import UNIT, Lease
from chalicelib.domain.errors import DeniedError

STRING_IDS = "application/json+canvas-string-ids"
NOT_FOR_TEST_STUDENTS = frozenset({"eportfolio", "token"})
VARIABLE = re.compile(r"\{(\w+)\}")


class Canvas(Dialect):
    """`/api/v1`.

    Source
    ------
    canvas-a 1.
    """

    name = "canvas"
    prefix = "/api/v1"
    territories = ("/api/v1",)
    suffix = ".json"

    def authenticate(self, call: Call) -> None:
        """Find out who calls (canvas-a 1.2) and charge their token (canvas-a 1.5)."""
        auth.authenticate(call)

    def admit(self, call: Call) -> None:
        """Refuse a course's test student what is about ePortfolios (canvas-a 2.2)."""
        about = call.route.permission.value.partition(":")[0] if call.route else ""
        if about in NOT_FOR_TEST_STUDENTS and call.actor.student_view:
            raise DeniedError("Not for a test student.")

    def success(self, call: Call, value: Any) -> Reply:
        """A value as JSON, its ids as strings for a client that asked so (canvas-a 1.5)."""
        answer = value if isinstance(value, Answer) else Answer(value=value)
        printed = answer.value
        if STRING_IDS in call.incoming.headers.get("accept", ""):
            printed = stringed(msgspec.to_builtins(printed))
        return Reply(
            status=answer.status, body=encode(printed), headers={"Content-Type": errors.JSON, **answer.headers}
        )

    def failure(self, call: Call, error: Exception) -> Reply:
        """An error body of canvas-a 1.3."""
        return errors.reply(call, error)

    def finish(self, call: Call, reply: Reply) -> Reply:
        """Add what a token's client sees of its rate limit (canvas-a 1.5)."""
        lease: Lease | None = call.memo.get(auth.LEASE)
        if lease is None:
            return reply
        throttled = "X-Rate-Limit-Remaining" in reply.headers
        cost = 0.0 if throttled else call.seconds
        call.services.tokens.settle(lease, cost)
        if throttled:
            return reply
        remaining = max(0.0, call.services.settings.canvas_rate_limit - lease.level / UNIT - cost)
        limits = {"X-Request-Cost": f"{cost:.6f}", "X-Rate-Limit-Remaining": f"{remaining:.6f}"}
        return replace(reply, headers={**reply.headers, **limits})

    def vendor_path(self, path: str) -> str:
        """Canvas writes variables as `:id`."""
        return VARIABLE.sub(r":\1", path)


def stringed(value: Any) -> Any:
    """A JSON value with every id as a string.

    >>> stringed([{"id": 7, "user_id": None, "target_ids": [1, 2], "position": 3}])
    [{'id': '7', 'user_id': None, 'target_ids': ['1', '2'], 'position': 3}]
    """
    if isinstance(value, list):
        return [stringed(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    return {key: _stringed_member(key, one) for key, one in value.items()}


def _stringed_member(key: str, value: Any) -> Any:
    if (key == "id" or key.endswith("_id")) and isinstance(value, int):
        return str(value)
    if key.endswith("ids") and isinstance(value, list):
        return [str(one) if isinstance(one, int) else one for one in value]
    return stringed(value)


canvas = Canvas()
