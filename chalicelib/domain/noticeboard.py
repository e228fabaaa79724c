"""What can be done with account notifications, and the word to the world when one starts (canvas-a 4.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.course import Enrollment
from chalicelib.domain.errors import ConflictError, DeniedError, NotFoundError
from chalicelib.domain.notification import (
    PAST_MONTHS,
    Notification,
    NotificationDraft,
    Reader,
    Shown,
    months_before,
    shown,
)
from chalicelib.domain.person import Account
from chalicelib.domain.portfolio import TRIES
from chalicelib.domain.ports import Clock, Ids
from chalicelib.domain.ports_people import PeopleStore
from chalicelib.domain.role import Right

GONE = "There is no such notification."


class Board(Struct, frozen=True, kw_only=True):
    """What one batched read tells: who calls, what they closed, and the notice that was asked for."""

    standing: Standing
    closed: frozenset[int] = frozenset()
    notice: Notification | None = None


class NotificationStore(Protocol):
    """Where notices are. Reads are strongly consistent."""

    def board(self, actor: Actor, *, notice_id: int = 0, accounts: Sequence[int] = ()) -> Board:
        """Who calls, with accounts, what they closed, and a notice by id, deleted or not: one call."""

    def listed(self, root_account_id: int, since: datetime | None = None) -> list[Notification]:
        """The root's notices that are not deleted and end at `since` or later: those that end last, so many."""

    def save(self, after: Notification, before: Notification | None = None, *, announce: bool | None = None) -> None:
        """Write a notice; `announce` True: tell when it starts; False: do not; None: as it was.

        Raises
        ------
        ConflictError
            The id is taken, or it has changed.
        """

    def close(self, user_id: int, notice_id: int) -> None:
        """Add a notice to those a user has closed."""

    def forget(self, user_id: int, notice_ids: Sequence[int]) -> None:
        """Take notices out of those a user has closed."""

    def due(self, now: datetime) -> Sequence[tuple[int, int]]:
        """Ids of notices whose start should be told, with the second they were due at."""

    def notices(self, notice_ids: Sequence[int]) -> dict[int, Notification]:
        """Notices by id, deleted or not."""

    def told(self, notice_id: int, due_at: int, *, again: datetime | None = None) -> None:
        """Drop the mark that was due then, or make it due `again` later."""


class CourseLife(Protocol):
    """What courses tell of a person."""

    def enrollments(self, user_id: int) -> Sequence[Enrollment]:
        """The person's enrollments."""


class NotificationService(Struct, frozen=True):
    """Notices. `sanitise` makes stored HTML safe; `publish` tells an event."""

    notices: NotificationStore
    people: PeopleStore
    courses: CourseLife
    clock: Clock
    ids: Ids
    sanitise: Callable[[str], str]
    publish: Callable[[dict[str, object]], None]

    def index(self, actor: Actor, *, past: bool = False) -> list[Shown]:
        """What the caller sees now, or with `past` what they could see in four months, closed ones too.

        The normal list forgets closed notices that are no longer there to be seen.
        """
        reader = self._reader(actor, self.notices.board(actor))
        return self._visible(reader, past=past)

    def index_all(self, actor: Actor, account_id: int) -> list[Shown]:
        """Every notice of the account and those above it, newest start first. Raises NotFoundError, DeniedError."""
        board = self.notices.board(actor, accounts=[account_id])
        account = self._managed(board.standing, actor, account_id)
        found = [
            one
            for one in self.notices.listed(actor.root_account_id)
            if account.path.startswith(one.account_path) and one.deleted_at is None
        ]
        authors = self.people.users(list({one.author_id for one in found}))
        return [
            shown(
                one,
                board.standing.roles,
                closed=one.id in board.closed,
                author=authors[one.author_id].name if one.author_id in authors else "",
            )
            for one in sorted(found, key=lambda one: (one.start_at, one.id), reverse=True)
        ]

    def show(self, actor: Actor, notice_id: int) -> Shown:
        """One of the caller's visible list. Raises NotFoundError for an unknown id, DeniedError for any other."""
        board = self.notices.board(actor, notice_id=notice_id)
        notice = self._known(board, actor)
        reader = self._reader(actor, board)
        if notice.id in board.closed or not _now(notice, reader.now) or not reader.sees(notice):
            raise DeniedError("The notification is not for the caller, or not now.")
        return shown(notice, board.standing.roles)

    def close(self, actor: Actor, notice_id: int) -> Shown:
        """Close a notice for the caller, whether they see it or not. Raises NotFoundError."""
        board = self.notices.board(actor, notice_id=notice_id)
        notice = self._known(board, actor)
        self.notices.close(actor.user_id, notice.id)
        return shown(notice, board.standing.roles, closed=True)

    def remove(self, actor: Actor, notice_id: int) -> Shown:
        """Delete a notice for everyone. Raises NotFoundError, DeniedError."""
        for _ in range(TRIES):
            board = self.notices.board(actor, notice_id=notice_id)
            before, standing, now = self._known(board, actor), board.standing, self.clock.now()
            if not standing.holds_at(Right.MANAGE_ALERTS, before.account_path):
                raise DeniedError("Not permitted: manage_alerts.")
            if before.deleted_at is not None:
                raise NotFoundError(GONE)
            after = replace(before, deleted_at=now, updated_at=now, version=before.version + 1)
            try:
                self.notices.save(after, before, announce=False)
            except ConflictError:
                continue
            return shown(after, standing.roles, closed=after.id in board.closed)
        raise ConflictError("The notification is being changed by others; try again.")

    def create(self, actor: Actor, account_id: int, draft: Callable[[], NotificationDraft]) -> Shown:
        """A new notice of the account.

        Parameters
        ----------
        draft
            Reads what is said of it, once the caller's right is known.

        Raises
        ------
        NotFoundError, DeniedError, InvalidError
            No such account; no right over it; with every bad field.
        """
        board = self.notices.board(actor, accounts=[account_id])
        account, now = self._managed(board.standing, actor, account_id), self.clock.now()
        said = draft().zoned(_zone(board.standing)).missing()
        for _ in range(TRIES):
            blank = Notification(
                id=self.ids.new(),
                root_account_id=account.root_id,
                account_id=account.id,
                account_path=account.path,
                subject="",
                message="",
                start_at=now,
                end_at=now,
                created_at=now,
                updated_at=now,
                author_id=actor.user_id,
            )
            made = self._clean(said.over(blank, board.standing.roles), blank)
            try:
                self.notices.save(made, announce=made.send_message or None)
            except ConflictError:
                continue
            return shown(made, board.standing.roles)
        raise ConflictError("No free notification id was found; try again.")

    def update(self, actor: Actor, account_id: int, notice_id: int, draft: Callable[[], NotificationDraft]) -> Shown:
        """The notice after the change: what is not said stays, except the roles, which become those said.

        Raises
        ------
        NotFoundError, DeniedError, InvalidError
            No such account, or no such notice of that very account; no right over it; with every bad field.
        """
        said: NotificationDraft | None = None
        for _ in range(TRIES):
            board = self.notices.board(actor, notice_id=notice_id, accounts=[account_id])
            self._managed(board.standing, actor, account_id)
            before, now = self._known(board, actor), self.clock.now()
            if before.account_id != account_id or before.deleted_at is not None:
                raise NotFoundError(GONE)
            said = said or draft().zoned(_zone(board.standing))
            after = self._clean(said.over(before, board.standing.roles), before)
            after = replace(after, updated_at=now, version=before.version + 1)
            try:
                self.notices.save(after, before, announce=_announce(said, before, after, now))
            except ConflictError:
                continue
            return shown(after, board.standing.roles, closed=after.id in board.closed)
        raise ConflictError("The notification is being changed by others; try again.")

    def announce(self) -> int:
        """Tell of the notices that have started and asked for it; how many marks were due."""
        now = self.clock.now()
        due = self.notices.due(now)
        found = self.notices.notices([notice_id for notice_id, _ in due])
        for notice_id, due_at in due:
            notice = found.get(notice_id)
            wanted = notice is not None and notice.send_message and notice.deleted_at is None and notice.end_at >= now
            if notice is None or not wanted or notice.start_at > now:
                self.notices.told(notice_id, due_at, again=notice.start_at if notice is not None and wanted else None)
                continue
            self.publish(
                {
                    "event": "account_notification_started",
                    "notification_id": notice.id,
                    "account_id": notice.account_id,
                    "root_account_id": notice.root_account_id,
                    "role_ids": [one or None for one in notice.role_ids],
                    "subject": notice.subject,
                    "start_at": notice.start_at.isoformat(),
                    "end_at": notice.end_at.isoformat(),
                    "at": now.isoformat(),
                }
            )
            self.notices.told(notice_id, due_at)
        return len(due)

    def _visible(self, reader: Reader, *, past: bool) -> list[Shown]:
        now, roles = reader.now, reader.standing.roles
        since = months_before(now, PAST_MONTHS) if past else now
        started = [one for one in self.notices.listed(self._root(reader), since) if one.start_at <= now]
        seen = [one for one in started if reader.sees(one)]
        if not past:
            stale = reader.closed.difference(one.id for one in seen)
            if stale and reader.standing.user is not None:
                self.notices.forget(reader.standing.user.id, sorted(stale))
            seen = [one for one in seen if one.id not in reader.closed]
        ordered = sorted(seen, key=lambda one: (one.end_at, one.id), reverse=True)
        return [shown(one, roles, closed=one.id in reader.closed) for one in ordered]

    def _root(self, reader: Reader) -> int:
        return reader.standing.roles.root_account_id

    def _reader(self, actor: Actor, board: Board) -> Reader:
        enrollments = self.courses.enrollments(actor.user_id)
        return Reader(standing=board.standing, enrollments=enrollments, closed=board.closed, now=self.clock.now())

    def _known(self, board: Board, actor: Actor) -> Notification:
        if board.notice is None or board.notice.root_account_id != actor.root_account_id:
            raise NotFoundError(GONE)
        return board.notice

    def _managed(self, standing: Standing, actor: Actor, account_id: int) -> Account:
        account = standing.accounts.get(account_id)
        if account is None or account.root_id != actor.root_account_id or account.workflow_state == "deleted":
            raise NotFoundError("There is no such account.")
        if not standing.holds(Right.MANAGE_ALERTS, account):
            raise DeniedError("Not permitted: manage_alerts.")
        return account

    def _clean(self, after: Notification, before: Notification) -> Notification:
        if after.message == before.message:
            return after
        return replace(after, message=self.sanitise(after.message))


def _zone(standing: Standing) -> str:
    return standing.root.default_time_zone if standing.root is not None else ""


def _now(notice: Notification, now: datetime) -> bool:
    return notice.deleted_at is None and notice.start_at <= now <= notice.end_at


def _announce(said: NotificationDraft, before: Notification, after: Notification, now: datetime) -> bool | None:
    """Whether the start is to be told: asked for now, or asked for before and the start has moved."""
    if said.send_message is True:
        return True
    if not after.send_message:
        return False
    return True if before.start_at > now and after.start_at != before.start_at else None
