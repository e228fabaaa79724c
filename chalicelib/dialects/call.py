"""A request on its way through a route: what came in, what was found out about the caller, and what views read.

`route.py` carries it from the decoder to the view.
"""

from __future__ import annotations

from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.dialects import body
from chalicelib.domain.errors import InvalidError, NotFoundError
from chalicelib.domain.identity import MAX_ID
from chalicelib.domain.token import AnonymousError
from chalicelib.wiring import Services, services

if TYPE_CHECKING:
    from chalicelib.dialects.http import Incoming
    from chalicelib.dialects.route import Route
    from chalicelib.domain.access import Actor

ID_DIGITS = 19
PATH_SAFE = "/%:~!$&'()*+,;=@"
"""What a path in a link keeps as the client wrote it, besides letters, digits and `-._`."""


class Call:
    """One request on its way through a route: what came in, and what is known of the caller."""

    def __init__(self, incoming: Incoming, route: Route | None = None, suffix: str = "") -> None:
        self.incoming = incoming
        self.route = route
        self.suffix = suffix
        self.caller: Actor | None = None
        self.real_user_id: int | None = None
        """Who is behind a caller that acts as someone else."""
        self.spent: int | None = None
        """Credits the bucket has spent in this minute, this call included; None: nothing was charged."""
        self.started = perf_counter()
        self.memo: dict[str, Any] = {}
        """What a dialect worked out once and needs again."""

    @cached_property
    def services(self) -> Services:
        """The services of this process."""
        return services()

    @property
    def seconds(self) -> float:
        """How long the call has taken up to now: its computing and its waiting for the stores."""
        return perf_counter() - self.started

    @property
    def actor(self) -> Actor:
        """Who calls. Raises AnonymousError when nobody is signed in."""
        if self.caller is None:
            raise AnonymousError("Nobody is signed in.")
        return self.caller

    @property
    def base_url(self) -> str:
        """Scheme, host and prefix of the service as this client sees it."""
        return self.incoming.base_url(self.services.settings.public_url)

    @property
    def url(self) -> str:
        """Address of this request, without its query."""
        return self.base_url + quote(self.incoming.inner, safe=PATH_SAFE)

    def value(self, name: str) -> str:
        """A decoded value of the path, without the dialect's suffix behind the last one."""
        value = self.incoming.values[name]
        return value.removesuffix(self.suffix) if self.incoming.route.endswith(f"{{{name}}}") else value

    def id(self, name: str) -> int:
        """A path value that is a positive integer. Raises NotFoundError when it is not, or beyond any id."""
        text = self.value(name)
        if text.isascii() and text.isdigit() and len(text) <= ID_DIGITS and 0 < int(text) <= MAX_ID:
            return int(text)
        raise NotFoundError(f"There is no {text[:40]!r}.")

    def query(self, name: str) -> str | None:
        """The last value of a query parameter."""
        values = self.incoming.query.get(name)
        return values[-1] if values else None

    @cached_property
    def json(self) -> Any:
        """The body as JSON. Raises InvalidError."""
        return body.read_json(self.incoming)

    @cached_property
    def parts(self) -> list[body.Part]:
        """The parts of a multipart body. Raises InvalidError."""
        return body.read_multipart(self.incoming)


def bearer(incoming: Incoming, *, exact: bool = False) -> str | None:
    """The token of the Authorization header: None without that scheme, empty when there is nothing behind it.

    `exact` takes the scheme's word as Canvas does, in that letter case only.
    """
    scheme, _, token = incoming.headers.get("authorization", "").strip().partition(" ")
    matches = scheme == "Bearer" if exact else scheme.lower() == "bearer"
    return token.strip() if matches else None


def idempotency_key(call: Call) -> str:
    """The Idempotency-Key header, or empty. Raises InvalidError when it is too long."""
    key = call.incoming.headers.get("idempotency-key", "").strip()
    if len(key) > 255:
        raise InvalidError("Idempotency-Key must have at most 255 characters.", field="Idempotency-Key")
    return key
