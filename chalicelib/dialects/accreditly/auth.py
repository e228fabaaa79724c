"""Who calls: a bearer token, and nothing else.

Source
------
accreditly 1.1.
"""

from __future__ import annotations

from chalicelib.dialects.call import Call, bearer
from chalicelib.domain.token import AnonymousError, TokenUnknownError

FREE = 0
"""Credits of a call; this dialect has no rate limit (accreditly names none)."""


def authenticate(call: Call) -> None:
    """Set the call's actor.

    A token that is limited to scopes is limited to other dialects, because this one has none, and counts as unknown.

    Raises
    ------
    AuthenticationError
        No token on a route that needs one, or one that proves nothing, on any route.
    """
    if "authorization" not in call.incoming.headers:
        if call.route is not None and call.route.open:
            return
        raise AnonymousError("Send a bearer token.")
    known = call.services.tokens.authenticate(bearer(call.incoming) or "", FREE)
    if known.actor.scopes:
        raise TokenUnknownError("The token is limited to other interfaces.")
    call.services.doorway.admit(known.actor)
    call.caller = known.actor
