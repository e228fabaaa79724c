"""What drives the walk of a course list (canvas-b 4.2, 4.4).

The lists of `by_subaccounts`' accounts, of the term, or the states' own order where one of them is asked for; else the
account's own list.
"""

from __future__ import annotations

import base64
import binascii

from chalicelib.domain.courseentry import RANKS
from chalicelib.domain.coursequery import CourseQuery, Filter
from chalicelib.domain.coursewalk import BETWEEN, Group, Source
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.ordering import SEPARATOR, name_key
from chalicelib.domain.term import Term

MERGED = 10
"""Sub-accounts whose lists are walked together; more are looked for in the account's own list."""
PLACE_BYTES = 1000


def order_of(query: CourseQuery) -> tuple[str, str]:
    """The index to walk, and what its places begin with: one state has its own stretch of the states' order."""
    if query.order:
        return ("" if query.order == "term" else query.order), ""
    ranks = {RANKS[state] for state in query.states if state in RANKS}
    return ("by_status", f"{ranks.pop()}{SEPARATOR}") if len(ranks) == 1 else ("", "")


def groups_of(given: Filter) -> list[Group]:
    """The lists to walk."""
    accounts = _accounts(given)
    if given.term_id or given.query.order != "term":
        return [Group(tuple(Source(account, given.term_id) for account in accounts))]
    by_key: dict[str, list[Source]] = {}
    for term in given.terms.values():
        by_key.setdefault(term_key(term), []).extend(Source(account, term.id) for account in accounts)
    return [Group(tuple(sources), key) for key, sources in by_key.items()]


def term_key(term: Term) -> str:
    """What a term's courses are put in order by."""
    return name_key(term.name)


def _accounts(given: Filter) -> list[int]:
    """The accounts whose lists have every course that may answer."""
    paths = given.subaccount_paths
    if paths is None or len(paths) > MERGED or any(given.account.path.startswith(path) for path in paths):
        return [given.account.id]
    return [int(path.strip("/").rpartition("/")[2]) for path in paths]


def place_of(cursor: str) -> str:
    """Where a cursor leads. Raises InvalidError when it is not one of this list."""
    if not cursor:
        return ""
    try:
        place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        place = ""
    if BETWEEN not in place or len(place.encode()) > PLACE_BYTES:
        raise InvalidError("The cursor is not one of this list; follow the links.", field="cursor")
    return place
