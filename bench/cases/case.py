"""A request with a budget, and the school it is made in."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from functools import partial
from typing import Any

from msgspec.structs import replace

from chalicelib.domain.artifact import ObjectDraft
from chalicelib.domain.courserow import CourseRow, EnrollmentRow
from chalicelib.domain.idkey import IdKey
from chalicelib.domain.job import JobStatus
from chalicelib.domain.notification import NotificationDraft
from chalicelib.domain.page import PageDraft
from chalicelib.domain.report import Report, ReportStatus
from chalicelib.domain.tokenbook import TokenDraft
from chalicelib.domain.verification import PNG, Status
from chalicelib.jobs.runner import Runner
from ops.sis_school import School as Registrar
from tests.factories import Client, Person, Response, World, signed_query

Ask = Callable[[], Response]
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class Budget(Enum):
    """Kinds of requests; each has so many DynamoDB calls in sequence, authentication and rate limit included."""

    OWN = "get by id, for its owner"
    OTHERS = "get by id, for others"
    LIST = "a page of a list"
    WRITE = "a write"

    @property
    def calls(self) -> int:
        """The most calls such a request takes."""
        return 2 if self is Budget.OWN else 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request to a route.

    `target` and `body` may hold `%(name)s`, where `name` is a method of `School` that makes what is named; what is
    made for a request is not counted.
    """

    route: str
    """Method and path as declared."""
    budget: Budget
    target: str
    by: str = "ada"
    """Who asks: `ada`, whose everything is, `bo`, `admin`, `nobody`, or `key`: Ada with an ID-key signature."""
    who: str = "owner"
    """The same for a reader of the table."""
    body: str = ""
    media_type: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    """More for the client, such as a multipart body."""
    extra: int = 0
    """Calls above the budget that are known and accepted."""
    why: str = ""
    """What the extra calls are for."""

    @property
    def limit(self) -> int:
        """The most calls this request may take."""
        return self.budget.calls + self.extra

    def ready(self, school: School) -> Ask:
        """The request with everything it needs made; call it to send it."""
        made, method = Made(school), self.route.partition(" ")[0]
        target = self.target % made
        if self.by == "key":
            query = signed_query(school.key, method, target, school.world.clock.moment)
            target += f"?{query}"
        return self.to(target, made, school.client(self.by))

    def to(self, target: str, made: Made, client: Client) -> Ask:
        """The request to another target, by another client."""
        options = dict(self.options)
        if self.body:
            options |= {"body": self.body % made, "headers": {"Content-Type": self.media_type}}
        return partial(client.request, self.route.partition(" ")[0], target, **options)


class Made(dict[str, Any]):
    """Ids of what a request names, made when first named."""

    def __init__(self, school: School) -> None:
        super().__init__()
        self._school = school

    def __missing__(self, name: str) -> Any:
        self.update(getattr(self._school, name)())
        return self[name]


@dataclass
class School:
    """An institution with an author, another learner, and an admin; its other methods make what requests name."""

    world: World
    ada: Person = field(init=False)
    bo: Person = field(init=False)
    admin: Person = field(init=False)
    key: IdKey = field(init=False)

    def __post_init__(self) -> None:
        """Let the people in."""
        self.ada, self.bo, self.admin = self.world.person(), self.world.person(), self.world.admin()
        self.key = self.world.id_key(self.ada)
        for name in ("One", "Two"):
            self.world.portfolio(self.ada, name)

    def client(self, by: str) -> Client:
        """How somebody asks."""
        if by in ("nobody", "key"):
            return self.world.anonymous
        person: Person = getattr(self, by)
        return person.client

    def user(self) -> dict[str, Any]:
        """Ada."""
        return {"user": self.ada.id}

    def sis_id(self) -> dict[str, Any]:
        """Ada's SIS id."""
        return {"sis_id": self.ada.user.sis_id}

    def account(self) -> dict[str, Any]:
        """A new account below the root."""
        made = self.world.account(f"A-{next(iter(self.world.numbers))}")
        return {"account": made.id, "account_sis_id": made.sis_id}

    account_sis_id = account

    def fresh(self) -> dict[str, Any]:
        """An account that makes the tree another, below a root whose calendar is visible."""
        self.world.services.account_changes.change(self.world.root.id, {"account_calendar_visible": "true"})
        return {"fresh": self.account()["account"]}

    def portfolio(self) -> dict[str, Any]:
        """A new portfolio of Ada's that everybody may see; its GUID and key."""
        made = self.world.portfolio(self.ada, public=True)
        assert made.portfolio is not None
        return {"portfolio": made.id, "guid": made.portfolio.guid, "share_key": made.portfolio.keys[0].value}

    guid = share_key = portfolio

    def token(self) -> dict[str, Any]:
        """A new token of Ada's."""
        token, _ = self.world.services.tokens.create(self.ada.id, self.ada.user.root_account_id, purpose="sync")
        return {"token": token.id, "hint": token.hint}

    hint = token

    def pending(self) -> dict[str, Any]:
        """A token that an admin made for Ada."""
        draft = TokenDraft(purpose="sync")
        return {"pending": self.world.services.token_book.create(self.admin.actor, self.ada.id, lambda: draft).token.id}

    def deleted(self) -> dict[str, Any]:
        """A portfolio of Ada's that was deleted."""
        made = self.world.portfolio(self.ada)
        self.world.services.moderation.delete(self.ada.actor, made.id)
        return {"deleted": made.id}

    def accreditation(self) -> dict[str, Any]:
        """An accreditation Bo issued to Ada."""
        made = self.world.services.accreditations.issue(
            self.bo.actor, recipient=self.ada.user.email, title="Lab safety", classification="practical"
        )
        return {"accreditation": made.guid}

    def held(self) -> dict[str, Any]:
        """A new portfolio of Ada's that holds an accreditation; what it holds, and its key."""
        made, guid = self.portfolio(), self.accreditation()["accreditation"]
        self.world.services.attachments.attach(self.ada.actor, made["guid"], guid)
        return {"held": made["guid"], "evidence": guid, "held_key": made["share_key"]}

    evidence = held_key = held

    def image(self) -> dict[str, Any]:
        """How many images Ada uploaded: one. She does not wait for a review."""
        if self.world.services.verifications.show(self.ada.actor).status is Status.PENDING:
            self.world.services.verifications.decide(self.admin.actor, str(self.ada.id), approved=False)
        self.world.services.verifications.upload(self.ada.actor, [PNG])
        return {"image": 1}

    def waiting(self) -> dict[str, Any]:
        """Ada's address; she waits for a review."""
        self.image()
        self.world.services.verifications.submit(self.ada.actor)
        return {"waiting": self.ada.user.email}

    def page(self) -> dict[str, Any]:
        """A new page of a new portfolio of Ada's that everybody may see."""
        book = self.world.portfolio(self.ada, public=True).id
        page = self.world.services.pages.create(self.ada.actor, book, PageDraft(name="Day one"))
        return {"page": page.id, "book": book}

    book = page

    def reflection(self) -> dict[str, Any]:
        """A new reflection of Ada's on a new portfolio."""
        artifacts, target = self.world.services.artifacts, self.world.portfolio(self.ada).id
        made = artifacts.create_reflection(self.ada.actor, ObjectDraft(name="Low tide", description="What I saw"))
        artifacts.reflect_on(self.ada.actor, made.id, target)
        return {"reflection": made.id, "reflected": target}

    reflected = reflection

    def collection(self) -> dict[str, Any]:
        """A new collection of Ada's with a reflection in it."""
        artifacts = self.world.services.artifacts
        made = artifacts.create_collection(self.ada.actor, ObjectDraft(name="Shore"))
        item = artifacts.create_reflection(self.ada.actor, ObjectDraft(name="Low tide"))
        artifacts.collect(self.ada.actor, made.id, item.id)
        return {"collection": made.id, "item": item.id}

    item = collection

    def file(self) -> dict[str, Any]:
        """A new file of Ada's."""
        artifacts = self.world.services.artifacts
        made = artifacts.upload(self.ada.actor, io.BytesIO(b"bytes"), file_name="a.txt", media_type="text/plain")
        return {"file": made.id}

    def export(self) -> dict[str, Any]:
        """A finished export of Ada's."""
        job = self.world.services.exports.request(self.ada.actor, [self.world.portfolio(self.ada).id])
        self.world.work()
        return {"export": job.id}

    def import_(self) -> dict[str, Any]:
        """An import of Ada's that waits."""
        (job,) = self.world.services.imports.request(self.ada.actor, io.BytesIO(b"<feed/>"))
        return {"import_": job.id}

    def upload(self) -> dict[str, Any]:
        """The key of what Ada uploaded directly."""
        ticket = self.world.services.uploads.ticket(self.ada.actor)
        self.world.services.blobs.put(ticket.key, b"<feed/>")
        return {"upload": ticket.key}

    def notice(self) -> dict[str, Any]:
        """A new notification that everybody sees."""
        now = self.world.clock.now()
        draft = NotificationDraft(subject="x", message="y", start_at=now, end_at=now + timedelta(days=1))
        made = self.world.services.notifications.create(self.admin.actor, self.world.root.id, lambda: draft)
        return {"notice": made.notice.id}

    def report(self) -> dict[str, Any]:
        """A finished report of the institution."""
        made = self._report()
        assert Runner(self.world.services).run(made.id, lambda: 900.0) is JobStatus.COMPLETE
        return {"report": made.id}

    def running(self) -> dict[str, Any]:
        """A report that is being made."""
        made = self._report()
        started = replace(made, status=ReportStatus.RUNNING, started_at=made.created_at)
        self.world.services.report_store.save(started, [ReportStatus.CREATED])
        return {"running": made.id}

    def _report(self) -> Report:
        reports, root = self.world.services.reports, self.world.root.id
        return reports.start(self.admin.actor, root, "user_access_tokens_csv", lambda: (None, True))

    def course(self) -> dict[str, Any]:
        """A new course with a teacher, one of two that are there."""
        number, teacher = next(iter(self.world.numbers)), self.bo.user
        rows = [CourseRow(sis_id=f"C{number}-{n}", name=f"Bench {n}", code=f"B{n}", status="published") for n in (1, 2)]
        seats = [
            EnrollmentRow(course_sis_id=row.sis_id, section_sis_id="", user_sis_id=teacher.sis_id, role="teacher")
            for row in rows
        ]
        school, root = Registrar(self.world.services, threads=1), self.world.root
        done = [*school.upsert_courses(root, rows), *school.upsert_enrollments(root, seats)]
        assert [one.error for one in done] == [""] * len(done)
        found = self.world.services.courses.resolve(root.id, "sis_course_id", [rows[0].sis_id])
        return {"course": found[rows[0].sis_id], "teacher": teacher.id, "teacher_sis_id": teacher.sis_id}

    teacher = teacher_sis_id = course
