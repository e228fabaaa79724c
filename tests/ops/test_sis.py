"""SIS files: recognised by header, streamed, each bad line told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.person import Account, AccountRow, AdminRow, RowOutcome, UserRow
from ops.sis import Import, Report

ROOT = Account(id=1, name="Root", path="/1/")


class FakeDirectory:
    """Keeps rows by key; refuses the key `bad`."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Any] = {}
        self.order: list[str] = []

    def _upsert(self, kind: str, rows: Iterable[Any], key: str) -> Iterator[RowOutcome]:
        for row in rows:
            name = getattr(row, key)
            self.order.append(kind)
            if name == "bad":
                yield RowOutcome(error="refused")
                continue
            changed = self.rows.get((kind, name)) != row
            self.rows[kind, name] = row
            yield RowOutcome(changed=changed)

    def upsert_accounts(self, root: Account, rows: Iterable[AccountRow]) -> Iterator[RowOutcome]:
        return self._upsert("accounts", rows, "sis_id")

    def upsert_users(self, root: Account, rows: Iterable[UserRow]) -> Iterator[RowOutcome]:
        return self._upsert("users", rows, "sis_id")

    def upsert_admins(self, root: Account, rows: Iterable[AdminRow]) -> Iterator[RowOutcome]:
        return self._upsert("admins", rows, "user_sis_id")


def load(folder: Path, directory: FakeDirectory | None = None) -> Report:
    return Import(directory or FakeDirectory(), ROOT).run(folder)


def test_demo_school_is_clean_and_idempotent() -> None:
    folder = Path(__file__).parents[2] / "ops" / "demo_school"
    directory = FakeDirectory()
    first, second = load(folder, directory), load(folder, directory)
    assert first.errors == second.errors == first.warnings == []
    assert {name: count.changed for name, count in first.files.items()} == {
        "accounts.csv": 2,
        "users.csv": 6,
        "admins.csv": 2,
    }
    assert sum(count.changed for count in second.files.values()) == 0
    assert directory.order == ["accounts"] * 2 + ["users"] * 6 + ["admins"] * 2 + directory.order[10:]


def test_files_are_known_by_header_not_name(tmp_path: Path) -> None:
    (tmp_path / "a-people.CSV").write_text("Login_ID,status,user_id\nada,active,s1\n", encoding="utf-8-sig")
    (tmp_path / "z.csv").write_text("account_id,parent_account_id,name,status\nart,,Art,active\n", encoding="utf-8")
    directory = FakeDirectory()
    report = load(tmp_path, directory)
    assert {name: count.kind for name, count in report.files.items()} == {"z.csv": "accounts", "a-people.CSV": "users"}
    assert directory.rows["users", "s1"] == UserRow(sis_id="s1", login_id="ada")


def test_bad_lines_are_told_and_the_rest_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text(
        "user_id,login_id,full_name,status\n"
        "s1,ada,Ada,active\n"
        ",grace,Grace,active\n"
        "s3,,Alan,active\n"
        "s4,kim,Kim,retired\n"
        "\n"
        '"s5",jo,"Jo\nMarsh",active\n'
        "bad,x,X,active\n"
        "s6,eve,Eve,active,extra\n"
        "s7,bob,Bob,deleted\n"
        f"s8,liz,{'x' * 256},active\n",
        encoding="utf-8",
    )
    report = load(tmp_path)
    assert [(error.line, error.message) for error in report.errors] == [
        (3, "user_id is blank"),
        (4, "login_id is blank"),
        (5, "status 'retired' is none of active, suspended, deleted"),
        (9, "refused"),
        (10, "5 cells for 4 columns"),
        (12, "full_name has 256 characters; at most 255 are taken"),
    ]
    count = report.files["users.csv"]
    assert (count.rows, count.changed, count.failed) == (9, 3, 6)
    assert report.failed == 6


def test_unknown_columns_are_a_warning_unknown_files_an_error(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text(
        f"user_id,login_id,status,shoe_size\ns1,ada,active,{'9' * 5000}\n", encoding="utf-8"
    )
    (tmp_path / "grades.csv").write_text("course_id,grade\nc1,A\n", encoding="utf-8")
    (tmp_path / "photo.csv").write_bytes(b"\x89PNG\xff\xfe")
    report = load(tmp_path)
    assert [(item.file, item.message) for item in report.warnings] == [
        ("users.csv", "unknown columns ignored: shoe_size")
    ]
    assert [item.file for item in report.errors] == ["grades.csv", "photo.csv"]
    assert report.files["users.csv"].changed == 1


def test_text_that_stops_being_utf8_ends_the_file(tmp_path: Path) -> None:
    filler = b"".join(b"s%d,u%d,active\n" % (n, n) for n in range(3000))
    (tmp_path / "users.csv").write_bytes(b"user_id,login_id,status\n" + filler + b"x,caf\xe9,active\n")
    report = load(tmp_path)
    assert report.files["users.csv"].changed > 0
    assert "not UTF-8" in report.errors[0].message


def test_admin_rows(tmp_path: Path) -> None:
    (tmp_path / "admins.csv").write_text(
        "user_id,account_id,role,role_id,status,root_account\n"
        "s1,,,,active,\n"
        "s2,art,admin,,active,\n"
        "s3,art,Librarian,,deleted,\n"
        "s4,art,,17,active,\n"
        "s5,art,,,active,other.example.edu\n",
        encoding="utf-8",
    )
    directory = FakeDirectory()
    report = load(tmp_path, directory)
    assert directory.rows["admins", "s1"] == AdminRow(user_sis_id="s1", account_sis_id="")
    assert directory.rows["admins", "s2"].role == "AccountAdmin"
    assert directory.rows["admins", "s3"].role == "Librarian"
    assert directory.rows["admins", "s4"].role_id == 17
    assert [error.line for error in report.errors] == [6]


def test_rows_stream_one_by_one(tmp_path: Path) -> None:
    rows = "".join(f"s{number},u{number},active\n" for number in range(50))
    (tmp_path / "users.csv").write_text(f"user_id,login_id,status\n{rows}", encoding="utf-8")
    seen: list[int] = []
    Import(FakeDirectory(), ROOT, progress=lambda _, count: seen.append(count)).run(tmp_path)
    assert seen == list(range(1, 51))


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no CSV file"):
        load(tmp_path)
