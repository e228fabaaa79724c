"""Reads Canvas SIS CSV files row by row and feeds them to the people service.

Canvas knows a file by its header, not by its name; so does this. A bad line is reported with its file and line and the
rest is loaded. Importing the same files again changes nothing.

Source: Canvas "SIS Import Format Documentation", accounts.csv, users.csv, admins.csv.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from chalicelib.domain.person import ACCOUNT_ADMIN, Account, AccountRow, AdminRow, RowOutcome, UserRow

Row = AccountRow | UserRow | AdminRow
STATUSES = {"active", "deleted", "suspended"}
MAX_ERRORS = 10_000
"""Errors kept in the report; more are counted only."""


class People(Protocol):
    """The part of the people service an import needs; each answers one outcome per row, in order."""

    def upsert_accounts(self, root: Account, rows: Iterable[AccountRow]) -> Iterable[RowOutcome]:
        """Create or change accounts below `root`."""

    def upsert_users(self, root: Account, rows: Iterable[UserRow]) -> Iterable[RowOutcome]:
        """Create or change people of `root`."""

    def upsert_admins(self, root: Account, rows: Iterable[AdminRow]) -> Iterable[RowOutcome]:
        """Grant or withdraw roles in accounts of `root`."""


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


@dataclass(slots=True)
class Report:
    """What an import did."""

    files: dict[str, FileCount] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    failed: int = 0

    def add(self, error: RowError) -> None:
        """Count an error, and keep it while there is room."""
        self.failed += 1
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(error)

    def as_json(self) -> dict[str, Any]:
        """The report as the command line prints it."""
        return {
            "files": {name: asdict(count) for name, count in self.files.items()},
            "failed": self.failed,
            "errors": [asdict(error) for error in self.errors],
        }


class RowProblemError(ValueError):
    """A line lacks something, or holds a value that is not known."""


def _account(row: Mapping[str, str]) -> AccountRow:
    return AccountRow(
        sis_id=_needed(row, "account_id"),
        parent_sis_id=row.get("parent_account_id", ""),
        name=_needed(row, "name"),
        status=_status(row, {"active", "deleted"}),
        integration_id=row.get("integration_id", ""),
    )


def _user(row: Mapping[str, str]) -> UserRow:
    return UserRow(
        sis_id=_needed(row, "user_id"),
        login_id=_needed(row, "login_id"),
        first_name=row.get("first_name", ""),
        last_name=row.get("last_name", ""),
        full_name=row.get("full_name", ""),
        sortable_name=row.get("sortable_name", ""),
        short_name=row.get("short_name", ""),
        email=row.get("email", ""),
        pronouns=row.get("pronouns", ""),
        integration_id=row.get("integration_id", ""),
        status=_status(row, STATUSES),
    )


def _admin(row: Mapping[str, str]) -> AdminRow:
    role = row.get("role", "")
    if not role and row.get("role_id"):
        raise RowProblemError("role_id is not supported yet: name the role in the column role")
    if row.get("root_account"):
        raise RowProblemError("root_account is not supported: import into that root account with --root")
    return AdminRow(
        user_sis_id=_needed(row, "user_id"),
        account_sis_id=row.get("account_id", ""),
        role=ACCOUNT_ADMIN if role.lower() in {"", "admin", ACCOUNT_ADMIN.lower()} else role,
        status=_status(row, {"active", "deleted"}),
    )


def _needed(row: Mapping[str, str], name: str) -> str:
    if not row.get(name):
        raise RowProblemError(f"{name} is blank")
    return row[name]


def _status(row: Mapping[str, str], known: set[str]) -> str:
    status = row.get("status", "").lower()
    if status not in known:
        raise RowProblemError(f"status {status!r} is none of {', '.join(sorted(known))}")
    return status


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: the columns that tell it, the others it may have, and how a line becomes a row."""

    name: str
    needed: frozenset[str]
    optional: frozenset[str]
    read: Callable[[Mapping[str, str]], Row]


KINDS = (
    Kind(
        "accounts",
        frozenset({"account_id", "parent_account_id", "name", "status"}),
        frozenset({"integration_id"}),
        _account,
    ),
    Kind(
        "users",
        frozenset({"user_id", "login_id", "status"}),
        frozenset("first_name last_name full_name sortable_name short_name email pronouns integration_id".split()),
        _user,
    ),
    Kind(
        "admins", frozenset({"user_id", "account_id", "status"}), frozenset({"role", "role_id", "root_account"}), _admin
    ),
)
"""In the order in which they are loaded: each may refer to rows of those before."""


def import_folder(
    folder: Path, people: People, root: Account, *, progress: Callable[[str, int], None] = lambda *_: None
) -> Report:
    """Load every CSV file of `folder` into `root`.

    Parameters
    ----------
    folder
        Files are taken in the order accounts, users, admins, then by name.
    people
        Where the rows go.
    root
        The root account; a blank parent means it.
    progress
        Is told a file's name and its number of rows so far, every row.

    Raises
    ------
    FileNotFoundError
        `folder` is no folder, or has no CSV file.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv")
    if not paths:
        raise FileNotFoundError(f"There is no CSV file in {folder}.")
    report = Report()
    known = [(kind, path) for path in paths if (kind := _kind_of(path, report))]
    for kind, path in sorted(known, key=lambda pair: (KINDS.index(pair[0]), pair[1].name)):
        _load(kind, path, people, root, report, progress)
    return report


def _kind_of(path: Path, report: Report) -> Kind | None:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = {name.strip().lower() for name in next(csv.reader(file), [])}
    except (UnicodeDecodeError, csv.Error) as error:
        report.add(RowError(path.name, 0, f"this is not CSV text in UTF-8: {error}"))
        return None
    for kind in KINDS:
        if kind.needed <= header:
            unknown = sorted(header - kind.needed - kind.optional - {""})
            if unknown:
                report.add(RowError(path.name, 1, f"unknown column ignored: {', '.join(unknown)}"))
            return kind
    report.add(RowError(path.name, 1, f"these columns are those of no file that can be imported: {sorted(header)}"))
    return None


def _load(
    kind: Kind, path: Path, people: People, root: Account, report: Report, progress: Callable[[str, int], None]
) -> None:
    count = report.files[path.name] = FileCount(kind.name)
    lines: list[int] = []

    def rows() -> Iterator[Any]:
        for line, row in _rows(kind, path, count, report):
            lines.append(line)
            yield row

    upsert: Callable[[Account, Iterable[Any]], Iterable[RowOutcome]] = getattr(people, f"upsert_{kind.name}")
    for outcome in upsert(root, rows()):
        line = lines.pop(0)
        if outcome.error:
            count.failed += 1
            report.add(RowError(path.name, line, outcome.error))
        elif outcome.changed:
            count.changed += 1
        else:
            count.unchanged += 1
        progress(path.name, count.rows)


def _rows(kind: Kind, path: Path, count: FileCount, report: Report) -> Iterator[tuple[int, Row]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = [name.strip().lower() for name in next(reader)]
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (UnicodeDecodeError, csv.Error) as error:
                count.failed += 1
                report.add(RowError(path.name, reader.line_num, f"cannot be read: {error}"))
                if isinstance(error, UnicodeDecodeError):
                    return
                continue
            if not any(cell.strip() for cell in cells):
                continue
            count.rows += 1
            try:
                if len(cells) > len(header):
                    raise RowProblemError(f"{len(cells)} cells for {len(header)} columns")
                row = kind.read({name: cell.strip() for name, cell in zip(header, cells, strict=False)})
            except RowProblemError as error:
                count.failed += 1
                report.add(RowError(path.name, reader.line_num, str(error)))
            else:
                yield reader.line_num, row
