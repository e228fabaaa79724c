"""Requests in Canvas's dialect."""

from __future__ import annotations

from bench.cases.case import Budget, Case, ask

V1 = "/api/v1"
SIS = "the name is looked up first"

CASES = (
    Case(f"GET {V1}/users/{{user_id}}", Budget.OWN, lambda s: ask(s.ada, "GET", f"{V1}/users/self"), "the user"),
    Case(f"GET {V1}/users/{{user_id}}", Budget.OTHERS, lambda s: ask(s.admin, "GET", f"{V1}/users/{s.ada.id}"), "admin"),
    Case(
        f"GET {V1}/users/{{user_id}}",
        Budget.OTHERS,
        lambda s: ask(s.admin, "GET", f"{V1}/users/sis_user_id:{s.ada.user.sis_id}"),
        "admin, by SIS id",
    ),
    Case(
        f"GET {V1}/users/{{user_id}}/eportfolios",
        Budget.LIST,
        lambda s: ask(s.ada, "GET", f"{V1}/users/self/eportfolios"),
        "the user",
    ),
    Case(
        f"GET {V1}/users/{{user_id}}/eportfolios",
        Budget.LIST,
        lambda s: ask(s.admin, "GET", f"{V1}/users/{s.ada.id}/eportfolios?include[]=deleted"),
        "admin",
    ),
    Case(
        f"GET {V1}/users/{{user_id}}/eportfolios",
        Budget.LIST,
        lambda s: ask(s.admin, "GET", f"{V1}/users/sis_user_id:{s.ada.user.sis_id}/eportfolios"),
        "admin, by SIS id",
        extra=1,
        why=SIS,
    ),
    Case(
        f"POST {V1}/users/{{user_id}}/eportfolios",
        Budget.WRITE,
        lambda s: ask(s.ada, "POST", f"{V1}/users/self/eportfolios", form=[("eportfolio[name]", "Notes")]),
        "the user",
    ),
    Case(
        f"GET {V1}/eportfolios/{{id}}",
        Budget.OWN,
        lambda s: ask(s.ada, "GET", f"{V1}/eportfolios/{s.portfolio().id}"),
    ),
    Case(
        f"GET {V1}/eportfolios/{{id}}",
        Budget.OTHERS,
        lambda s: ask(s.bo, "GET", f"{V1}/eportfolios/{s.portfolio(public=True).id}"),
        "another",
    ),
    Case(
        f"GET {V1}/eportfolios/{{id}}",
        Budget.OTHERS,
        lambda s: ask(s.admin, "GET", f"{V1}/eportfolios/{s.portfolio().id}?as_user_id={s.ada.id}"),
        "admin as the owner",
    ),
    Case(
        f"PUT {V1}/eportfolios/{{id}}",
        Budget.WRITE,
        lambda s: ask(s.ada, "PUT", f"{V1}/eportfolios/{s.portfolio().id}", form=[("eportfolio[name]", "New")]),
    ),
    Case(
        f"GET {V1}/eportfolios/{{id}}/pages",
        Budget.LIST,
        lambda s: ask(s.ada, "GET", f"{V1}/eportfolios/{s.book()}/pages"),
    ),
    Case(
        f"GET {V1}/eportfolios/{{id}}/pages",
        Budget.LIST,
        lambda s: ask(s.bo, "GET", f"{V1}/eportfolios/{s.book()}/pages"),
        "another",
        extra=1,
        why="whose the portfolio is, then the portfolio, then its pages",
    ),
    Case(
        f"POST {V1}/eportfolios/{{id}}/pages",
        Budget.WRITE,
        lambda s: ask(s.ada, "POST", f"{V1}/eportfolios/{s.book()}/pages", form=[("page[name]", "Day two")]),
    ),
    Case(
        f"PUT {V1}/eportfolios/{{id}}/pages/{{page_id}}",
        Budget.WRITE,
        lambda s: (
            (lambda page: ask(s.ada, "PUT", f"{V1}/eportfolios/{page.page.portfolio_id}/pages/{page.id}", form=NAMED))(
                s.page()
            )
        ),
    ),
)
