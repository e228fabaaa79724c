"""Keys and places: of large documents in the bucket, of objects in lists, of people among mixed records."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
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
        return f"portfolio#{one.updated_at.strftime('%Y%m%d%H%M%S%f')}#{one.id:016d}"
    if one.page is not None and one.page.portfolio_id is not None:
        return f"page#{one.page.portfolio_id:016d}#{one.page.position:010d}#{one.id:016d}"
    commented = commented_id(one)
    if commented is not None:
        return f"{comment_prefix(commented)}{one.created_at.strftime('%Y%m%d%H%M%S%f')}#{one.id:016d}"
    return None


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
