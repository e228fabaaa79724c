"""A request as the gateway delivered it, and the answer to it. Knows HTTP, and no dialect.

API Gateway, Chalice's local gateway and ours all hand over one event; `Incoming.of` reads what they agree on. Path
values are percent-decoded here, once. Absolute addresses are built here, so that links are right behind a stage
prefix, a custom domain and a proxy.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct, field

from chalicelib.domain.errors import InvalidError

HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
DEFAULT_PORTS = {"http": "80", "https": "443"}


class Reply(Struct, frozen=True, kw_only=True):
    """An answer, printed."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Incoming(Struct, frozen=True, kw_only=True):
    """A request.

    `path` is the external path, percent-encoded as the client sent it, stage prefix included; `inner` is the part of
    it that the route matched. `values` are the decoded path values. Header names are lower case.
    """

    method: str
    route: str
    path: str
    inner: str
    values: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    raw_body: Any = None
    encoded: bool = False
    domain: str = ""
    source_ip: str = ""
    request_id: str = ""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Incoming:
        """The request in a gateway event."""
        context = event["requestContext"]
        route = context["resourcePath"]
        values = {name: unquote(value) for name, value in (event.get("pathParameters") or {}).items()}
        path = context.get("path") or event.get("path") or route
        return cls(
            method=context["httpMethod"].upper(),
            route=route,
            path=path,
            inner=_tail(path, route.count("/")),
            values=values,
            query=event.get("multiValueQueryStringParameters") or {},
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            raw_body=event.get("body"),
            encoded=bool(event.get("isBase64Encoded")),
            domain=context.get("domainName") or "",
            source_ip=(context.get("identity") or {}).get("sourceIp") or "",
            request_id=context.get("requestId") or "",
        )

    @property
    def prefix(self) -> str:
        """What comes before the matched part of the path: the stage or base path, or nothing."""
        return self.path.rstrip("/").removesuffix(self.inner)

    @property
    def host(self) -> str:
        """The host the client asked for, lower case, with its port when it gave one."""
        for said in (self.headers.get("x-forwarded-host", ""), self.headers.get("host", ""), self.domain):
            host = said.split(",")[0].strip()
            if HOST.fullmatch(host):
                return host.lower()
        return "localhost"

    @property
    def host_name(self) -> str:
        """The host without its port."""
        return re.sub(r":\d+$", "", self.host)

    @property
    def scheme(self) -> str:
        """The scheme the client used."""
        said = self.headers.get("x-forwarded-proto", "").split(",")[0].strip().lower()
        if said in DEFAULT_PORTS:
            return said
        return "https" if self.domain and "host" not in self.headers else "http"

    @property
    def media_type(self) -> str:
        """Type of the body, lower case, without parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def base_url(self, public_url: str = "") -> str:
        """Scheme, host and prefix of the service as the client sees it; `public_url` is the operator's word."""
        if public_url:
            return public_url.rstrip("/")
        host, scheme = self.host, self.scheme
        port = self.headers.get("x-forwarded-port", "").split(",")[0].strip()
        if port.isascii() and port.isdigit() and port != DEFAULT_PORTS[scheme] and ":" not in host:
            host = f"{host}:{port}"
        return f"{scheme}://{host}{self.prefix}"

    def spellings(self, public_url: str = "") -> tuple[str, ...]:
        """The paths a client may have signed: the external one first, then without what a proxy added or dropped."""
        public = urlsplit(public_url).path.rstrip("/") + self.inner
        found = (self.path, self.inner, public)
        slashes = tuple(path[:-1] if path.endswith("/") else f"{path}/" for path in found)
        return tuple(dict.fromkeys((*found, *slashes)))

    def first(self, name: str) -> str | None:
        """The first value of a query parameter."""
        return next(iter(self.query.get(name, ())), None)

    def size_bytes(self) -> int:
        """Size of the body, without decoding it."""
        raw = self.raw_body or b""
        if self.encoded:
            return len(raw) * 3 // 4
        return len(raw if isinstance(raw, bytes) else raw.encode("utf-8", "replace"))

    def body(self) -> bytes:
        """The body's bytes. Raises InvalidError when the gateway's encoding is broken."""
        raw = self.raw_body or b""
        if self.encoded:
            try:
                return base64.b64decode(raw, validate=True)
            except (binascii.Error, ValueError):
                raise InvalidError("The body is damaged.", code="malformed") from None
        return raw if isinstance(raw, bytes) else str(raw).encode("utf-8", "replace")


def _tail(path: str, segments: int) -> str:
    parts = path.rstrip("/").split("/")
    return "/" + "/".join(parts[-segments:]) if segments else "/"
