"""CSV as reports write it and our importer reads it: inert in a spreadsheet, and the same again when it comes back.

A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break for a formula. Such a cell gets an
apostrophe in front, and so does one that has apostrophes before such a letter; the importer takes one away.

Source
------
ADR 40; RFC 4180 for quoting and line ends.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

MARK = "\ufeff"
"""Tells old spreadsheets that a file is UTF-8."""
FIRST = frozenset("=+-@\t\r\n＝＋－＠'")
"""First letters of cells that are looked at more closely."""
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
INERT = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


def inert(cell: str) -> str:
    """The cell as no spreadsheet takes it for a formula.

    >>> inert("=1+1"), inert("-5"), inert("'=x"), inert("O'Brien"), inert("'tis")
    ("'=1+1", "'-5", "''=x", "O'Brien", "'tis")
    """
    return f"'{cell}" if FORMULA.match(cell) else cell


def plain(cell: str) -> str:
    """The cell as it was before `inert`.

    >>> plain("'=1+1"), plain("''=x"), plain("'tis"), plain("=1")
    ('=1+1', "'=x", "'tis", '=1')
    """
    return cell[1:] if INERT.match(cell) else cell


def text(rows: Iterable[Sequence[Any]]) -> bytes:
    r"""Rows as CSV in UTF-8; None is an empty cell.

    >>> text([("a", None, 7), ("=b", "x,y", True)]) == b"a,,7\r\n'=b,\"x,y\",True\r\n"
    True
    """
    out = io.StringIO(newline="")
    write = csv.writer(out).writerow
    for row in rows:
        write([inert(cell) if isinstance(cell, str) and cell[:1] in FIRST else cell for cell in row])
    return out.getvalue().encode("utf-8", "replace")
