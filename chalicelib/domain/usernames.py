"""What a user is called, from a row that may tell only some of it.

Names that are not told follow from others: the full name from the first and last, or these from it, the sortable and
the short name from all. So when a row changes one, those that followed from it follow again, and those that were told
once stay.
"""

from __future__ import annotations

from typing import NamedTuple

from chalicelib.domain.person import User, UserRow


class Names(NamedTuple):
    """All names of a user but their login."""

    name: str
    first_name: str
    last_name: str
    sortable_name: str
    short_name: str


def names(row: UserRow, before: User | None) -> Names:
    """The names a user has after a row; None in it: not told."""
    full, first, last = (one and one.strip() for one in (row.full_name, row.first_name, row.last_name))
    was = before or User(id=0, root_account_id=0, login_id="", name="")
    if first is not None or last is not None:
        first, last = was.first_name if first is None else first, was.last_name if last is None else last
        if full is None and was.name not in ("", _joined(was.first_name, was.last_name)):
            full = was.name
        name = full or _joined(first, last) or was.name or row.login_id
        first, last = (first, last) if first or last else _split(name)
    else:
        name = full or (was.name if full is None else _joined(was.first_name, was.last_name)) or row.login_id
        told = _split(was.name) != (was.first_name, was.last_name)
        first, last = (was.first_name, was.last_name) if before and told else _split(name)
    return Names(
        name,
        first,
        last,
        _told(row.sortable_name, was.sortable_name, _sortable(*_names(was)), _sortable(name, first, last)),
        _told(row.short_name, was.short_name, was.name, name),
    )


def _told(cell: str | None, was: str, followed: str, follows: str) -> str:
    """A name that is told, or stays; one that follows from others follows."""
    kept = was if was != followed else ""
    return (kept if cell is None else cell.strip()) or follows


def _names(user: User) -> tuple[str, str, str]:
    return user.name, user.first_name, user.last_name


def _joined(first: str, last: str) -> str:
    return f"{first} {last}".strip()


def _split(name: str) -> tuple[str, str]:
    """First and last name of a full one.

    >>> _split("Ada King Noel"), _split("Plato")
    (('Ada King', 'Noel'), ('Plato', ''))
    """
    first, _, last = name.rpartition(" ")
    return (first, last) if first else (last, "")


def _sortable(name: str, first: str, last: str) -> str:
    return f"{last}, {first}" if first and last else name
