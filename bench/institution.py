"""What the Canvas institution routes cost on generated schools of several sizes, side by side.

Flat is flat: the same calls at every size, and read units and bytes of the answer that do not grow with the school.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench import school
from bench.house import world
from bench.meter import counted
from chalicelib.dialects.gateway import dialects
from ops.sis import Import, Report
from ops.sis_school import School
from tests.factories import Client, Response, World

GROWTH, ALLOWANCE = 1.5, 25
"""Read units at a larger size may be so many times those at the smallest, and so many more: pages differ in what is in
them."""
WALK_CALLS, WALK_UNITS = 8, 500
"""What a request may take that looks for what is rare, at any size (see `chalicelib.domain.coursewalk`)."""
COURSES = "/accounts/{account_id}/courses"
PAGE = 50


@dataclass(frozen=True, slots=True)
class Ask:
    """A request; `route` is its path as declared, behind the dialect's prefix.

    `walks`: it looks for something rare as far as it may, so in a small school it comes to the end sooner; or what it
    reads beside, of one person's or one page's courses, is more where courses rarely share an account or a teacher.
    """

    route: str
    target: str
    name: str
    walks: bool = False


def _courses(query: str, name: str, account: str = "self", *, walks: bool = False) -> Ask:
    return Ask(COURSES, f"/accounts/{account}/courses?per_page={PAGE}&{query}", name, walks)


ASKS = (
    _courses("", "first page"),
    _courses("sort=course_name&order=desc", "by name, backwards"),
    _courses("sort=teacher", "by teacher"),
    _courses("sort=account_name", "by account"),
    _courses("sort=course_status", "by status"),
    _courses("sort=sis_course_id", "by SIS id"),
    _courses("sort=term", "by term", walks=True),
    _courses(
        "published=true&include[]=teachers&include[]=total_students&include[]=term",
        "published, with includes",
        walks=True,
    ),
    _courses("enrollment_term_id=sis_term_id:T4", "of a term", walks=True),
    _courses("by_teachers[]=sis_user_id:U0&by_teachers[]=sis_user_id:U3", "of two teachers", walks=True),
    _courses(
        "by_subaccounts[]=sis_account_id:A1&by_subaccounts[]=sis_account_id:A2", "of two sub-accounts", walks=True
    ),
    _courses("state[]=deleted", "deleted ones", walks=True),
    _courses("blueprint=true", "a rare one: blueprints", walks=True),
    _courses("search_term=zzzzzz", "a search that finds nothing", walks=True),
    _courses("search_term=jazz&sort=course_name", "a search", walks=True),
    _courses("include[]=ui_invoked", "with a total"),
    _courses("", "of an account far below", "sis_account_id:A9", walks=True),
    Ask("/accounts", "/accounts", "admin"),
    Ask("/accounts/{account_id}", "/accounts/self?include[]=course_count", "the root"),
    Ask("/accounts/{account_id}", "/accounts/sis_account_id:A9", "by SIS id"),
    Ask("/accounts/{account_id}/sub_accounts", "/accounts/self/sub_accounts", "below the root"),
    Ask("/accounts/{account_id}/sub_accounts", "/accounts/sis_account_id:A1/sub_accounts?recursive=true", "recursive"),
    Ask("/accounts/{account_id}/permissions", "/accounts/self/permissions", "admin"),
    Ask("/accounts/{account_id}/settings", "/accounts/self/settings", "admin"),
    Ask("/accounts/{account_id}/help_links", "/accounts/self/help_links", "admin"),
    Ask("/accounts/{account_id}/terms_of_service", "/accounts/self/terms_of_service", "anybody"),
    Ask("/accounts/search", "/accounts/search?name=a", "anybody"),
    Ask("/manageable_accounts", "/manageable_accounts", "admin"),
    Ask("/course_creation_accounts", "/course_creation_accounts", "admin"),
    Ask("/course_accounts", "/course_accounts", "a teacher"),
    Ask("/account_calendars", "/account_calendars", "admin", walks=True),
    Ask("/account_calendars/{account_id}", "/account_calendars/sis_account_id:A9", "admin"),
    Ask("/accounts/{account_id}/account_calendars", "/accounts/self/account_calendars", "the root"),
    Ask("/accounts/{account_id}/account_calendars", "/accounts/self/account_calendars?search_term=jazz", "a search"),
    Ask("/accounts/{account_id}/visible_calendars_count", "/accounts/self/visible_calendars_count", "the root"),
    Ask("/settings/environment", "/settings/environment", "anybody"),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one request took."""

    calls: tuple[str, ...]
    read_units: float
    bytes: int
    ms: float


@dataclass
class Sample:
    """A school of one size: how it was loaded, and what requests cost there."""

    percent: float
    report: Report
    load_s: float
    costs: dict[str, Cost] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def measure(percent: float) -> Sample:
    """Load a school of that size with the real importer, and ask everything of it."""
    with world() as made, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        school.write(folder, school.Size(percent))
        began = time.monotonic()
        report = Import(School(made.services), made.root).run(folder)
        sample = Sample(percent, report, time.monotonic() - began)
        sample.problems += [f"{one.file}:{one.line}: {one.message}" for one in report.errors]
        admin = made.services.directory.find_user("sis_user_id:U0")
        client = made.client(made.token(admin))
        client.get("/api/v1/users/self")  # the host is learnt
        for ask in asks():
            sample.costs[told(ask)] = _ask(made, client, ask, sample.problems)
        return sample


def _ask(made: World, client: Client, ask: Ask, problems: list[str]) -> Cost:
    made.services.objects.known.clear()
    client.get("/api/v1" + ask.target)  # clients are made, what a container keeps is kept
    began = time.monotonic()
    with counted() as tally:
        answer: Response = client.get("/api/v1" + ask.target)
    took = (time.monotonic() - began) * 1000
    if answer.status >= 400:
        problems.append(f"{ask.target}: {answer.status} {answer.text[:200]}")
    return Cost(tuple(tally.dynamodb), tally.read_units, len(answer.text), took)


def asks() -> Iterator[Ask]:
    """The requests whose routes are there."""
    there = {route.path for dialect in dialects() for route in dialect.routes if route.method == "GET"}
    return (ask for ask in ASKS if "/api/v1" + ask.route in there)


def told(ask: Ask) -> str:
    """A request in words."""
    return f"{ask.route}: {ask.name}"


def growth(samples: list[Sample]) -> list[str]:
    """Requests that cost more at a larger size than at the smallest, or too much at any."""
    found = []
    walks = {told(ask): ask.walks for ask in asks()}
    for name, base in samples[0].costs.items():
        for sample in samples:
            cost = sample.costs[name]
            calls, units = len(base.calls), base.read_units * GROWTH + ALLOWANCE
            if walks[name]:
                calls, units = WALK_CALLS, WALK_UNITS
            if len(cost.calls) > calls or cost.read_units > units:
                found.append(f"{name}: {len(cost.calls)} calls, {cost.read_units:g} RCU at {sample.percent:g} %")
    return found
