"""House rules import-linter cannot say."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APP_MAY_IMPORT = {
    "chalice",
    "chalicelib.dialects",
    "chalicelib.jobs",
    "chalicelib.observe",
    "chalicelib.settings",
    "chalicelib.wiring",
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


DOMAIN_MAY_IMPORT = {*sys.stdlib_module_names, "msgspec"}
"""msgspec for its Struct, a faster frozen data class (ADR 12)."""


@pytest.mark.parametrize("path", sorted((ROOT / "chalicelib" / "domain").glob("*.py")), ids=lambda path: path.name)
def test_domain_imports_the_standard_library_and_structs_only(path: Path) -> None:
    foreign = {
        name
        for name in imports(path)
        if name.split(".")[0] not in DOMAIN_MAY_IMPORT and not name.startswith("chalicelib.domain")
    }
    assert not foreign, "the domain knows no library: pass what it needs through a port"


def test_app_wires_and_does_nothing_else() -> None:
    path = ROOT / "app.py"
    foreign = {
        name
        for name in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not any(name == known or name.startswith(f"{known}.") for known in APP_MAY_IMPORT)
    }
    assert not foreign, "app.py registers dialects and jobs; logic lives below them"
