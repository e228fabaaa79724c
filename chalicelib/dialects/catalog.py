"""The routes as a document, and as the book that tells which modules declare them.

`python -m chalicelib.dialects.catalog` writes docs/routes.md (vendor route -> state, from the declarations and the
vendors' published lists) and `routebook.py`; a test fails when they are not what it would write.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from chalicelib.dialects.gateway import dialects, speaker
from chalicelib.dialects.route import Dialect, Route

TITLES = {"canvas": "Canvas", "brightspace": "Brightspace ePortfolio", "accreditly": "Accredit.ly"}
SERVED, PLANNED = "served", "not yet"
BOOK = '''"""Which modules of a dialect declare the routes of a path, so that no other is loaded for it (ADR 43).

Written by `python -m chalicelib.dialects.catalog`; edit the declarations, not this file.
"""

from __future__ import annotations

from collections.abc import Mapping

ROUTES: Mapping[str, Mapping[str, str]] = {'''
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


def book() -> str:
    """`routebook.py`: every path as it is registered, with the modules of a dialect that declare its routes."""
    lines = [BOOK]
    for name in TITLES:
        lines.append(f'    "{name}": {{')
        package = import_module(f"chalicelib.dialects.{name}")
        for one in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
            import_module(f"{package.__name__}.{one.name}")
        dialect = speaker(name)
        dialect.routes.sort(key=lambda route: route.view.__module__)
        for path, methods in dialect.table().items():
            modules = dict.fromkeys(route.view.__module__.rpartition(".")[2] for route in methods.values())
            lines.append(f'        "{path}": "{" ".join(modules)}",')
        lines.append("    },")
    return "\n".join([*lines, "}"]) + "\n"


def write() -> None:
    """Write both files of a checkout; the book loads every route that the document has."""
    here = Path(__file__)
    here.with_name("routebook.py").write_text(book(), encoding="utf-8")
    (here.parents[2] / "docs" / "routes.md").write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    write()
