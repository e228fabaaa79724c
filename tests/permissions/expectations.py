"""What each kind of caller may do with each route: the permission matrix, stated.

A route gets the row of its dialect and permission, unless it has one of its own. **A new route** whose permission has a
row needs nothing; otherwise add a row here, and write docs/permissions.md with `python -m tests.permissions`.
A row is read off what the contract allows, not off what the service answers.
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.dialects.route import Route
from chalicelib.domain.access import Permission
from tests.permissions.callers import Caller

YES = 200
"""Stands for every answer below 400."""
Row = Mapping[Caller, int]

PEOPLE = {
    "other": Caller.OTHER,
    "owner": Caller.OWNER,
    "weak": Caller.WEAK_ADMIN,
    "elsewhere": Caller.ADMIN_ELSEWHERE,
    "admin": Caller.ADMIN,
    "masquerader": Caller.MASQUERADER,
    "nobody": Caller.NOBODY,
    "scope": Caller.SCOPE,
}


def row(everybody: int, **cells: int) -> Row:
    """A row: 401 for whoever proves nothing, `everybody` for the rest, but for the named cells."""
    found = {caller: 401 if caller.proves_nothing else everybody for caller in Caller}
    return found | {PEOPLE[name]: status for name, status in cells.items()}


SIGNED_IN = row(YES)
OPEN = row(YES, nobody=YES)
"""Canvas: open to nobody signed in, who sees what is public."""
ONES_OWN = row(403, owner=YES, masquerader=YES)
"""Canvas: the owner's, and nobody's else."""
MODERATED = row(403, admin=YES)
"""Canvas: a right over the owner, who does not count as one."""
OURS = row(403, owner=YES, admin=YES, masquerader=YES)
"""Canvas: the owner's, and a holder's of a right over them."""
HIDDEN = row(404, owner=YES, admin=YES, masquerader=YES)
"""Canvas: the same, where others are not told that there is such a thing."""
ONES_OWN_D2L = row(403, owner=YES, nobody=403, scope=403)
"""Brightspace: the owner's. Nobody signed in, and a scope that is too small, are refused with 403 there."""
FOR_ONESELF_D2L = row(YES, nobody=403, scope=403)
"""Brightspace: what is the caller's own by its nature."""

CANVAS: Mapping[Permission, Row] = {
    Permission.ACCOUNT_LIST: OPEN,
    Permission.ACCOUNT_READ: row(403, weak=YES, admin=YES),
    Permission.CALENDAR_LIST: SIGNED_IN,
    Permission.CALENDAR_MANAGE: MODERATED,
    # One that is not visible.
    Permission.CALENDAR_READ: MODERATED,
    Permission.COURSE_LIST: MODERATED,
    Permission.EPORTFOLIO_AUTHOR: ONES_OWN,
    Permission.EPORTFOLIO_DELETE: OURS,
    Permission.EPORTFOLIO_LIST: OURS,
    Permission.EPORTFOLIO_MODERATE: MODERATED,
    # A public one is read by everybody who is signed in: the objects of the matrix are public.
    Permission.EPORTFOLIO_READ: SIGNED_IN,
    Permission.NOTIFICATION_MANAGE: MODERATED,
    Permission.NOTIFICATION_READ: SIGNED_IN,
    Permission.REPORT_READ: MODERATED,
    Permission.REPORT_RUN: MODERATED,
    Permission.SERVICE_DESCRIBE: OPEN,
    Permission.TOKEN_ACTIVATE: row(403, owner=YES),
    Permission.TOKEN_CREATE: OURS,
    Permission.TOKEN_DELETE: HIDDEN,
    Permission.TOKEN_READ: OURS,
    Permission.USER_READ: HIDDEN,
}
BRIGHTSPACE: Mapping[Permission, Row] = {
    Permission.JOB_READ: ONES_OWN_D2L,
    Permission.OBJECT_AUTHOR: ONES_OWN_D2L,
    Permission.OBJECT_READ: ONES_OWN_D2L,
    Permission.PACKAGE_EXPORT: ONES_OWN_D2L,
    Permission.PACKAGE_IMPORT: FOR_ONESELF_D2L,
    Permission.SERVICE_DESCRIBE: row(YES, nobody=YES, scope=YES),
    Permission.USER_READ: FOR_ONESELF_D2L,
}
ACCREDITLY: Mapping[Permission, Row] = {
    Permission.ACCREDITATION_ISSUE: row(401),  # somebody else issued the owner's
    Permission.ACCREDITATION_READ: SIGNED_IN,
    Permission.EPORTFOLIO_AUTHOR: row(401, owner=YES),
    Permission.EPORTFOLIO_LIST: SIGNED_IN,
    # Without a share key: who may not see a portfolio is not told that there is one.
    Permission.EPORTFOLIO_READ: row(404, owner=YES),
    Permission.VERIFICATION_REQUEST: SIGNED_IN,
    # Over the owner, who is of the root account; `as_user_id` means nothing here.
    Permission.VERIFICATION_REVIEW: row(401, admin=YES, masquerader=YES),
}
BY_PERMISSION = {"canvas": CANVAS, "brightspace": BRIGHTSPACE, "accreditly": ACCREDITLY}
"""Rows by dialect and permission."""

V1 = "/api/v1"
NOTICES = f"{V1}/accounts/{{account_id}}/users/{{user_id}}/account_notifications"
EP = "/d2l/api/{component}/{version}"
NOT_THE_CALLER = row(404, owner=YES, masquerader=YES)
BY_ROUTE: Mapping[str, Row] = {
    f"GET {V1}/accounts": SIGNED_IN,
    f"GET {V1}/manually_created_courses_account": SIGNED_IN,
    f"GET {V1}/accounts/{{account_id}}/help_links": SIGNED_IN,
    # A role on the account is enough to see it; settings need a right.
    f"GET {V1}/accounts/{{account_id}}/settings": MODERATED,
    # Somebody else's token is hidden from who may not change it.
    "PUT /api/v1/users/{user_id}/tokens/{id}": HIDDEN,
    f"GET {NOTICES}": NOT_THE_CALLER,
    f"GET {NOTICES}/{{id}}": NOT_THE_CALLER,
    f"DELETE {NOTICES}/{{id}}": NOT_THE_CALLER,
    # What is made, listed or exported here is the caller's own, whoever calls.
    **dict.fromkeys(
        (
            f"POST {EP}/artifacts/link/new",
            f"POST {EP}/artifacts/file/upload",
            f"POST {EP}/collections/new",
            f"POST {EP}/presentations/new",
            f"POST {EP}/reflections/new",
            f"POST {EP}/export/new/all",
            f"GET {EP}/objects/my",
        ),
        FOR_ONESELF_D2L,
    ),
    "POST /profile/portfolio": SIGNED_IN,
    "POST /accreditation": SIGNED_IN,
    "GET /accreditation/{id}": row(404, owner=YES),
    # The pictures sent in are the owner's: nobody else can name them.
    "POST /profile/verify": row(400, owner=YES),
    # A reviewer of any account sees the queue of that account, which may be empty.
    "GET /profile/verify/queue": row(401, elsewhere=YES, admin=YES, masquerader=YES),
}
"""Rows of routes that differ from what their permission has."""


def expected(route: Route) -> Row | None:
    """The row of a route; None when there is none yet."""
    return BY_ROUTE.get(f"{route.method} {route.path}") or BY_PERMISSION[route.dialect].get(route.permission)
