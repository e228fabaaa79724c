"""The matrix: every declared route asked by every kind of caller, and the page that shows what is expected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.cases import CASES, Case
from bench.cases.case import Made
from chalicelib.dialects.catalog import TITLES
from chalicelib.dialects.gateway import dialects
from chalicelib.dialects.route import Route
from tests.factories import World
from tests.permissions.callers import DESCRIBED, Caller, Cast
from tests.permissions.expectations import YES, expected

DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"
HEAD = """# Permissions

Every route, asked by every kind of caller. Written by `python -m tests.permissions` from the route declarations and
`tests/permissions/expectations.py`; `tests/permissions/test_matrix.py` sends each of these requests and compares.

"yes" is any answer below 400, a number is the status of the refusal. The objects are the owner's; portfolios are public
ones. The requests are those of `bench/cases`, with `self` in a path spelt out as the owner's id.
"""


def name(route: Route) -> str:
    """A route as cases and expectations name it."""
    return f"{route.method} {route.path}"


def routes(dialect: str) -> list[Route]:
    """The declared routes of a dialect."""
    return next(one.routes for one in dialects() if one.name == dialect)


def without_expectation() -> list[str]:
    """Routes for which nothing is expected."""
    return [name(route) for one in dialects() for route in one.routes if expected(route) is None]


def case_of(route: Route) -> Case | None:
    """The request that stands for a route: the first of its cases, but for signed ones."""
    return next((case for case in CASES if case.route == name(route) and case.by != "key"), None)


def ask(world: World, dialect: str) -> Iterator[tuple[Route, Caller, int]]:
    """Ask each route of a dialect as each caller: the status, every success being `YES`."""
    cast = Cast(world)
    for route in routes(dialect):
        case = case_of(route)
        if case is None:
            continue
        made = Made(cast.school)
        for caller in Caller:
            target = case.target.replace("/users/self", "/users/%(user)s") % made
            answer = case.to(cast.target(caller, target), made, cast.clients[caller])()
            done = answer.status < 400
            yield route, caller, YES if done else answer.status
            if done and route.method != "GET":
                made = Made(cast.school)


def document() -> str:
    """docs/permissions.md."""
    lines = [HEAD, "| caller | who that is |\n|---|---|"]
    lines += [f"| {caller.value} | {DESCRIBED[caller]} |" for caller in Caller]
    for dialect in dialects():
        lines += [f"\n## {TITLES[dialect.name]}\n", "| route | " + " | ".join(one.value for one in Caller) + " |"]
        lines.append("|---" * (len(Caller) + 1) + "|")
        lines += [_line(route) for route in dialect.routes]
    return "\n".join(lines) + "\n"


def _line(route: Route) -> str:
    row = expected(route) or {}
    cells = [_cell(row.get(caller)) for caller in Caller]
    return f"| {route.method} `{route.vendor}` | " + " | ".join(cells) + " |"


def _cell(status: int | None) -> str:
    return "" if status is None else "yes" if status == YES else str(status)
