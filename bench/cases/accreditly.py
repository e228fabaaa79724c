"""Requests in Accredit.ly's dialect."""

from __future__ import annotations

from bench.cases.case import JSON, Budget, Case

PORTFOLIO = "/profile/portfolio"

CASES = (
    Case(route=f"GET {PORTFOLIO}", budget=Budget.LIST, target=PORTFOLIO, who="the user"),
    Case(route=f"GET {PORTFOLIO}/{{id}}", budget=Budget.OWN, target=f"{PORTFOLIO}/%(guid)s"),
    Case(
        route=f"GET {PORTFOLIO}/{{id}}",
        budget=Budget.OTHERS,
        target=f"{PORTFOLIO}/%(guid)s?key=%(share_key)s",
        by="bo",
        who="another, with a share key",
    ),
    Case(
        route=f"GET {PORTFOLIO}/{{id}}",
        budget=Budget.OTHERS,
        target=f"{PORTFOLIO}/%(guid)s?key=%(share_key)s",
        by="nobody",
        who="nobody signed in, with a share key",
    ),
    Case(
        route=f"POST {PORTFOLIO}",
        budget=Budget.WRITE,
        target=PORTFOLIO,
        who="the user",
        body='{"title": "Notes"}',
        media_type=JSON,
    ),
    Case(
        route=f"POST {PORTFOLIO}",
        budget=Budget.WRITE,
        target=PORTFOLIO,
        who="owner, changing one",
        body='{"id": "%(guid)s", "title": "Notes"}',
        media_type=JSON,
    ),
)
