"""Representative requests: at least one for every route, and what each may cost.

A route without a case fails the budgets' test: add one to the file of its dialect.
"""

from __future__ import annotations

from bench.cases import accounts, accreditly, brightspace, canvas, courses, notices, reports
from bench.cases.case import Budget, Case, School

__all__ = ["CASES", "Budget", "Case", "School"]

CASES: tuple[Case, ...] = (
    *canvas.CASES,
    *courses.CASES,
    *notices.CASES,
    *accounts.CASES,
    *reports.CASES,
    *brightspace.CASES,
    *accreditly.CASES,
)
