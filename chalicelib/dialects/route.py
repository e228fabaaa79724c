"""The one decorator: from a request to a view and back, the same way in every dialect.

A dialect declares its routes:

    @canvas.get("/eportfolios/{id}", permission=Permission.EPORTFOLIO_READ)
    def show(call: Call) -> wire.EPortfolio: ...

and says, in the methods of its `Dialect`, who calls, how success and failure look, and what every answer carries. What
happens in between is here: size, authentication, rate limit, permission, the view, encoding, and the mapping of every
exception, expected or not, to the dialect's own words. A route without a permission cannot be declared.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from chalicelib import observe
from chalicelib.dialects.call import Call
from chalicelib.dialects.http import Incoming, Reply
from chalicelib.domain.access import Permission
from chalicelib.domain.errors import DomainError, InvalidError, NotFoundError, TooLargeError

View = TypeVar("View", bound=Callable[[Call], Any])

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
"""Registered on every path, so that a wrong method is answered by the dialect and not by the gateway."""


class Route(Struct, frozen=True, kw_only=True):
    """A declared route. `vendor` is its path in the vendor's spelling, empty where the vendor has no such route."""

    dialect: str
    method: str
    path: str
    permission: Permission
    view: Callable[[Call], Any]
    vendor: str = ""
    extension: bool = False
    anonymous: bool = False
    """The view runs without credentials too, and decides by itself."""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether a caller without credentials gets as far as the view."""
        return self.anonymous or self.permission is Permission.SERVICE_DESCRIBE


class Answer(Struct, frozen=True, kw_only=True):
    """A view's value with what goes beside it; `status` and `headers` as in HTTP."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class WrongMethodError(DomainError):
    """The path exists, and not with this method."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(f"Use {' or '.join(allowed)} here.")
        self.allowed = allowed


class Dialect(ABC):
    """One vendor's way of speaking HTTP, and the routes spoken that way."""

    name: str
    prefix: str
    """What every path begins with."""
    territories: tuple[str, ...]
    """Paths below these are this dialect's, routes or not."""
    suffix: str = ""
    """What clients may put behind any path, to no effect."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def get(self, path: str, *, permission: Permission, **options: Any) -> Callable[[View], View]:
        """Declare a GET route (see `declare`)."""
        return self.declare("GET", path, permission=permission, **options)

    def post(self, path: str, *, permission: Permission, **options: Any) -> Callable[[View], View]:
        """Declare a POST route (see `declare`)."""
        return self.declare("POST", path, permission=permission, **options)

    def put(self, path: str, *, permission: Permission, **options: Any) -> Callable[[View], View]:
        """Declare a PUT route (see `declare`)."""
        return self.declare("PUT", path, permission=permission, **options)

    def delete(self, path: str, *, permission: Permission, **options: Any) -> Callable[[View], View]:
        """Declare a DELETE route (see `declare`)."""
        return self.declare("DELETE", path, permission=permission, **options)

    def declare(
        self,
        method: str,
        path: str,
        *,
        permission: Permission,
        vendor: str = "",
        extension: bool = False,
        anonymous: bool = False,
        absolute: bool = False,
        **options: Any,
    ) -> Callable[[View], View]:
        """Make the function below the view of a route.

        Parameters
        ----------
        path
            Behind the dialect's prefix; `{name}` is a variable.
        permission
            What a caller needs.
        vendor
            The path as the vendor's reference spells it, where that differs.
        extension
            The vendor has no such route.
        anonymous
            The view runs without credentials too.
        absolute
            The path is not behind the dialect's prefix.
        options
            What the dialect wants to know of the route.

        Raises
        ------
        TypeError
            No permission is named.
        """
        if not isinstance(permission, Permission):
            raise TypeError(f"{method} {path} names no permission; every route must.")

        def register(view: View) -> View:
            full = path if absolute else self.prefix + path
            self.routes.append(
                Route(
                    dialect=self.name,
                    method=method,
                    path=full,
                    permission=permission,
                    view=view,
                    vendor=vendor or self.vendor_path(full),
                    extension=extension,
                    anonymous=anonymous,
                    options=options,
                )
            )
            return view

        return register

    def table(self) -> dict[str, dict[str, Route]]:
        """The routes by path and method. Raises ValueError when one is declared twice."""
        table: dict[str, dict[str, Route]] = {}
        for route in self.routes:
            for path in (route.path, *self.aliases(route.path)):
                methods = table.setdefault(path, {})
                if route.method in methods:
                    raise ValueError(f"{route.method} {path} is declared twice.")
                methods[route.method] = route
        return table

    def at(self, path: str) -> dict[str, Route]:
        """The routes of one path by method."""
        return {route.method: route for route in self.routes if path in (route.path, *self.aliases(route.path))}

    def serve(self, incoming: Incoming, methods: Mapping[str, Route]) -> Reply:
        """Answer a request to a path with those routes; never raises."""
        head = incoming.method == "HEAD"
        call = Call(incoming, methods.get("GET" if head else incoming.method), self.suffix)
        try:
            reply = self._run(call, methods)
        except DomainError as error:
            reply = self.failure(call, error)
        except Exception as error:  # noqa: BLE001 - the last line: whatever it is, the answer is the dialect's
            observe.unexpected(error, route=incoming.route, method=incoming.method)
            reply = self.failure(call, error)
        observe.note(
            user_id=call.caller.user_id if call.caller else None,
            real_user_id=call.real_user_id,
            app=call.caller.app if call.caller else None,
        )
        reply = self._finished(call, reply)
        return replace(reply, body="") if head else reply

    def _run(self, call: Call, methods: Mapping[str, Route]) -> Reply:
        if call.route is None:
            raise WrongMethodError(tuple(sorted({*methods, *(("HEAD",) if "GET" in methods else ())})))
        if call.incoming.size_bytes() > call.services.settings.max_body_bytes:
            raise TooLargeError(f"A body has at most {call.services.settings.max_body_bytes} bytes.")
        self.authenticate(call)
        self.admit(call)
        value = call.route.view(call)
        return value if isinstance(value, Reply) else self.success(call, value)

    def _finished(self, call: Call, reply: Reply) -> Reply:
        try:
            return self.finish(call, reply)
        except Exception as error:  # noqa: BLE001 - the answer is made; what would go beside it is not worth losing it
            observe.unexpected(error, route=call.incoming.route, method=call.incoming.method)
            return reply

    @abstractmethod
    def authenticate(self, call: Call) -> None:
        """Find out who calls and charge them, or raise; a route that is open lets nobody through as nobody."""

    def admit(self, call: Call) -> None:  # noqa: B027 - most dialects refuse nobody here
        """Refuse a caller, or a path this dialect has only at first sight. Raises DomainError."""

    @abstractmethod
    def success(self, call: Call, value: Any) -> Reply:
        """The answer with a view's value."""

    @abstractmethod
    def failure(self, call: Call, error: Exception) -> Reply:
        """The answer to a failure; an exception that is no DomainError is a fault of the service's own."""

    def finish(self, call: Call, reply: Reply) -> Reply:  # noqa: ARG002 - for dialects that add headers
        """The answer with what every answer carries."""
        return reply

    def unknown(self, path: str, method: str) -> Reply:
        """The answer to a path or method that no route has."""
        return self.failure(_nowhere(path, method), NotFoundError("There is no such route."))

    def too_large(self, path: str) -> Reply:
        """The answer to a body that the gateway would not take."""
        return self.failure(_nowhere(path, "POST"), TooLargeError("The body is too large."))

    def refused(self, path: str, method: str, status: int) -> Reply:
        """The answer in place of one that the framework made by itself."""
        error: Exception = InvalidError("The request was refused.")
        if status >= 500:
            error = RuntimeError("framework error")
        elif status == 405:
            error = WrongMethodError(METHODS)
        return self.failure(_nowhere(path, method), error)

    def vendor_path(self, path: str) -> str:
        """The vendor's spelling of a path."""
        return path

    def aliases(self, path: str) -> tuple[str, ...]:
        """Other paths of the same route: with the suffix, where a fixed segment would not take it."""
        ours = path.startswith(self.prefix)
        return (path + self.suffix,) if self.suffix and ours and not path.endswith("}") else ()


def _nowhere(path: str, method: str) -> Call:
    return Call(Incoming(method=method, route=path, path=path, inner=path, values={}, query={}, headers={}))


def encode(value: Any) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value).decode()
