"""Roles, what they grant, and the overrides of accounts (canvas-b 1 and 2, canvas-a 1.6).

A root account has one `RoleBook`: its roles and every override in its tree. It is one item, read in the same call as
the people it is about, so that a right taken away is gone with the next request.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

ACCOUNT_ADMIN = "AccountAdmin"
ACCOUNT_MEMBERSHIP = "AccountMembership"
"""Base of a custom role on accounts: everything is off until it is switched on."""
COURSE_BASES = ("StudentEnrollment", "TeacherEnrollment", "TaEnrollment", "DesignerEnrollment", "ObserverEnrollment")
LEARNER = "Learner"
"""The role everybody has on each account they are associated with; nobody is given it (brightspace 1.5)."""
BASES = (ACCOUNT_ADMIN, ACCOUNT_MEMBERSHIP, *COURSE_BASES)
ACTIVE = "active"


class Right(StrEnum):
    """What a role may grant; Canvas calls these permissions, which here are what routes need."""

    ACCESS = "access"
    """ePortfolio is switched on, as Brightspace has it (brightspace 1.5)."""
    BECOME_USER = "become_user"
    CREATE_ACCESS_TOKENS = "create_access_tokens"
    DELETE_ACCESS_TOKENS = "delete_access_tokens"
    EXPORT = "export"
    IMPORT = "import"
    IMPORT_FOR_OTHERS = "import_for_others"
    ISSUE_ACCREDITATIONS = "issue_accreditations"
    MANAGE_ACCOUNT_CALENDAR_EVENTS = "manage_account_calendar_events"
    MANAGE_ACCOUNT_CALENDAR_VISIBILITY = "manage_account_calendar_visibility"
    MANAGE_ACCOUNT_MEMBERSHIPS = "manage_account_memberships"
    MANAGE_ACCOUNT_SETTINGS = "manage_account_settings"
    MANAGE_ALERTS = "manage_alerts"
    MANAGE_COURSES_ADD = "manage_courses_add"
    MANAGE_COURSES_ADMIN = "manage_courses_admin"
    MANAGE_SIS = "manage_sis"
    MANAGE_SITE_SETTINGS = "manage_site_settings"
    MANAGE_STORAGE_QUOTAS = "manage_storage_quotas"
    MODERATE_USER_CONTENT = "moderate_user_content"
    READ_COURSE_LIST = "read_course_list"
    READ_REPORTS = "read_reports"
    READ_ROSTER = "read_roster"
    READ_SIS = "read_sis"
    REVIEW_VERIFICATIONS = "review_verifications"
    VIEW_USER_GENERATED_ACCESS_TOKENS = "view_user_generated_access_tokens"
    VIEW_USER_LOGINS = "view_user_logins"


OFF_FOR_ADMINS = frozenset({Right.MANAGE_SITE_SETTINGS})
ROOT_ONLY = frozenset({Right.BECOME_USER, Right.MANAGE_SIS, Right.MANAGE_SITE_SETTINGS})
"""Rights that count only for somebody whose role is on the root account."""
DEFAULTS: Mapping[str, frozenset[Right]] = {
    ACCOUNT_ADMIN: frozenset(Right) - OFF_FOR_ADMINS,
    LEARNER: frozenset({Right.ACCESS, Right.EXPORT, Right.IMPORT}),
    "TeacherEnrollment": frozenset({Right.READ_SIS, Right.READ_ROSTER}),
}
"""Rights that are on for a base before any override; a base not named has none."""


class Role(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A role of an account's tree; `name` is unique within the root account."""

    id: int
    name: str
    base: str
    account_id: int = 0
    """The account it was made in; 0: built in, everywhere."""
    account_path: str = "/"
    workflow_state: str = ACTIVE


class RoleOverride(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A right switched on or off for a role, from an account down; `locked`: deeper overrides do not count."""

    role_id: int
    right: Right
    account_path: str
    enabled: bool
    locked: bool = False
    applies_to_self: bool = True
    applies_to_descendants: bool = True


BUILT_IN = tuple(
    Role(id=number, name=base, base=base) for number, base in enumerate((ACCOUNT_ADMIN, *COURSE_BASES, LEARNER), 1)
)
"""Roles every root account has; their ids are the same everywhere."""


class RoleBook(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The custom roles of a root account, and the overrides in its tree. `version` 0: not stored yet."""

    root_account_id: int
    roles: tuple[Role, ...] = ()
    overrides: tuple[RoleOverride, ...] = ()
    version: int = 0

    def named(self, name: str) -> Role | None:
        """The active role of that name, built in or custom."""
        return next((role for role in (*BUILT_IN, *self.roles) if role.name == name and _active(role)), None)

    def role(self, role_id: int) -> Role | None:
        """The active role of that id, built in or custom."""
        return next((role for role in (*BUILT_IN, *self.roles) if role.id == role_id and _active(role)), None)

    def grants(self, role_name: str, right: Right, account_path: str) -> bool:
        """Whether the role grants the right in the account of that path (canvas-b 2).

        The base's default, then the overrides from the root down to the account; a locked one ends it.
        """
        role = self.named(role_name)
        if role is None or not account_path.startswith(role.account_path):
            return False
        granted = right in DEFAULTS.get(role.base, ())
        for override in self._chain(role, right, account_path):
            here = override.account_path == account_path
            if override.applies_to_self if here else override.applies_to_descendants:
                granted = override.enabled
            if override.locked:
                break
        return granted

    def _chain(self, role: Role, right: Right, account_path: str) -> list[RoleOverride]:
        found = [
            one
            for one in self.overrides
            if one.role_id == role.id and one.right is right and account_path.startswith(one.account_path)
        ]
        return sorted(found, key=lambda one: len(one.account_path))


def _active(role: Role) -> bool:
    return role.workflow_state == ACTIVE
