"""Who calls: a token in the header or as a parameter, its scopes, its bucket, and acting as another user.

Source
------
canvas-a 1.2, 1.3, 1.5.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from chalicelib.dialects.call import Call, bearer
from chalicelib.dialects.canvas import params
from chalicelib.dialects.route import Route
from chalicelib.domain.access import Actor, may_act_as
from chalicelib.domain.bucket import UNIT
from chalicelib.domain.course import DELETED, STUDENT_VIEW
from chalicelib.domain.errors import InvalidError, NotFoundError
from chalicelib.domain.filelink import holder
from chalicelib.domain.person import User
from chalicelib.domain.token import AnonymousError, AuthenticationError
from chalicelib.wiring import Services

LEASE = "lease"
"""Where a call keeps what it holds in its token's bucket."""
REFERENCE_LIMIT = 512
"""Characters of a user reference."""


class ScopeError(AuthenticationError):
    """The token is limited to scopes, and the route's is not among them."""


class MasqueradeError(AuthenticationError):
    """`as_user_id` names nobody, or somebody the caller may not act as."""


class ThrottledError(AuthenticationError):
    """The token's bucket is full."""


def authenticate(call: Call) -> None:
    """Set the call's actor.

    Raises
    ------
    AuthenticationError
        Which one, and so which answer, is canvas-a 1.3.
    """
    secret = _secret(call)
    if not secret and _by_link(call):
        call.services.doorway.admit(replace(call.actor, user_id=call.actor.real_user_id or call.actor.user_id))
        return
    if not secret and call.route is not None and call.route.open:
        return
    if not secret:
        raise AnonymousError("user authorization required")
    services = call.services
    limit = services.settings.canvas_rate_limit
    try:
        known = services.tokens.authenticate(secret, 0, leaking=limit > 0)
    except AuthenticationError as error:
        call.memo[LEASE] = error.lease
        raise
    call.memo[LEASE] = known.lease
    if known.lease is not None and known.lease.level >= limit * UNIT:
        raise ThrottledError("The token's bucket is full.")
    services.doorway.admit(known.actor, call.incoming.host_name)
    call.caller, route = known.actor, call.route
    if known.actor.scopes and route is not None and scope(route) not in known.actor.scopes:
        raise ScopeError("The token's scopes do not cover this route.")
    call.caller = _acting_as(call, known.actor)


def _by_link(call: Call) -> bool:
    """Whether the route takes links that carry their caller's right, and this is one (ADR 41)."""
    verifier, route = call.query("verifier"), call.route
    if not verifier or route is None or not route.options.get("signed"):
        return False
    account, file, now = call.value("account_id"), call.value("file_id"), call.services.clock.now()
    keys = call.services.token_keys
    found = (
        holder(key.encode(), verifier, account, file, now) for key in (keys.current, keys.next, keys.previous) if key
    )
    call.caller = next((one for one in found if one is not None), None)
    return call.caller is not None


def scope(route: Route) -> str:
    """Name of a route's scope, such as `url:GET|/api/v1/eportfolios/:id`."""
    return f"url:{route.method}|{route.vendor}"


def _secret(call: Call) -> str | None:
    """The token as sent: the header wins, then the query, then the body."""
    in_header = bearer(call.incoming, exact=True)
    if in_header is not None:
        return in_header
    in_query = call.query("access_token")
    if in_query is not None:
        return in_query
    try:
        in_body = params.of_body(call).get("access_token")
    except InvalidError:
        return None
    return in_body if isinstance(in_body, str) else None


def _acting_as(call: Call, actor: Actor) -> Actor:
    wanted = _wanted(call)
    if not wanted:
        return actor
    services = call.services
    try:
        user_id = services.directory.user_id(actor, _checked(wanted))
    except NotFoundError:
        raise MasqueradeError("There is no such user.") from None
    if user_id == actor.user_id:
        return actor
    standing = services.people.standing(actor, users=[user_id])
    target = standing.users.get(user_id)
    same_root = target is not None and target.root_account_id == actor.root_account_id
    if target is None or not same_root or not may_act_as(standing, target):
        raise MasqueradeError("Not a user whom the caller may act as.")
    call.real_user_id = actor.user_id
    test = target.student_view or _is_test_student(services, target)
    return replace(actor, user_id=user_id, real_user_id=actor.user_id, student_view=test)


def _wanted(call: Call) -> str:
    """Whom the caller would act as; empty: nobody else. Raises MasqueradeError where it is no name."""
    said: Any = None
    for read in (params.of_body, params.of_query):
        with suppress(InvalidError):  # what cannot be read is the route's to refuse
            said = read(call).get("as_user_id") if said is None else said
    if said is None:
        return ""
    if isinstance(said, bool) or not isinstance(said, str | int):
        raise MasqueradeError("There is no such user.")
    return str(said)


def _is_test_student(services: Services, user: User) -> bool:
    """Whether the user is in a course as its test student, which is no association with an account (canvas-b 1)."""
    if user.course_paths:
        return False
    seats = services.courses.enrollments(user.id)
    return any(seat.type == STUDENT_VIEW and seat.workflow_state != DELETED for seat in seats)


def _checked(reference: str) -> str:
    digits = reference.isascii() and reference.isdigit()
    if len(reference) > (19 if digits else REFERENCE_LIMIT):
        raise NotFoundError("There is no such user.")
    return reference


def user_reference(call: Call, name: str = "user_id") -> str:
    """A user reference in the path (canvas-a 1.5). Raises NotFoundError when it is longer than any."""
    return _checked(call.value(name))


def account_reference(call: Call) -> str:
    """The account reference in the path (canvas-b 0.2). Raises NotFoundError when it is longer than any."""
    return _checked(call.value("account_id"))


def root_id(call: Call) -> int:
    """Id of the root account that serves the host. Raises NotFoundError where there is none yet."""
    found = call.services.people.root_for_host(call.incoming.host_name)
    if found is None:
        raise NotFoundError("There is no root account yet.")
    return found


def account_id(call: Call, name: str = "account_id") -> int:
    """Id of the account a path names (canvas-a 1.5). Raises NotFoundError."""
    return call.services.directory.account_id(call.actor, _checked(call.value(name)))
