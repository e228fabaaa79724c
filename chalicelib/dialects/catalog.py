"""The routes as a document: vendor route -> state, from the declarations and the vendors' published lists.

`python -m chalicelib.dialects.catalog > docs/routes.md` writes it; a test fails when it was not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from chalicelib.dialects.gateway import dialects
from chalicelib.dialects.route import Dialect, Route

TITLES = {"canvas": "Canvas", "brightspace": "Brightspace ePortfolio", "accreditly": "Accredit.ly"}
SERVED, PLANNED = "served", "not yet"
HEAD = """# Routes

Vendor route -> state. Written by `python -m chalicelib.dialects.catalog`; edit the declarations, not this file.
Permissions are those of `chalicelib/domain/access.py`. HEAD is answered wherever GET is; every other method of a
served path gets the dialect's own wrong-method answer.
"""

PUBLISHED = {
    "canvas": """
        GET /api/v1/users/:user_id/eportfolios
        PUT /api/v1/users/:user_id/eportfolios
        GET /api/v1/eportfolios/:id
        DELETE /api/v1/eportfolios/:id
        GET /api/v1/eportfolios/:eportfolio_id/pages
        PUT /api/v1/eportfolios/:eportfolio_id/moderate
        PUT /api/v1/eportfolios/:eportfolio_id/restore
        GET /api/v1/users/:id
        GET /api/v1/users/:user_id/tokens/:id
        GET /api/v1/users/:user_id/user_generated_tokens
        POST /api/v1/users/:user_id/tokens
        PUT /api/v1/users/:user_id/tokens/:id
        DELETE /api/v1/users/:user_id/tokens/:id
        GET /api/v1/accounts/:account_id/account_notifications
        GET /api/v1/accounts/:account_id/account_notifications/:id
        POST /api/v1/accounts/:account_id/account_notifications
        PUT /api/v1/accounts/:account_id/account_notifications/:id
        DELETE /api/v1/accounts/:account_id/account_notifications/:id
        GET /api/v1/accounts/:account_id/users/:user_id/account_notifications
        GET /api/v1/accounts/:account_id/users/:user_id/account_notifications/:id
        DELETE /api/v1/accounts/:account_id/users/:user_id/account_notifications/:id
        GET /api/v1/accounts/:account_id/reports
        POST /api/v1/accounts/:account_id/reports/:report
        GET /api/v1/accounts/:account_id/reports/:report
        GET /api/v1/accounts/:account_id/reports/:report/:id
        DELETE /api/v1/accounts/:account_id/reports/:report/:id
        PUT /api/v1/accounts/:account_id/reports/:report/:id/abort
        GET /accounts/:account_id/files/:file_id/download
        GET /api/v1/account_calendars
        GET /api/v1/account_calendars/:account_id
        PUT /api/v1/account_calendars/:account_id
        PUT /api/v1/accounts/:account_id/account_calendars
        GET /api/v1/accounts/:account_id/account_calendars
        GET /api/v1/accounts/:account_id/visible_calendars_count
        GET /api/v1/accounts
        GET /api/v1/accounts/search
        GET /api/v1/manageable_accounts
        GET /api/v1/course_creation_accounts
        GET /api/v1/course_accounts
        GET /api/v1/accounts/:id
        GET /api/v1/accounts/:account_id/settings
        GET /api/v1/settings/environment
        GET /api/v1/accounts/:account_id/permissions
        GET /api/v1/accounts/:account_id/terms_of_service
        GET /api/v1/accounts/:account_id/help_links
        GET /api/v1/manually_created_courses_account
        GET /api/v1/accounts/:account_id/sub_accounts
        GET /api/v1/accounts/:account_id/courses
    """,
    "brightspace": """
        GET /d2l/api/versions/
        GET /d2l/api/(productCode)/versions/
        GET /d2l/api/(productCode)/versions/(version)
        POST /d2l/api/versions/check
        GET /d2l/api/lp/(version)/users/whoami
        POST /d2l/api/eP/(version)/export/new
        POST /d2l/api/eP/(version)/export/new/all
        GET /d2l/api/eP/(version)/export/(exportId)/status
        GET /d2l/api/eP/(version)/export/(exportId)/package
        POST /d2l/api/eP/(version)/import/new
        POST /d2l/api/eP/(version)/import/newwithdetails
        GET /d2l/api/eP/(version)/import/(importId)/status
        POST /d2l/api/eP/(version)/reflections/new
        GET /d2l/api/eP/(version)/reflection/(objectId)
        DELETE /d2l/api/eP/(version)/reflection/(objectId)
        POST /d2l/api/eP/(version)/reflection/(reflectionId)/on/(objectId)
        DELETE /d2l/api/eP/(version)/reflection/(reflectionId)/on/(objectId)
        POST /d2l/api/eP/(version)/artifacts/link/new
        POST /d2l/api/eP/(version)/artifacts/file/upload
        GET /d2l/api/eP/(version)/artifact/(objectId)
        DELETE /d2l/api/eP/(version)/artifact/(objectId)
        POST /d2l/api/eP/(version)/collections/new
        GET /d2l/api/eP/(version)/collection/(objectId)
        DELETE /d2l/api/eP/(version)/collection/(objectId)
        POST /d2l/api/eP/(version)/collection/(collectionId)/add/(objectId)
        POST /d2l/api/eP/(version)/collection/(collectionId)/remove/(objectId)
        GET /d2l/api/eP/(version)/collection/(collectionId)/contents/
        POST /d2l/api/eP/(version)/presentations/new
        GET /d2l/api/eP/(version)/presentation/(objectId)
        DELETE /d2l/api/eP/(version)/presentation/(objectId)
        GET /d2l/api/eP/(version)/objects/my/
        GET /d2l/api/eP/(version)/object/(objectId)/content
        GET /d2l/api/eP/(version)/object/(objectId)/comments/
        POST /d2l/api/eP/(version)/object/(objectId)/comments/new
        GET /d2l/auth/api/token
    """,
    "accreditly": """
        POST /profile/portfolio
        GET /profile/portfolio/{id}
        DELETE /profile/portfolio/{id}
        PUT /profile/portfolio/{id}/{accreditationId}
        POST /profile/portfolio/{id}/security
        GET /profile/verify
    """,
}
"""What the vendors publish, in their spelling and the contracts' order."""


def document() -> str:
    """docs/routes.md."""
    return "\n".join([HEAD, *(line for dialect in dialects() for line in _chapter(dialect))]).rstrip() + "\n"


def published(dialect: Dialect) -> list[tuple[str, str]]:
    """Method and path of the routes a vendor publishes."""
    lines = PUBLISHED[dialect.name].split("\n")
    return [(method, path) for method, _, path in (line.strip().partition(" ") for line in lines) if method]


def _chapter(dialect: Dialect) -> Iterator[str]:
    routes = {(route.method, route.vendor): route for route in dialect.routes}
    yield f"## {TITLES[dialect.name]}\n"
    yield "| vendor route | state | permission |\n|---|---|---|"
    for method, path in published(dialect):
        route = routes.get((method, path))
        yield f"| {method} `{path}` | {SERVED if route else PLANNED} | {_needs(route) if route else ''} |"
    extensions = [route for route in dialect.routes if route.extension]
    if extensions:
        yield "\nExtensions: the vendor has no such route.\n"
        yield "| route | permission |\n|---|---|"
        for route in extensions:
            yield f"| {route.method} `{route.vendor}` | {_needs(route)} |"
    yield ""


def _needs(route: Route) -> str:
    return f"`{route.permission.value}`" + (", or nobody signed in" if route.anonymous else "")


if __name__ == "__main__":
    sys.stdout.write(document())
