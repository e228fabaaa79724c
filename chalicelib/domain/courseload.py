"""Courses as a student information system gives them, and what follows from a change of one.

A change of what memberships copy is marked on the course in the same write, then carried to its members some at a time;
a load that breaks off in between is taken up by the next one that meets the mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.awaited import Awaited
from chalicelib.domain.course import ASSOCIATIONS, COPIES, DELETED, Course, Membership
from chalicelib.domain.coursechange import CourseChange, MemberChange
from chalicelib.domain.courserow import CourseRow
from chalicelib.domain.errors import InvalidError, NotFoundError
from chalicelib.domain.loading import Spread, chunks, one_by_one, outcome
from chalicelib.domain.person import Account, RowOutcome
from chalicelib.domain.ports import Clock, Ids
from chalicelib.domain.ports_courses import CourseStore
from chalicelib.domain.ports_people import PeopleStore
from chalicelib.domain.retry import retried
from chalicelib.domain.term import TermBook
from chalicelib.domain.termload import TermLoad

CHUNK = 400
SCHEME = "sis_course_id"
DISSOCIATE = "dissociate"
UUID_DIGITS = 40
LENT = "its sections are cross-listed elsewhere; end that before moving the course to another account."


class Ground(Struct):
    """What the rows of a chunk refer to, read together."""

    root: Account
    terms: TermBook
    accounts: Mapping[str, Account]
    known: dict[str, Course]
    """Courses there are, by SIS id; each is used once, then read again."""
    import_id: int
    """Of this load; what it changes gets it."""
    awaited: Awaited


class CourseLoad(Struct, frozen=True):
    """Loads courses."""

    people: PeopleStore
    courses: CourseStore
    terms: TermLoad
    clock: Clock
    ids: Ids

    def upsert_courses(
        self, root: Account, rows: Iterable[CourseRow], *, spread: Spread = one_by_one
    ) -> Iterator[RowOutcome]:
        """Load courses of `root`; one outcome a row, in order.

        A row whose blueprint is not there yet is held: once all others are loaded, it has another outcome, in order.
        """
        import_id, awaited = self.ids.new(), Awaited()
        for chunk in chunks(rows, CHUNK):
            same: dict[str, list[CourseRow]] = {}
            for row in chunk:
                same.setdefault(row.sis_id, []).append(row)
            # Who follows a blueprint comes after it: it may be among the others.
            alone = [group for group in same.values() if not any(row.blueprint_sis_id for row in group)]
            followers = [group for group in same.values() if any(row.blueprint_sis_id for row in group)]
            work = partial(self._rows, self._ground(root, chunk, import_id, awaited))
            done = zip([*alone, *followers], [*spread(work, alone), *one_by_one(work, followers)], strict=True)
            told = {group[0].sis_id: iter(outcomes) for group, outcomes in done}
            yield from (awaited.told(row, next(told[row.sis_id])) for row in chunk)
        for sis_id, changed in awaited.rows:
            told_last = outcome(partial(self._associate, root, awaited, sis_id))
            yield told_last if told_last.error else RowOutcome(changed=changed or told_last.changed)

    def create_like(self, like: Course, sis_id: str) -> Course:
        """A new course with the name, account, term and state of another."""
        made = replace(
            self._new(like.root_account_id, sis_id),
            name=like.name,
            code=like.code,
            account_id=like.account_id,
            account_path=like.account_path,
            account_name=like.account_name,
            term_id=like.term_id,
            workflow_state=like.workflow_state,
            sis_import_id=self.ids.new(),
        )
        self._save(None, made)
        return replace(made, version=1)

    def catch_up(self, course: Course) -> None:
        """Carry what has changed in a course to its members; bounded steps, to be begun again at any time."""
        after = 0
        while users := self.courses.roll(course.id, after):
            retried(lambda ids=users: self._refresh(course.id, ids))  # type: ignore[misc]
            if course.behind == ASSOCIATIONS:
                self.settle(users)
            after = users[-1]
        retried(lambda: self._caught_up(course.id))

    def settle(self, user_ids: Sequence[int]) -> None:
        """Make the associations of users what their memberships say, where some may have ended."""
        for user_id, user in self.people.users(user_ids).items():
            wanted = associations(self.courses.memberships(user_id))
            if gone := user.course_paths - wanted:
                self.courses.leave(user_id, gone)
            if new := wanted - user.course_paths:
                self.courses.join(user_id, new)

    def _ground(self, root: Account, rows: Sequence[CourseRow], import_id: int, awaited: Awaited) -> Ground:
        named = sorted({row.account_sis_id for row in rows} - {""})
        ids = self.people.resolve_all(root.id, [("sis_account_id", name) for name in named])
        accounts = self.people.accounts(list(ids.values()))
        found = self.courses.resolve(root.id, SCHEME, {row.sis_id for row in rows})
        courses = self.courses.courses(found.values())
        return Ground(
            root=root,
            terms=self.terms.ready(root),
            accounts={"": root} | {name: accounts[one] for (_, name), one in ids.items() if one in accounts},
            known={name: courses[one] for name, one in found.items() if one in courses},
            import_id=import_id,
            awaited=awaited,
        )

    def _rows(self, ground: Ground, rows: Sequence[CourseRow]) -> list[RowOutcome]:
        """Rows about one course, one after the other."""
        return [outcome(partial(self._upsert, ground, row)) for row in rows]

    def _upsert(self, ground: Ground, row: CourseRow) -> bool:
        before = ground.known.pop(row.sis_id, None) or self._find(ground.root, row.sis_id)
        account = ground.accounts.get(row.account_sis_id)
        if account is None or account.workflow_state == DELETED:
            raise NotFoundError(f"There is no account {row.account_sis_id!r}.")
        term = ground.terms.by_sis_id(row.term_sis_id) if row.term_sis_id else ground.terms.default
        if term is None or term.workflow_state == DELETED:
            raise NotFoundError(f"There is no term {row.term_sis_id!r}.")
        blueprint = self._blueprint(ground, row)
        base = before or self._new(ground.root.id, row.sis_id)
        after = replace(
            base,
            name=row.name,
            code=row.code,
            account_id=account.id,
            account_path=account.path,
            account_name=account.name,
            term_id=term.id,
            workflow_state=_state(before, row.status),
            blueprint_id=blueprint.id if blueprint else 0 if row.blueprint_sis_id == DISSOCIATE else base.blueprint_id,
            **row.facts,
        )
        after = replace(after, deleted_at=self._deleted_at(base, after))
        if after != before:
            after = replace(after, sis_import_id=row.facts.get("sis_import_id", ground.import_id))
        changed = self._save(before, after)
        if row.blueprint_sis_id:
            ground.awaited.blueprints.pop(row.sis_id, None)
        if blueprint:
            self._make_blueprint(ground.root, blueprint)
        elif row.blueprint_sis_id not in ("", DISSOCIATE):
            ground.awaited.wait(row, row.facts.get("sis_import_id", ground.import_id))
        if before is not None and (behind := max(before.behind, _behind(before, after))):
            self.catch_up(replace(after, behind=behind))
        return changed

    def _save(self, before: Course | None, after: Course) -> bool:
        if after == before:
            return False
        if before is not None:
            if before.lent and before.account_path != after.account_path:
                raise InvalidError(f"{after.sis_id} cannot be moved: {LENT}")
            after = replace(after, behind=max(before.behind, _behind(before, after)))
        names = {} if before else {SCHEME: after.sis_id}
        version = before.version + 1 if before else 1
        self.courses.save(CourseChange(before=before, after=replace(after, version=version), names=names))
        return True

    def _deleted_at(self, base: Course, after: Course) -> datetime | None:
        if after.workflow_state != DELETED:
            return None
        return base.deleted_at or self.clock.now().replace(microsecond=0)

    def _new(self, root_id: int, sis_id: str) -> Course:
        """A course without name and place."""
        return Course(
            id=self.ids.new(),
            root_account_id=root_id,
            account_id=0,
            account_path="",
            account_name="",
            term_id=0,
            name="",
            code="",
            uuid=self.ids.hexadecimal(UUID_DIGITS),
            feed_secret=self.ids.hexadecimal(UUID_DIGITS),
            created_at=self.clock.now().replace(microsecond=0),
            sis_id=sis_id,
        )

    def _blueprint(self, ground: Ground, row: CourseRow) -> Course | None:
        """The blueprint a row names; None, too, where it is not there yet."""
        if row.blueprint_sis_id in ("", DISSOCIATE):
            return None
        if row.blueprint_sis_id == row.sis_id:
            raise InvalidError("A course cannot follow itself.")
        found = self._find(ground.root, row.blueprint_sis_id)
        if found is None and ground.awaited.full:
            raise NotFoundError(f"There is no course {row.blueprint_sis_id!r}.")
        return found

    def _associate(self, root: Account, awaited: Awaited, sis_id: str) -> bool:
        """Let a course follow the blueprint it waited for, unless a later row said otherwise."""
        if sis_id not in awaited.blueprints:
            return False
        name, import_id = awaited.blueprints[sis_id]
        blueprint, course = self._named(root, name), self._named(root, sis_id)
        changed = course.blueprint_id != blueprint.id
        if changed:
            self._save(course, replace(course, blueprint_id=blueprint.id, sis_import_id=import_id))
        self._make_blueprint(root, blueprint)
        return changed

    def _make_blueprint(self, root: Account, course: Course) -> None:
        """Who is followed is a blueprint. After the follower is saved: its row may still be refused before."""

        def work() -> None:
            found = self._named(root, course.sis_id)
            self._save(found, replace(found, blueprint=True))

        if not course.blueprint:
            retried(work)

    def _named(self, root: Account, sis_id: str) -> Course:
        found = self._find(root, sis_id)
        if found is None:
            raise NotFoundError(f"There is no course {sis_id!r}.")
        return found

    def _find(self, root: Account, sis_id: str) -> Course | None:
        known = self.courses.resolve(root.id, SCHEME, [sis_id]).get(sis_id)
        return self.courses.courses([known]).get(known) if known else None

    def _refresh(self, course_id: int, user_ids: Sequence[int]) -> None:
        course, members, users = self.courses.class_of(course_id, user_ids)
        if course is None:
            return
        changes = []
        for user_id, before in members.items():
            after = course.refreshed(before)
            if after != before and user_id in users:
                new_paths = after.paths - users[user_id].course_paths
                after = replace(after, version=before.version + 1)
                changes.append(MemberChange(before=before, after=after, new_paths=new_paths))
        if changes:
            after_course = replace(course, version=course.version + 1)
            self.courses.save(CourseChange(before=course, after=after_course, members=changes))

    def _caught_up(self, course_id: int) -> None:
        course = self.courses.courses([course_id]).get(course_id)
        if course is not None and course.behind:
            after = replace(course, behind=0, version=course.version + 1)
            self.courses.save(CourseChange(before=course, after=after))


def associations(memberships: Iterable[Membership]) -> frozenset[str]:
    """Paths of the accounts a user is associated with by those memberships (canvas-b 1)."""
    return frozenset(path for member in memberships for path in member.paths)


def _state(before: Course | None, status: str) -> str:
    """The state a course has after a row of that status."""
    fixed = {"published": "available", "completed": "completed", "deleted": DELETED, "created": "created"}
    if status in fixed:
        return fixed[status]
    return "available" if before is not None and before.workflow_state in ("available", "completed") else "claimed"


def _behind(before: Course, after: Course) -> int:
    """What members of the course have to be told."""
    if not before.roster.seats:
        return 0
    there = [one.workflow_state == DELETED for one in (before, after)]
    if before.account_path != after.account_path or there[0] != there[1]:
        return ASSOCIATIONS
    copied: list[tuple[Any, ...]] = [(one.workflow_state, one.start_at, one.conclude_at) for one in (before, after)]
    return COPIES if copied[0] != copied[1] else 0
