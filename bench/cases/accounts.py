"""Requests for accounts and their calendars."""

from __future__ import annotations

from bench.cases.case import FORM, JSON, Budget, Case

V1 = "/api/v1"
ACCOUNT = f"{V1}/accounts/{{account_id}}"
CALENDAR = f"{V1}/account_calendars/{{account_id}}"
ONE = f"{V1}/accounts/%(account)s"
TREE = "the tree has changed, and is read again"
OF_THOSE = "the accounts that the caller is associated with"
BOTH = f"{TREE}; the accounts of the page"

CASES = (
    Case(
        route=f"GET {V1}/account_calendars",
        budget=Budget.LIST,
        target=f"{V1}/account_calendars",
        who="the user",
    ),
    Case(
        route=f"GET {V1}/account_calendars",
        budget=Budget.LIST,
        target=f"{V1}/account_calendars?search_term=es&since=%(fresh)s",
        by="admin",
        who="admin, after a change of the tree",
        extra=1,
        why=TREE,
    ),
    Case(
        route=f"GET {CALENDAR}",
        budget=Budget.OTHERS,
        target=f"{V1}/account_calendars/%(account)s",
        by="admin",
        who="admin",
    ),
    Case(
        route=f"PUT {CALENDAR}",
        budget=Budget.WRITE,
        target=f"{V1}/account_calendars/%(account)s",
        by="admin",
        who="admin",
        body="visible=true",
        media_type=FORM,
        extra=1,
        why="the account as it is now, and those above that count it",
    ),
    Case(
        route=f"PUT {ACCOUNT}/account_calendars",
        budget=Budget.WRITE,
        target=f"{ONE}/account_calendars",
        by="admin",
        who="admin",
        body='[{"id": %(account)s, "visible": true}]',
        media_type=JSON,
        extra=2,
        why="the tree, which has changed; the accounts as they are now, and those above that count them",
    ),
    Case(
        route=f"GET {ACCOUNT}/account_calendars",
        budget=Budget.LIST,
        target=f"{ONE}/account_calendars?filter=hidden",
        by="admin",
        who="admin, after a change of the tree",
    ),
    Case(
        route=f"GET {ACCOUNT}/visible_calendars_count",
        budget=Budget.OTHERS,
        target=f"{ONE}/visible_calendars_count",
        by="admin",
        who="admin",
    ),
    Case(route=f"GET {V1}/accounts", budget=Budget.LIST, target=f"{V1}/accounts", by="admin", who="admin"),
    Case(
        route=f"GET {V1}/accounts/search",
        budget=Budget.LIST,
        target=f"{V1}/accounts/search?name=es",
        by="nobody",
        who="anybody",
    ),
    Case(route=f"GET {ACCOUNT}", budget=Budget.OTHERS, target=ONE, by="admin", who="admin"),
    Case(
        route=f"GET {ACCOUNT}",
        budget=Budget.OTHERS,
        target=f"{V1}/accounts/sis_account_id:%(account_sis_id)s",
        by="admin",
        who="admin, by SIS id",
    ),
    Case(
        route=f"GET {ACCOUNT}/sub_accounts",
        budget=Budget.LIST,
        target=f"{V1}/accounts/self/sub_accounts?since=%(fresh)s",
        by="admin",
        who="admin, after a change of the tree",
        extra=1,
        why=BOTH,
    ),
    Case(
        route=f"GET {ACCOUNT}/sub_accounts",
        budget=Budget.LIST,
        target=f"{V1}/accounts/self/sub_accounts?recursive=true",
        by="admin",
        who="admin, all below",
    ),
    Case(
        route=f"GET {V1}/manageable_accounts",
        budget=Budget.LIST,
        target=f"{V1}/manageable_accounts",
        by="admin",
        who="admin",
    ),
    Case(
        route=f"GET {V1}/course_creation_accounts",
        budget=Budget.LIST,
        target=f"{V1}/course_creation_accounts",
        by="admin",
        who="admin",
    ),
    Case(route=f"GET {V1}/course_accounts", budget=Budget.LIST, target=f"{V1}/course_accounts", who="the user"),
    Case(
        route=f"GET {V1}/manually_created_courses_account",
        budget=Budget.OTHERS,
        target=f"{V1}/manually_created_courses_account",
        who="the user",
    ),
    Case(route=f"GET {ACCOUNT}/settings", budget=Budget.OTHERS, target=f"{ONE}/settings", by="admin", who="admin"),
    Case(
        route=f"GET {V1}/settings/environment",
        budget=Budget.OTHERS,
        target=f"{V1}/settings/environment",
        by="nobody",
        who="anybody",
    ),
    Case(
        route=f"GET {ACCOUNT}/permissions", budget=Budget.OTHERS, target=f"{ONE}/permissions", by="admin", who="admin"
    ),
    Case(
        route=f"GET {ACCOUNT}/terms_of_service",
        budget=Budget.OTHERS,
        target=f"{V1}/accounts/self/terms_of_service",
        by="nobody",
        who="anybody",
    ),
    Case(
        route=f"GET {ACCOUNT}/help_links",
        budget=Budget.LIST,
        target=f"{V1}/accounts/self/help_links",
        who="the user",
        extra=1,
        why="long settings are beside the account",
    ),
)
