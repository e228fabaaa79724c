"""Exports at full size, and what memory they take."""

from __future__ import annotations

import pytest

from bench import large, transfer

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def test_an_export_outlasts_its_function_many_times() -> None:
    """1 GB of files and 20,000 pages, in functions of 7 s of which 5 are kept for the checkpoint."""
    assert large.export(files_mb=1024, pages=20_000, limit_s=7).problems == []


def test_memory_does_not_grow_with_the_package() -> None:
    found = transfer.memory(small_mb=10, large_mb=256)
    assert {name: memory for name, memory in found.items() if not memory.within} == {}
