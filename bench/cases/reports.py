"""Requests for account reports."""

from __future__ import annotations

from bench.cases.case import JSON, Budget, Case

V1 = "/api/v1"
REPORTS = f"{V1}/accounts/{{account_id}}/reports"
RUN = f"{REPORTS}/{{report}}/{{id}}"
SELF = f"{V1}/accounts/self/reports"
MINE = f"{SELF}/user_access_tokens_csv"
FILE = "/accounts/{account_id}/files/{file_id}/download"

CASES = (
    Case(route=f"GET {REPORTS}", budget=Budget.LIST, target=f"{SELF}?after=%(report)s", by="admin", who="admin"),
    Case(
        route=f"POST {REPORTS}/{{report}}",
        budget=Budget.WRITE,
        target=MINE,
        by="admin",
        who="admin",
        extra=1,
        why="the newest run of its type is noted apart, so that no start waits for another",
    ),
    Case(
        route=f"POST {REPORTS}/{{report}}",
        budget=Budget.WRITE,
        target=f"{SELF}/unused_courses_csv",
        by="admin",
        who="admin, for some terms",
        body='{"parameters": {"enrollment_term_id": "active_terms"}}',
        media_type=JSON,
        extra=2,
        why="the terms are looked up; the newest run of its type is noted apart",
    ),
    Case(route=f"GET {REPORTS}/{{report}}", budget=Budget.LIST, target=MINE, by="admin", who="admin"),
    Case(route=f"GET {RUN}", budget=Budget.OTHERS, target=f"{MINE}/%(report)s", by="admin", who="admin"),
    Case(
        route=f"DELETE {RUN}",
        budget=Budget.WRITE,
        target=f"{MINE}/%(report)s",
        by="admin",
        who="admin",
        extra=2,
        why="the run before it becomes the newest of its type",
    ),
    Case(route=f"PUT {RUN}/abort", budget=Budget.WRITE, target=f"{MINE}/%(running)s/abort", by="admin", who="admin"),
    Case(
        route=f"GET {FILE}",
        budget=Budget.OTHERS,
        target="/accounts/self/files/%(report)s/download",
        by="admin",
        who="admin",
    ),
)
