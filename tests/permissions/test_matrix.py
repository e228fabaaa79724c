"""The permission matrix, cell by cell."""

from __future__ import annotations

import pytest

from tests.factories import World
from tests.permissions import matrix
from tests.permissions.expectations import expected

HOW = (
    "say who may use it: a row for its dialect and permission (or for the route alone) in"
    " tests/permissions/expectations.py, then `python -m tests.permissions`"
)


def test_every_route_has_an_expectation() -> None:
    assert matrix.without_expectation() == [], HOW


@pytest.mark.parametrize("dialect", ["canvas", "brightspace", "accreditly"])
def test_every_cell(world: World, dialect: str) -> None:
    wrong = []
    for route, caller, found in matrix.ask(world, dialect):
        row = expected(route)
        if row is not None and row[caller] != found:
            wrong.append(f"{matrix.name(route)} by {caller.value}: expected {row[caller]}, found {found}")
    assert wrong == []


def test_the_page_shows_the_matrix() -> None:
    assert matrix.DOCUMENT.read_text(encoding="utf-8") == matrix.document(), "run: python -m tests.permissions"
