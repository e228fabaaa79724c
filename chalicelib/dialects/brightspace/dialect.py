"""Brightspace's conventions, wired together: components and versions, who calls, how answers look.

Source
------
brightspace 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from chalicelib.dialects.brightspace import auth, errors, limits, products
from chalicelib.dialects.call import Call
from chalicelib.dialects.http import Reply
from chalicelib.dialects.route import Answer, Dialect, Route, encode
from chalicelib.domain.capability import require_use
from chalicelib.domain.errors import InvalidError, NotFoundError

JSON = "application/json; charset=UTF-8"
CACHE = {"Cache-Control": "no-cache, no-store"}


class Brightspace(Dialect):
    """`/d2l/api`. A route below `/{component}/{version}` names its component, `ep` unless it says otherwise."""

    name = "brightspace"
    prefix = "/d2l/api"
    territories = ("/d2l",)

    def authenticate(self, call: Call) -> None:
        """Find out who calls (brightspace 1.3) and charge their application (brightspace 1.4)."""
        auth.authenticate(call)

    def admit(self, call: Call) -> None:
        """Refuse a component or version that is not served (brightspace 1.1)."""
        if call.route is None or "{component}/{version}/" not in call.route.path:
            return
        wanted = call.route.options.get("component", products.EPORTFOLIO)
        component, version = call.value("component").lower(), call.value("version")
        if component != wanted or version not in products.served(call)[wanted]:
            raise NotFoundError("There is no such route at that version.")

    def _run(self, call: Call, methods: Mapping[str, Route]) -> Reply:
        try:
            return super()._run(call, methods)
        except InvalidError:
            self._check_access(call)
            raise

    def _check_access(self, call: Call) -> None:
        """Refuse whoever may not use ePortfolio before they hear what is wrong with a request (brightspace 1.5).

        Views read the request first and services look at the caller later, in a call they make anyway; so this is
        asked only where there would be a complaint.
        """
        if call.caller is not None and call.route is not None and "{component}/{version}/" in call.route.path:
            require_use(call.services.people.standing(call.caller))

    def success(self, call: Call, value: Any) -> Reply:  # noqa: ARG002 - one shape for every dialect
        """A value as JSON; a number alone is a number alone."""
        answer = value if isinstance(value, Answer) else Answer(value=value)
        return Reply(status=answer.status, body=encode(answer.value), headers={"Content-Type": JSON, **answer.headers})

    def failure(self, call: Call, error: Exception) -> Reply:
        """An error of brightspace 1.2."""
        return errors.reply(call, error)

    def finish(self, call: Call, reply: Reply) -> Reply:
        """Nothing is to be cached; what is left of the caller's minute."""
        reply = replace(reply, headers={**reply.headers, **CACHE})
        return replace(reply, headers={**reply.headers, **limits.headers(call, reply.status)})

    def unknown(self, path: str, method: str) -> Reply:
        """A problem body, not to be cached."""
        reply = super().unknown(path, method)
        return replace(reply, headers={**reply.headers, **CACHE})


def redirect(address: str) -> Reply:
    """An answer that sends the client on."""
    return Reply(status=302, headers={"Location": address, "Content-Type": "text/plain; charset=utf-8"})


brightspace = Brightspace()
