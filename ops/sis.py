"""Streams Canvas SIS CSV files into the service: accounts, people, courses (docs/sis.md).

Canvas knows a file by its header, not by its name; so does this. A bad line is reported with its file and line and the
rest is loaded. Importing the same files again changes nothing.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from chalicelib.domain.person import Account, RowOutcome
from chalicelib.packages.cells import plain
from ops.sis_row import Kind, RowProblemError
from ops.sis_rows import KINDS, kind_of

MAX_ERRORS = 10_000
"""Errors kept in the report; more are counted only."""
CELL_LIMIT = 1024 * 1024
"""Longest cell in characters."""


@dataclass(frozen=True, slots=True)
class RowError:
    """A line that was not loaded. `line` counts the header as 1; 0: the whole file."""

    file: str
    line: int
    message: str


@dataclass(slots=True)
class FileCount:
    """What became of one file's rows."""

    kind: str
    rows: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    seconds: float = 0

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds if self.seconds else 0


@dataclass(slots=True)
class Report:
    """What an import did."""

    files: dict[str, FileCount] = field(default_factory=dict)
    failed: int = 0
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    """Columns that were ignored."""

    def add(self, error: RowError) -> None:
        """Count an error, and keep it while there is room."""
        self.failed += 1
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(error)

    def as_json(self) -> dict[str, Any]:
        """The report as the command line prints it."""
        return asdict(self)


class Import:
    """One import of a folder's files.

    Parameters
    ----------
    school
        Where the rows go: has `upsert_KIND` for every kind of file (see `sis_school.School`).
    root
        The root account; a blank parent means it.
    progress
        Is told a file's name and its number of rows so far, every row.
    """

    def __init__(self, school: Any, root: Account, *, progress: Callable[[str, int], None] = lambda *_: None) -> None:
        self._school = school
        self._root = root
        self._progress = progress
        self._report = Report()

    def run(self, folder: Path) -> Report:
        """Load every CSV file of `folder` in the order of `KINDS`, those of a kind by name.

        Raises
        ------
        FileNotFoundError
            `folder` is no folder, or has no CSV file.
        """
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv")
        if not paths:
            raise FileNotFoundError(f"There is no CSV file in {folder}.")
        known = [(kind, path) for path in paths if (kind := self._recognise(path))]
        for kind, path in sorted(known, key=lambda pair: KINDS.index(pair[0])):
            self._load(kind, path)
        return self._report

    def _recognise(self, path: Path) -> Kind | None:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                header = set(_names(next(csv.reader(file), []))) - {""}
        except (UnicodeDecodeError, csv.Error) as error:
            self._report.add(RowError(path.name, 0, f"this is not CSV text in UTF-8: {error}"))
            return None
        kind = kind_of(header)
        if kind is None:
            columns = ", ".join(sorted(header)) or "none"
            self._report.add(RowError(path.name, 1, f"no file that can be imported has these columns: {columns}"))
            return None
        unknown = ", ".join(sorted(header - kind.columns))
        if unknown:
            self._report.warnings.append(RowError(path.name, 1, f"unknown columns ignored: {unknown}"))
        return kind

    def _load(self, kind: Kind, path: Path) -> None:
        count = self._report.files[path.name] = FileCount(kind.name)
        lines: deque[int] = deque()
        held: deque[int] = deque()

        def rows() -> Iterator[Any]:
            for line, row in self._rows(kind, path, count):
                lines.append(line)
                yield row

        began = monotonic()
        upsert: Callable[[Account, Iterable[Any]], Iterable[RowOutcome]] = getattr(self._school, f"upsert_{kind.name}")
        for outcome in upsert(self._root, rows()):
            line = lines.popleft() if lines else held.popleft()
            if outcome.held:
                held.append(line)
            elif outcome.error:
                self._fail(count, RowError(path.name, line, outcome.error))
            elif outcome.changed:
                count.changed += 1
            else:
                count.unchanged += 1
            self._progress(path.name, count.rows)
        count.seconds = round(monotonic() - began, 3)

    def _rows(self, kind: Kind, path: Path, count: FileCount) -> Iterator[tuple[int, Any]]:
        csv.field_size_limit(CELL_LIMIT)
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = _names(next(reader))
            while True:
                try:
                    cells = next(reader, None)
                except csv.Error as error:
                    self._fail(count, RowError(path.name, reader.line_num, f"cannot be read: {error}"))
                    continue
                except UnicodeDecodeError as error:
                    message = f"cannot be read, nor what follows, because it is not UTF-8: {error}"
                    self._fail(count, RowError(path.name, reader.line_num + 1, message))
                    return
                if cells is None:
                    return
                if not any(cell.strip() for cell in cells):
                    continue
                count.rows += 1
                try:
                    row = kind.read(_by_name(header, cells, kind.columns))
                except RowProblemError as error:
                    self._fail(count, RowError(path.name, reader.line_num, str(error)))
                else:
                    yield reader.line_num, row

    def _fail(self, count: FileCount, error: RowError) -> None:
        count.failed += 1
        self._report.add(error)


def _names(header: list[str]) -> list[str]:
    return [name.strip().lower() for name in header]


def _by_name(header: list[str], cells: list[str], known: frozenset[str]) -> dict[str, str]:
    if len(cells) > len(header):
        raise RowProblemError(f"{len(cells)} cells for {len(header)} columns")
    return {name: plain(cell.strip()) for name, cell in zip(header, cells, strict=False) if name in known}
