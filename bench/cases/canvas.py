"""Requests in Canvas's dialect."""

from __future__ import annotations

from bench.cases.case import FORM, Budget, Case

V1 = "/api/v1"
USER = f"{V1}/users/{{user_id}}"
TOKEN = f"{USER}/tokens/{{id}}"
PORTFOLIO = f"{V1}/eportfolios/{{id}}"
WHOSE = "whose it is, the portfolio"
SIS = "an SIS id is looked up"

CASES = (
    Case(route=f"GET {USER}", budget=Budget.OWN, target=f"{V1}/users/self", who="the user"),
    Case(route=f"GET {USER}", budget=Budget.OTHERS, target=f"{V1}/users/%(user)s", by="admin", who="admin"),
    Case(
        route=f"GET {USER}",
        budget=Budget.OTHERS,
        target=f"{V1}/users/sis_user_id:%(sis_id)s",
        by="admin",
        who="admin, by SIS id",
    ),
    Case(route=f"GET {USER}/eportfolios", budget=Budget.LIST, target=f"{V1}/users/self/eportfolios", who="the user"),
    Case(
        route=f"GET {USER}/eportfolios",
        budget=Budget.LIST,
        target=f"{V1}/users/%(user)s/eportfolios?include[]=deleted",
        by="admin",
        who="admin, deleted ones too",
    ),
    Case(
        route=f"GET {USER}/eportfolios",
        budget=Budget.LIST,
        target=f"{V1}/users/sis_user_id:%(sis_id)s/eportfolios",
        by="admin",
        who="admin, by SIS id",
        extra=1,
        why=SIS,
    ),
    Case(
        route=f"GET {USER}/eportfolios",
        budget=Budget.LIST,
        target=f"{V1}/users/self/eportfolios?page=2&per_page=1",
        who="the user, a page number without a cursor",
        extra=1,
        why="the items before the page are skipped",
    ),
    Case(
        route=f"POST {USER}/eportfolios",
        budget=Budget.WRITE,
        target=f"{V1}/users/self/eportfolios",
        who="the user",
        body="eportfolio[name]=Notes",
        media_type=FORM,
    ),
    Case(route=f"GET {PORTFOLIO}", budget=Budget.OWN, target=f"{V1}/eportfolios/%(portfolio)s"),
    Case(
        route=f"GET {PORTFOLIO}",
        budget=Budget.OTHERS,
        target=f"{V1}/eportfolios/%(portfolio)s",
        by="bo",
        who="another",
    ),
    Case(
        route=f"GET {PORTFOLIO}",
        budget=Budget.OTHERS,
        target=f"{V1}/eportfolios/%(portfolio)s?as_user_id=%(user)s",
        by="admin",
        who="admin, acting as the owner",
    ),
    Case(
        route=f"PUT {PORTFOLIO}",
        budget=Budget.WRITE,
        target=f"{V1}/eportfolios/%(portfolio)s",
        body="eportfolio[name]=New",
        media_type=FORM,
    ),
    Case(route=f"GET {PORTFOLIO}/pages", budget=Budget.LIST, target=f"{V1}/eportfolios/%(book)s/pages"),
    Case(
        route=f"GET {PORTFOLIO}/pages",
        budget=Budget.LIST,
        target=f"{V1}/eportfolios/%(book)s/pages",
        by="bo",
        who="another",
        extra=1,
        why="whose it is, the portfolio, its pages",
    ),
    Case(
        route=f"POST {PORTFOLIO}/pages",
        budget=Budget.WRITE,
        target=f"{V1}/eportfolios/%(book)s/pages",
        body="page[name]=Day two",
        media_type=FORM,
    ),
    Case(
        route=f"PUT {PORTFOLIO}/pages/{{page_id}}",
        budget=Budget.WRITE,
        target=f"{V1}/eportfolios/%(book)s/pages/%(page)s",
        body="page[name]=Day 2",
        media_type=FORM,
    ),
    Case(
        route=f"DELETE {PORTFOLIO}/pages/{{page_id}}",
        budget=Budget.WRITE,
        target=f"{V1}/eportfolios/%(book)s/pages/%(page)s",
    ),
    Case(route=f"DELETE {PORTFOLIO}", budget=Budget.WRITE, target=f"{V1}/eportfolios/%(portfolio)s"),
    Case(
        route=f"DELETE {PORTFOLIO}",
        budget=Budget.WRITE,
        target=f"{V1}/eportfolios/%(portfolio)s",
        by="admin",
        who="admin",
        extra=1,
        why=WHOSE,
    ),
    Case(
        route=f"PUT {PORTFOLIO}/moderate",
        budget=Budget.WRITE,
        target=f"{V1}/eportfolios/%(portfolio)s/moderate?spam_status=marked_as_safe",
        by="admin",
        who="admin",
        extra=1,
        why=WHOSE,
    ),
    Case(
        route=f"PUT {PORTFOLIO}/restore",
        budget=Budget.WRITE,
        target=f"{V1}/eportfolios/%(deleted)s/restore",
        by="admin",
        who="admin",
        extra=1,
        why=WHOSE,
    ),
    Case(
        route=f"PUT {USER}/eportfolios",
        budget=Budget.WRITE,
        target=f"{V1}/users/%(user)s/eportfolios?spam_status=marked_as_safe",
        by="admin",
        who="admin, over up to 40; a read and a write for each 40 more",
        extra=1,
        why="which portfolios there are",
    ),
    Case(route=f"GET {TOKEN}", budget=Budget.OWN, target=f"{V1}/users/self/tokens/%(token)s"),
    Case(
        route=f"GET {TOKEN}",
        budget=Budget.OTHERS,
        target=f"{V1}/users/%(user)s/tokens/%(token)s",
        by="admin",
        who="admin",
    ),
    Case(
        route=f"GET {TOKEN}",
        budget=Budget.OWN,
        target=f"{V1}/users/self/tokens/%(hint)s",
        who="owner, by its hint",
        extra=1,
        why="the hint is looked up",
    ),
    Case(
        route=f"GET {USER}/user_generated_tokens",
        budget=Budget.LIST,
        target=f"{V1}/users/self/user_generated_tokens",
        who="the user",
    ),
    Case(
        route=f"POST {USER}/tokens",
        budget=Budget.WRITE,
        target=f"{V1}/users/self/tokens",
        who="the user",
        body="token[purpose]=sync",
        media_type=FORM,
    ),
    Case(
        route=f"PUT {TOKEN}",
        budget=Budget.WRITE,
        target=f"{V1}/users/self/tokens/%(token)s",
        body="token[regenerate]=1",
        media_type=FORM,
    ),
    Case(route=f"DELETE {TOKEN}", budget=Budget.WRITE, target=f"{V1}/users/self/tokens/%(token)s"),
    Case(route=f"POST {TOKEN}/activate", budget=Budget.WRITE, target=f"{V1}/users/self/tokens/%(pending)s/activate"),
)
