"""Account notifications: notices of an account to the people below it, for a time (canvas-a 4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict, replace

from chalicelib.domain import timezone
from chalicelib.domain.access import Standing
from chalicelib.domain.course import DELETED, STUDENT_VIEW, Enrollment
from chalicelib.domain.errors import FieldsError, InvalidError
from chalicelib.domain.person import AdminRole
from chalicelib.domain.role import RoleBook
from chalicelib.domain.setting import SERVICE

NIL = 0
"""In `role_ids`: people without a current enrollment, Canvas's `NilEnrollment`."""
NIL_NAME = "NilEnrollment"
DEFAULT_ICON = "warning"
SURVEY = "account_survey_notifications"
"""The one service a notice may ask for; the setting `service.` and this name switches it on."""
SURVEY_FOR_STUDENTS = "include_students_in_global_survey"
"""The account setting by which students see survey notices too."""
SUBJECT_LIMIT, ICON_LIMIT = 255, 255
MESSAGE_LIMIT_BYTES = 64 * 1024
CYCLE_LIMIT = 48
ID_DIGITS = 18
PAST_MONTHS = 4
CURRENT = ("active", "invited", "creation_pending")
"""States of an enrollment that is active, or will be by its dates (canvas-a 4.2)."""


class Notification(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A notice. `role_ids` empty: for everyone; it may hold `NIL`."""

    id: int
    root_account_id: int
    account_id: int
    account_path: str
    subject: str
    message: str
    start_at: datetime
    end_at: datetime
    created_at: datetime
    updated_at: datetime
    author_id: int
    icon: str = DEFAULT_ICON
    role_ids: tuple[int, ...] = ()
    send_message: bool = False
    domain_specific: bool = False
    required_account_service: str = ""
    months_in_display_cycle: int | None = None
    deleted_at: datetime | None = None
    version: int = 1


class NotificationDraft(Struct, frozen=True, kw_only=True):
    """What a caller says of a notice. UNSET: not said; None: said, and empty or not to be understood.

    `roles` are ids or names; a name or id that no role has is dropped. A time without a zone is the institution's.
    """

    subject: str | UnsetType | None = UNSET
    message: str | UnsetType | None = UNSET
    start_at: datetime | UnsetType | None = UNSET
    end_at: datetime | UnsetType | None = UNSET
    icon: str | UnsetType | None = UNSET
    send_message: bool | UnsetType = UNSET
    domain_specific: bool | UnsetType = UNSET
    required_account_service: str | UnsetType | None = UNSET
    months_in_display_cycle: int | UnsetType | None = UNSET
    roles: tuple[int | str | None, ...] = ()

    def over(self, before: Notification, book: RoleBook) -> Notification:
        """The notice with what is said in it, roles always (canvas-a 4.3). Raises FieldsError with every bad field."""
        said = {name: value for name, value in asdict(self).items() if name != "roles" and value is not UNSET}
        problems = [one for name, value in said.items() if (one := _problem(name, value)) is not None]
        said["icon"] = said.get("icon", before.icon) or DEFAULT_ICON
        said["required_account_service"] = said.get("required_account_service", before.required_account_service) or ""
        after = replace(before, **said, role_ids=_role_ids(self.roles, book))
        dated = {one.field for one in problems}.isdisjoint({"start_at", "end_at"})
        if dated and after.end_at < after.start_at:
            problems.append(InvalidError("end_at must not be before start_at.", field="end_at"))
        if problems:
            raise FieldsError(problems)
        return after

    def zoned(self, zone: str) -> NotificationDraft:
        """The draft with its times in UTC, those without a zone taken in that one."""
        said = {name: getattr(self, name) for name in ("start_at", "end_at")}
        return replace(
            self, **{name: timezone.in_utc(at, zone) for name, at in said.items() if isinstance(at, datetime)}
        )

    def missing(self) -> NotificationDraft:
        """The draft of a new notice: what must be there and was not said counts as empty."""
        needed = {name: None for name in ("subject", "message", "start_at", "end_at") if getattr(self, name) is UNSET}
        return replace(self, **needed)


class Reader(Struct, frozen=True, kw_only=True):
    """Whom notices are shown to, with all that decides which (canvas-a 4.2)."""

    standing: Standing
    enrollments: Sequence[Enrollment]
    closed: frozenset[int]
    now: datetime

    @property
    def current(self) -> list[Enrollment]:
        """The enrollments that are active or pending by date; completed ones do not count."""
        return [one for one in self.enrollments if _current(one, self.now)]

    def sees(self, notice: Notification) -> bool:
        """Whether it is for this person, closed or not: account, service, role, cycle."""
        return self._addressed(notice) and self._has_role(notice) and self._in_turn(notice) and self._surveyed(notice)

    def _addressed(self, notice: Notification) -> bool:
        standing = self.standing
        if notice.deleted_at is not None or standing.root is None or notice.root_account_id != standing.root.id:
            return False
        paths = [standing.root.path, *(one.account_path for one in self.current)]
        paths += [role.account_path for role in self._admin_roles()]
        return any(path.startswith(notice.account_path) for path in paths)

    def _has_role(self, notice: Notification) -> bool:
        if not notice.role_ids:
            return True
        book, below = self.standing.roles, notice.account_path
        enrolled = [one.role for one in self.current if one.account_path.startswith(below)]
        names = [*enrolled, *(role.role for role in self._admin_roles() if role.account_path.startswith(below))]
        held = {role.id for name in names if (role := book.named(name)) is not None}
        if not enrolled:
            held.add(NIL)
        return not held.isdisjoint(notice.role_ids)

    def _in_turn(self, notice: Notification) -> bool:
        """One month of each cycle, by the user's id: the same one each time, and others for other people."""
        months, user = notice.months_in_display_cycle, self.standing.user
        if months is None or user is None:
            return True
        passed = 12 * (self.now.year - notice.start_at.year) + self.now.month - notice.start_at.month
        return (passed + user.id // 4096 + user.id) % months == 0

    def _surveyed(self, notice: Notification) -> bool:
        root = self.standing.root
        if not notice.required_account_service:
            return True
        if root is None or not root.on(SERVICE + notice.required_account_service):
            return False
        types = {one.type for one in self.current}
        student_only = types == {"StudentEnrollment"} and not self._admin_roles()
        return not student_only or root.on(SURVEY_FOR_STUDENTS)

    def _admin_roles(self) -> Sequence[AdminRole]:
        return self.standing.user.admin_of if self.standing.user is not None else ()


class Shown(Struct, frozen=True, kw_only=True):
    """A notice as somebody sees it: `roles` are names, in the order of its `role_ids`."""

    notice: Notification
    role_ids: tuple[int | None, ...] = ()
    roles: tuple[str, ...] = ()
    closed: bool = False
    author: str = ""


def shown(notice: Notification, book: RoleBook, *, closed: bool = False, author: str = "") -> Shown:
    """The notice with its roles by name; a role that was deleted since is left out."""
    ids: list[int | None] = []
    names: list[str] = []
    for role_id in notice.role_ids:
        role = book.role(role_id)
        if role_id == NIL:
            ids.append(None)
            names.append(NIL_NAME)
        elif role is not None:
            ids.append(role.id)
            names.append(role.name)
    return Shown(notice=notice, role_ids=tuple(ids), roles=tuple(names), closed=closed, author=author)


def months_before(moment: datetime, months: int) -> datetime:
    """Midnight UTC of the day so many months earlier; the last day of a shorter month.

    >>> from datetime import UTC
    >>> months_before(datetime(2026, 6, 30, 12, tzinfo=UTC), 4).isoformat()
    '2026-02-28T00:00:00+00:00'
    """
    count = 12 * moment.year + moment.month - 1 - months
    first = moment.replace(year=count // 12, month=count % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
    following = first.replace(year=(count + 1) // 12, month=(count + 1) % 12 + 1)
    return first.replace(day=min(moment.day, (following - first).days))


def _current(one: Enrollment, now: datetime) -> bool:
    if one.type == STUDENT_VIEW or one.workflow_state not in CURRENT or one.course_state in (DELETED, "completed"):
        return False
    return one.end_at is None or one.end_at >= now


def _role_ids(said: Sequence[int | str | None], book: RoleBook) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for one in said:
        if one is None or one == NIL_NAME:
            found[NIL] = None
            continue
        role = book.role(one) if isinstance(one, int) else book.named(one)
        if role is None and isinstance(one, str) and one.isascii() and one.isdigit() and len(one) <= ID_DIGITS:
            role = book.role(int(one))
        if role is not None:
            found[role.id] = None
    return tuple(found)


def _problem(name: str, value: object) -> InvalidError | None:
    if name in ("subject", "message") and not (isinstance(value, str) and value.strip()):
        return InvalidError(f"{name} must not be blank.", field=name, code="blank")
    if name in ("start_at", "end_at") and value is None:
        return InvalidError(f"{name} must be a date and time.", field=name, code="blank")
    limit = {"subject": SUBJECT_LIMIT, "icon": ICON_LIMIT}.get(name)
    if limit is not None and isinstance(value, str) and len(value) > limit:
        return InvalidError(f"{name} must have at most {limit} characters.", field=name, code="too_long")
    if name == "message" and len(str(value).encode("utf-8", "replace")) > MESSAGE_LIMIT_BYTES:
        return InvalidError(f"message must have at most {MESSAGE_LIMIT_BYTES} bytes.", field=name, code="too_long")
    if name == "required_account_service" and value not in (None, "", SURVEY):
        return InvalidError(f"required_account_service must be {SURVEY}.", field=name, code="inclusion")
    if name == "months_in_display_cycle" and isinstance(value, int) and not 1 <= value <= CYCLE_LIMIT:
        return InvalidError(f"{name} must be a number from 1 to {CYCLE_LIMIT}.", field=name, code="inclusion")
    return None
