"""The kinds of SIS CSV file: the columns that tell them, and how a line becomes a row.

Source: Canvas "SIS Import Format Documentation", accounts.csv, users.csv, admins.csv. Those about courses are in
`sis_courses`. Canvas has no file of roles; `roles.csv` is ours, with the names its API has: role, base_role_type,
account_id, status, and the permissions it switches on and off, separated by blanks.
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.domain.person import AccountRow, AdminRow, RoleRow, UserRow
from chalicelib.domain.role import ACCOUNT_ADMIN
from ops import sis_courses
from ops.sis_row import Kind, RowProblemError, needed, short, status

ADMIN_WORDS = {"", "admin", ACCOUNT_ADMIN.lower()}


def kind_of(header: set[str]) -> Kind | None:
    """The kind of file that has those columns, in lower case; None: none that can be imported."""
    return next((kind for kind in KINDS if kind.needed <= header), None)


def _account(row: Mapping[str, str]) -> AccountRow:
    return AccountRow(
        sis_id=needed(row, "account_id"),
        parent_sis_id=row.get("parent_account_id", ""),
        name=needed(row, "name"),
        status=status(row, "active", "deleted"),
        integration_id=row.get("integration_id"),
    )


def _user(row: Mapping[str, str]) -> UserRow:
    return UserRow(
        sis_id=needed(row, "user_id"),
        login_id=needed(row, "login_id"),
        first_name=row.get("first_name"),
        last_name=row.get("last_name"),
        full_name=row.get("full_name"),
        sortable_name=row.get("sortable_name"),
        short_name=row.get("short_name"),
        email=row.get("email"),
        pronouns=row.get("pronouns"),
        integration_id=row.get("integration_id"),
        status=status(row, "active", "suspended", "deleted"),
    )


def _admin(row: Mapping[str, str]) -> AdminRow:
    role, role_id = row.get("role", ""), sis_courses.whole(row, "role_id")
    if row.get("root_account"):
        raise RowProblemError("root_account is not supported: import into that root account with --root")
    return AdminRow(
        user_sis_id=needed(row, "user_id"),
        account_sis_id=row.get("account_id", ""),
        role=ACCOUNT_ADMIN if role.lower() in ADMIN_WORDS else role,
        role_id=role_id or 0 if not role else 0,
        status=status(row, "active", "deleted"),
    )


def _role(row: Mapping[str, str]) -> RoleRow:
    return RoleRow(
        name=needed(row, "role"),
        base=needed(row, "base_role_type"),
        account_sis_id=row.get("account_id", ""),
        on=tuple(row.get("on", "").split()),
        off=tuple(row.get("off", "").split()),
        status=status(row, "active", "deleted"),
    )


KINDS = (
    Kind(
        "accounts",
        frozenset({"account_id", "parent_account_id", "name", "status"}),
        frozenset({"integration_id"}),
        short(_account),
    ),
    Kind(
        "roles",
        frozenset({"role", "base_role_type", "account_id", "status"}),
        frozenset({"on", "off"}),
        short(_role),
    ),
    Kind(
        "users",
        frozenset({"user_id", "login_id", "status"}),
        frozenset(
            {
                "first_name",
                "last_name",
                "full_name",
                "sortable_name",
                "short_name",
                "email",
                "pronouns",
                "integration_id",
            }
        ),
        short(_user),
    ),
    sis_courses.TERMS,
    sis_courses.COURSES,
    sis_courses.SECTIONS,
    sis_courses.XLISTS,
    sis_courses.ENROLLMENTS,
    Kind(
        "admins",
        frozenset({"user_id", "account_id", "status"}),
        frozenset({"role", "role_id", "root_account"}),
        short(_admin),
    ),
)
"""In the order in which they are loaded: each may refer to rows of those before."""
