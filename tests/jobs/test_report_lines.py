"""What reports decode of a document is what the entity wrote: the same fields, the same defaults (docs/reports.md).

A document leaves out what is at its default, so a line with another default would print what is not so.
"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, fields

from chalicelib.domain.course import Course, Membership, Roster, Seat, Section
from chalicelib.domain.epobject import EpObject, PortfolioFacts
from chalicelib.domain.person import Account, AdminRole, User
from chalicelib.domain.token import Token
from chalicelib.jobs import report_context, report_course_files, report_courses, report_people, report_walks

LINES: tuple[tuple[type[Struct], type[Struct]], ...] = (
    (report_context.Person, User),
    (report_course_files.CourseLine, Course),
    (report_courses._Roster, Roster),
    (report_courses.CourseLine, Course),
    (report_people._Facts, PortfolioFacts),
    (report_people._Portfolio, EpObject),
    (report_people._Token, Token),
    (report_walks.AccountLine, Account),
    (report_walks.CourseBrief, Course),
    (report_walks.Held, AdminRole),
    (report_walks.MemberLine, Membership),
    (report_walks.SeatLine, Seat),
    (report_walks.SectionLine, Section),
    (report_walks.UserLine, User),
)


def default(field: FieldInfo) -> Any:
    return field.default if field.default_factory is NODEFAULT else field.default_factory()


@pytest.mark.parametrize(
    ("line", "entity"), LINES, ids=lambda one: f"{one.__module__.rpartition('.')[2]}.{one.__name__}"
)
def test_a_line_reads_what_its_entity_writes(line: type[Struct], entity: type[Struct]) -> None:
    written = {field.encode_name: field for field in fields(entity)}
    for field in fields(line):
        assert field.encode_name in written, f"{entity.__name__} has no {field.name}"
        ours, theirs = default(field), default(written[field.encode_name])
        if theirs is not NODEFAULT and not isinstance(ours, Struct):  # a line within a line has a row of its own
            assert ours == theirs, f"{field.name} is left out at {theirs!r}"
