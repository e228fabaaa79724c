"""Requests for the course list of an account."""

from __future__ import annotations

from bench.cases.case import Budget, Case

ROUTE = "GET /api/v1/accounts/{account_id}/courses"
SELF = "/api/v1/accounts/self/courses"
WHOLE = "the page's courses are read whole"
ORDERS = ("course_name", "sis_course_id", "teacher", "account_name", "course_status")


def _case(query: str, who: str, *, account: str = "self", extra: int = 1, why: str = WHOLE) -> Case:
    target = f"/api/v1/accounts/{account}/courses?{query}".replace("%", "%%").replace("%%(", "%(")
    return Case(route=ROUTE, budget=Budget.LIST, target=target, by="admin", who=who, extra=extra, why=why)


CASES = (
    _case("x=%(course)s", "admin"),
    *(_case(f"x=%(course)s&sort={order}&order=desc", f"admin, sort={order}") for order in ORDERS),
    _case("x=%(course)s&include[]=teachers&include[]=total_students&include[]=term", "admin, with teachers, students"),
    _case("by_teachers[]=%(teacher)s&state[]=available", "admin, by_teachers"),
    _case(
        "by_teachers[]=sis_user_id:%(teacher_sis_id)s&enrollment_term_id=default",
        "admin, by_teachers by SIS id",
        extra=2,
        why=f"an SIS id is looked up; {WHOLE}",
    ),
    _case("x=%(course)s&search_term=Bench", "admin, search_term"),
    _case(
        "x=%(course)s&include[]=ui_invoked&per_page=1",
        "admin, with a total",
        extra=2,
        why=f"the counts are read; {WHOLE}",
    ),
)
