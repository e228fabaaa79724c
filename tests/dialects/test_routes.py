"""The route table as a whole: what API Gateway demands of it, and what we do."""

from __future__ import annotations

import inspect
from collections import defaultdict
from pathlib import Path

import pytest

from app import app
from chalicelib.dialects import catalog
from chalicelib.dialects.canvas.dialect import Canvas
from chalicelib.dialects.gateway import dialects
from chalicelib.dialects.route import METHODS, Route
from chalicelib.domain.access import Permission

ROUTES = [route for dialect in dialects() for route in dialect.routes]
VIEW_LINES = 14
"""Lines of a view without signature and docstring; formatting may spread a call."""


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_a_route_names_a_permission(route: Route) -> None:
    assert isinstance(route.permission, Permission)


def test_a_route_without_a_permission_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="permission"):
        Canvas().get("/nowhere", permission=None)  # type: ignore[arg-type]


def test_a_route_cannot_be_declared_twice() -> None:
    dialect = Canvas()
    for _ in range(2):
        dialect.get("/nowhere", permission=Permission.USER_READ)(lambda _: None)
    with pytest.raises(ValueError, match="twice"):
        dialect.table()


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_a_view_cites_its_source_and_is_short(route: Route) -> None:
    docstring = inspect.getdoc(route.view) or ""
    assert docstring.startswith(f"{route.method} /"), "begin with method and path"
    assert "\nSource\n------\n" in docstring
    body = inspect.getsource(route.view).split('"""')[-1].strip().splitlines()
    assert len(body) <= VIEW_LINES, "move the work into a service or wire.py"


def test_one_variable_name_per_path_level() -> None:
    """API Gateway refuses `/a/{x}` beside `/a/{y}/b`; Chalice packages it without complaint."""
    names: dict[str, set[str]] = defaultdict(set)
    for path in app.routes:
        parts = path.split("/")
        for depth, part in enumerate(parts):
            if part.startswith("{"):
                names["/".join(parts[:depth])].add(part)
    assert {level: found for level, found in names.items() if len(found) > 1} == {}


def test_paths_are_what_api_gateway_takes() -> None:
    for path in app.routes:
        assert not path.endswith("/")
        for part in path.split("/")[1:]:
            inside = part.strip("{}")
            assert inside.replace("_", "").replace(".", "").isalnum(), path
            assert part in (inside, f"{{{inside}}}"), path


def test_every_method_of_every_path_reaches_the_dialect() -> None:
    for path, methods in app.routes.items():
        assert set(methods) == set(METHODS), path
        assert all(entry.content_types == ["*/*"] for entry in methods.values()), path


def test_canvas_paths_that_end_fixed_take_the_json_suffix() -> None:
    for path in app.routes:
        if path.startswith("/api/v1/") and not path.endswith(("}", ".json")):
            assert f"{path}.json" in app.routes


def test_every_route_is_published_or_an_extension() -> None:
    for dialect in dialects():
        published = set(catalog.published(dialect))
        for route in dialect.routes:
            known = (route.method, route.vendor) in published
            assert known is not route.extension, f"{name(route)}: list it in catalog.PUBLISHED, or mark it"


def test_the_document_is_the_declarations() -> None:
    written = Path("docs/routes.md").read_text()
    assert written == catalog.document(), "run: python -m chalicelib.dialects.catalog"


def test_the_book_is_the_declarations() -> None:
    written = Path("chalicelib/dialects/routebook.py").read_text()
    assert written == catalog.book(), "run: python -m chalicelib.dialects.catalog"


def test_the_handlers_of_queue_and_clock_are_declared_in_app() -> None:
    assert {source.name: source.handler_string for source in app.event_sources} == {
        "run_jobs": "app.run_jobs",
        "bury_jobs": "app.bury_jobs",
        "sweep_jobs": "app.sweep_jobs",
    }


def test_app_is_short() -> None:
    assert len(Path("app.py").read_text().splitlines()) < 120
