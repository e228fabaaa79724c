"""Keys and places: of large documents in the bucket, of objects in lists, of people among mixed records."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from chalicelib.domain.association import commented_id
from chalicelib.domain.epobject import EpObject
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.person import Account
from chalicelib.storage import people
from chalicelib.storage.tables import PersonRecord, only

T = TypeVar("T")

COMMENTS = "comment#"
"""What the places of comments begin with."""


def body_key(one: EpObject, text: str) -> str:
    """Two writers of one version have keys of their own: the one who loses leaves the other's document alone."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"bodies/{one.owner_id}/{one.id}/{one.version}-{digest[:32]}"


def order(one: EpObject) -> str | None:
    """The place of an object in its list: portfolios by last change, pages by position, comments by age."""
    if one.portfolio is not None:
        return f"portfolio#{_stamp(one.updated_at)}#{one.id:016d}"
    if one.page is not None and one.page.portfolio_id is not None:
        return f"page#{one.page.portfolio_id:016d}#{one.page.position:010d}#{one.id:016d}"
    commented = commented_id(one)
    if commented is not None:
        return f"{comment_prefix(commented)}{_stamp(one.created_at)}#{one.id:016d}"
    return None


def _stamp(at: datetime) -> str:
    """A time as its order: `%Y` alone has fewer than four digits for old years.

    >>> _stamp(datetime(999, 2, 3, 4, 5, 6, 7))
    '09990203040506000007'
    """
    return f"{at.year:04d}{at:%m%d%H%M%S%f}"


def comment_prefix(object_id: int) -> str:
    """What the places of all comments on an object begin with."""
    return f"{COMMENTS}{object_id:016d}#"


def root(found: Sequence[Any], account_key: dict[str, str]) -> Account:
    """The root account among mixed records. Raises NotFoundError."""
    account = first(found, account_key, Account)
    if account is None:
        raise NotFoundError("There is no such root account.")
    return account


def first(found: Sequence[Any], key: dict[str, Any], entity: type[T]) -> T | None:
    """The person or account of that key among mixed records."""
    for record in only(found, PersonRecord):
        if record.pk == key["pk"] and record.sk == key["sk"]:
            return people.entity(record, entity)
    return None
