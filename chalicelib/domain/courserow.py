"""Rows of Canvas's SIS files about courses; a blank text means the column is absent or empty.

`facts` are fields of the thing a row is about that columns gave; a column that is absent leaves its field as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field


class TermRow(Struct, frozen=True, kw_only=True):
    """A row of `terms.csv`."""

    sis_id: str
    name: str
    status: str = "active"
    facts: Mapping[str, Any] = field(default_factory=dict)


class CourseRow(Struct, frozen=True, kw_only=True):
    """A row of `courses.csv`; a blank `account_sis_id` means the root, a blank `term_sis_id` the default term."""

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
    facts: Mapping[str, Any] = field(default_factory=dict)


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
    facts: Mapping[str, Any] = field(default_factory=dict)


class XlistRow(Struct, frozen=True, kw_only=True):
    """A row of `xlists.csv`."""

    course_sis_id: str
    section_sis_id: str
    status: str = "active"
