"""Requests for account notifications."""

from __future__ import annotations

from bench.cases.case import FORM, Budget, Case

V1 = "/api/v1"
NOTICES = f"{V1}/accounts/{{account_id}}/account_notifications"
ALIASES = f"{V1}/accounts/{{account_id}}/users/{{user_id}}/account_notifications"
SELF = f"{V1}/accounts/self/account_notifications"
MINE = f"{V1}/accounts/self/users/self/account_notifications"
CURRENT = "the caller's enrollments, and what is current"
SAID = "account_notification[subject]=x&account_notification[message]=y&account_notification[start_at]=2026-01-01"
NEW = f"{SAID}&account_notification[end_at]=2036-01-01"

CASES = (
    Case(route=f"GET {NOTICES}", budget=Budget.LIST, target=SELF, who="the user", extra=1, why=CURRENT),
    Case(
        route=f"GET {NOTICES}",
        budget=Budget.LIST,
        target=f"{SELF}?include_all=true&since=%(notice)s",
        by="admin",
        who="admin, all there are",
        extra=1,
        why="what there is, and the authors",
    ),
    Case(
        route=f"GET {NOTICES}/{{id}}",
        budget=Budget.OTHERS,
        target=f"{SELF}/%(notice)s",
        who="the user",
    ),
    Case(route=f"DELETE {NOTICES}/{{id}}", budget=Budget.WRITE, target=f"{SELF}/%(notice)s", who="the user"),
    Case(
        route=f"DELETE {NOTICES}/{{id}}",
        budget=Budget.WRITE,
        target=f"{SELF}/%(notice)s?remove=true",
        by="admin",
        who="admin, for everyone",
    ),
    Case(route=f"POST {NOTICES}", budget=Budget.WRITE, target=SELF, by="admin", who="admin", body=NEW, media_type=FORM),
    Case(
        route=f"PUT {NOTICES}/{{id}}",
        budget=Budget.WRITE,
        target=f"{SELF}/%(notice)s",
        by="admin",
        who="admin",
        body="account_notification[subject]=z",
        media_type=FORM,
    ),
    Case(route=f"GET {ALIASES}", budget=Budget.LIST, target=MINE, who="the user", extra=1, why=CURRENT),
    Case(route=f"GET {ALIASES}/{{id}}", budget=Budget.OTHERS, target=f"{MINE}/%(notice)s", who="the user"),
    Case(route=f"DELETE {ALIASES}/{{id}}", budget=Budget.WRITE, target=f"{MINE}/%(notice)s", who="the user"),
)
