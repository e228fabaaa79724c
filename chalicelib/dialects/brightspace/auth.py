"""Who calls: an OAuth 2 bearer token, or a URL signed with an application's and a user's key.

Source
------
brightspace 1.3; the order of checks is the contract's.
"""

from __future__ import annotations

import re

from chalicelib.dialects.brightspace import limits
from chalicelib.dialects.call import Call, bearer
from chalicelib.domain.access import Permission
from chalicelib.domain.idkey import SignatureError, SignedCall
from chalicelib.domain.token import AnonymousError, AuthenticationError

SIGNATURE_PARTS = ("x_a", "x_b", "x_c", "x_d", "x_t")
PART_LIMIT = 256
"""Characters of a signature parameter; none of ours is nearly as long."""
SCOPE = re.compile(r"[a-z_-]+|\*")
FULL = "core:*:*"
OWN_PROFILE = "users:own_profile:read"
ACCEPTED = {Permission.USER_READ: (FULL, OWN_PROFILE)}
"""Scopes that open a permission; the whole API's opens every one."""


class ScopeError(AuthenticationError):
    """The token is limited to scopes that do not cover the route."""


def authenticate(call: Call) -> None:
    """Set the call's actor, and charge for the call.

    Raises
    ------
    AuthenticationError, LimitError
        Which one, and so which answer, is brightspace 1.2.
    """
    route = call.route
    secret = bearer(call.incoming)
    if secret is not None:
        _by_token(call, secret)
    elif any(call.incoming.first(name) for name in SIGNATURE_PARTS):
        _by_signature(call)
    else:
        limits.charge(call, f"addr/{call.incoming.source_ip}")
    if route is None or route.open:
        return
    if call.caller is None:
        raise AnonymousError("Not authenticated")
    call.services.doorway.admit(call.caller)


def _by_token(call: Call, secret: str) -> None:
    services = call.services
    known = services.tokens.authenticate(secret, services.settings.brightspace_rate_cost)
    call.caller = known.actor
    limits.charged(call, known.spent)
    if known.actor.scopes and call.route is not None and not covers(known.actor.scopes, call.route.permission):
        raise ScopeError("The token's scopes do not cover this route.")


def _by_signature(call: Call) -> None:
    incoming = call.incoming
    parts = {name: incoming.first(name) or "" for name in SIGNATURE_PARTS}
    if any(len(part) > PART_LIMIT for part in parts.values()):
        raise SignatureError("A part of the signature is too long.")
    path, *also = incoming.spellings(call.services.settings.public_url)
    signed = SignedCall(method=incoming.method, path=path, also=tuple(also), **parts)
    call.caller = call.services.idkeys.authenticate(signed)
    limits.charge(call, call.caller.app if call.caller else f"app/{signed.x_a}")


def covers(scopes: tuple[str, ...], permission: Permission) -> bool:
    """Whether one of the granted scopes covers what the permission needs (brightspace 1.3 A).

    >>> covers(("users:own_profile:read",), Permission.USER_READ), covers(("core:ep:read",), Permission.USER_READ)
    (True, False)
    """
    if permission is Permission.SERVICE_DESCRIBE:
        return True
    needed = ACCEPTED.get(permission, (FULL,))
    return any(_grants(scope, one) for scope in scopes for one in needed)


def _grants(scope: str, needed: str) -> bool:
    granted, wanted = scope.split(":"), needed.split(":")
    if len(granted) != len(wanted) or not all(SCOPE.fullmatch(part) for part in granted):
        return False
    return all(part in ("*", want) for part, want in zip(granted, wanted, strict=True))
