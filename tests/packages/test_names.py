from __future__ import annotations

import doctest
import importlib
import pkgutil
from datetime import datetime

import pytest

from chalicelib import packages
from chalicelib.packages import names

MODULES = [one.name for one in pkgutil.walk_packages(packages.__path__, "chalicelib.packages.")]


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("Mere", "Tane", "eP_Export_Mere_Tane_202602010905.zip"),
        ("Anna Maria", "O'Neil", "eP_Export_Anna Maria_O'Neil_202602010905.zip"),
        ('a/b\\c:d*e?f"g<h>i|j\n\x9f', "", "eP_Export_abcdefghij__202602010905.zip"),
        ("Žofie", "日本", "eP_Export_Žofie_日本_202602010905.zip"),
    ],
)
def test_a_package_is_named_for_its_person(first: str, last: str, expected: str) -> None:
    assert names.package_file_name(first, last, datetime(2026, 2, 1, 9, 5)) == expected  # noqa: DTZ001 - local minute


def test_a_name_beyond_ascii_is_given_twice() -> None:
    assert names.content_disposition("a b.zip") == 'attachment; filename="a b.zip"'
    assert (
        names.content_disposition("Ž日.zip") == "attachment; filename=\"__.zip\"; filename*=UTF-8''%C5%BD%E6%97%A5.zip"
    )
