"""Rows of Canvas's SIS files about courses; a blank text means the column is absent or empty."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field


class TermRow(Struct, frozen=True, kw_only=True):
    """A row of `terms.csv`."""

    sis_id: str
    name: str
    status: str = "active"
    integration_id: str = ""
    start_at: datetime | None = None
    end_at: datetime | None = None
    grading_period_group_id: int | None = None


class CourseRow(Struct, frozen=True, kw_only=True):
    """A row of `courses.csv`; a blank `account_sis_id` means the root, a blank `term_sis_id` the default term.

    `facts` are the fields of `Course` that columns gave; a column that is absent leaves its field as it is.
    """

    sis_id: str
    name: str
    code: str
    status: str
    account_sis_id: str = ""
    term_sis_id: str = ""
    blueprint_sis_id: str = ""
    """`dissociate`: it follows no blueprint any more."""
    facts: Mapping[str, Any] = field(default_factory=dict)


class SectionRow(Struct, frozen=True, kw_only=True):
    """A row of `sections.csv`."""

    sis_id: str
    course_sis_id: str
    name: str
    status: str = "active"
    integration_id: str = ""
    start_at: datetime | None = None
    end_at: datetime | None = None


class EnrollmentRow(Struct, frozen=True, kw_only=True):
    """A row of `enrollments.csv`: a course or a section, a user by one of two names, a role by name or id."""

    course_sis_id: str
    section_sis_id: str
    user_sis_id: str
    user_integration_id: str = ""
    role: str = ""
    role_id: int | None = None
    status: str = "active"
    associated_user_sis_id: str = ""
    start_at: datetime | None = None
    end_at: datetime | None = None


class XlistRow(Struct, frozen=True, kw_only=True):
    """A row of `xlists.csv`."""

    course_sis_id: str
    section_sis_id: str
    status: str = "active"
