"""Tokens as people have them: a copy by id under their user, a pointer by hint, and the item of the secret.

The item of the secret (`credentials.py`) is what authenticates and what conditions are about; the copies are written
in the same transactions.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.access import Actor
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.paging import Slice
from chalicelib.domain.ports_tokens import TokenSight
from chalicelib.domain.token import Token
from chalicelib.storage import documents
from chalicelib.storage.census import shelf
from chalicelib.storage.people import standing_keys, standing_of
from chalicelib.storage.tables import PersonRecord, Tables, conflict, given, only

MANUAL, OTHER = "token#", "apptoken#"
"""Tokens made by hand, which are listed, and those an application got."""
ID_DIGITS = 16
HINTS = 10
"""Tokens of one person with the same hint that are looked at; two are rare."""


def secret_key(token_hash: str) -> dict[str, str]:
    """Key of the item a token is looked up by."""
    return {"pk": f"secret#{token_hash}", "sk": "secret"}


def token_key(token: Token) -> dict[str, str]:
    """Key of a token among its user's, in order of its time."""
    return _key(token.user_id, token.id, MANUAL if token.manual else OTHER)


def hint_key(token: Token) -> dict[str, str]:
    """Key of the item that leads from a hint to a token."""
    return {"pk": f"user#{token.user_id}", "sk": f"hint#{token.hint}#{token.id:016d}"}


def _key(user_id: int, token_id: int, prefix: str) -> dict[str, str]:
    return {"pk": f"user#{user_id}", "sk": f"{prefix}{token_id:016d}"}


def add(tables: Tables, transaction: TransactWrite, token: Token, *, suspended: bool = False) -> None:
    """Put a new token into a transaction: the item of its secret, and its copies."""
    people, document = tables.people, documents.encode(token)
    secret = tables.person(secret_key(token.hash), document=document, version=token.version)
    secret.suspended = suspended or None
    transaction.save(secret, condition=people.pk.does_not_exist())
    listed = tables.person(token_key(token), document=document, census=_shelf(token))
    transaction.save(listed, condition=people.pk.does_not_exist())
    transaction.save(tables.person(hint_key(token), target=token.id))


def entity(record: PersonRecord) -> Token:
    """The token of a record."""
    token = documents.decode(record.document or "{}", Token)
    used = given(record.used_at)
    return token if used is None else replace(token, last_used_at=datetime.fromtimestamp(int(used), UTC))


class Tokens(Struct, frozen=True):
    """See `ports_tokens.TokenStore`."""

    tables: Tables

    def find(self, actor: Actor, user_id: int, token_id: int) -> TokenSight:
        """The user's token of that id, and the actor's standing with the user, in one call."""
        keys = standing_keys(actor, users=[user_id])
        mine = [_key(user_id, token_id, prefix) for prefix in (MANUAL, OTHER)] if token_id else []
        found = only(self.tables.batch_get([(self.tables.people, [*keys, *mine])]), PersonRecord)
        places = {one["sk"] for one in mine}
        token = next((entity(record) for record in found if record.sk in places), None)
        return TokenSight(token, standing_of(actor, [record for record in found if record.sk not in places]))

    def hinted(self, user_id: int, hint: str) -> Sequence[int]:
        """Ids of the user's tokens with that hint."""
        people = self.tables.people
        prefix = people.sk.startswith(f"hint#{hint}#")
        return [
            int(record.target) for record in people.query(f"user#{user_id}", prefix, consistent_read=True, limit=HINTS)
        ]

    def manual(self, user_id: int, size: int, bookmark: str) -> Slice[Token]:
        """The user's manual tokens from behind a bookmark, oldest first."""
        people, start = self.tables.people, _place(user_id, bookmark)
        records = list(
            people.query(
                f"user#{user_id}",
                people.sk.startswith(MANUAL),
                consistent_read=True,
                limit=size + 1,
                page_size=size + 1,
                last_evaluated_key=start,
            )
        )
        shown = records[:size]
        return Slice(
            items=[entity(record) for record in shown],
            next_cursor=_bookmark(shown[-1].sk) if len(records) > size else "",
        )

    def create(self, token: Token) -> None:
        """Write a new token."""
        try:
            with TransactWrite(connection=self.tables.connection) as transaction:
                add(self.tables, transaction, token)
        except TransactWriteError as error:
            raise conflict(error) or error from error

    def change(self, before: Token, after: Token, *, suspended: bool) -> None:
        """Replace a token; with another hash the secret before stops working."""
        tables, people, document = self.tables, self.tables.people, documents.encode(_bare(after))
        unchanged = people.version == before.version
        try:
            with TransactWrite(connection=tables.connection) as transaction:
                if before.hash == after.hash:
                    self._rewrite(transaction, before, after)
                else:
                    transaction.delete(tables.person(secret_key(before.hash)), condition=unchanged)
                    transaction.delete(tables.person(hint_key(before)))
                    secret = tables.person(secret_key(after.hash), document=document, version=after.version)
                    secret.suspended = suspended or None
                    transaction.save(secret, condition=people.pk.does_not_exist())
                    transaction.save(tables.person(hint_key(after), target=after.id))
                actions: list[Action] = [people.document.set(document)]
                transaction.update(tables.person(token_key(after)), actions=actions, condition=people.pk.exists())
        except TransactWriteError as error:
            raise conflict(error) or error from error

    def remove(self, before: Token, after: Token) -> None:
        """Delete a token: its secret is known as revoked from now on."""
        tables = self.tables
        try:
            with TransactWrite(connection=tables.connection) as transaction:
                self._rewrite(transaction, before, after, tables.people.census.set(_shelf(after)))
                transaction.delete(tables.person(token_key(before)), condition=tables.people.pk.exists())
                transaction.delete(tables.person(hint_key(before)))
        except TransactWriteError as error:
            raise conflict(error) or error from error

    def _rewrite(self, transaction: TransactWrite, before: Token, after: Token, *more: Action) -> None:
        people = self.tables.people
        document = documents.encode(_bare(after))
        actions: list[Action] = [people.document.set(document), people.version.set(after.version), *more]
        unchanged = people.version == before.version
        transaction.update(self.tables.person(secret_key(before.hash)), actions=actions, condition=unchanged)


def _shelf(token: Token) -> str:
    """Where reports find it; a deleted one at its secret's item, as its copy is gone."""
    return shelf("token", token.root_account_id, token.user_id)


def _bare(token: Token) -> Token:
    """The token as documents hold it: when it was used is an attribute."""
    return replace(token, last_used_at=None)


def _bookmark(place: str) -> str:
    return base64.urlsafe_b64encode(place.removeprefix(MANUAL).encode()).decode().rstrip("=")


def _place(user_id: int, bookmark: str) -> dict[str, Any] | None:
    """The start key a bookmark stands for. Raises InvalidError when it is none of ours."""
    if not bookmark:
        return None
    try:
        digits = base64.urlsafe_b64decode(bookmark + "=" * (-len(bookmark) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        digits = ""
    if not (digits.isascii() and digits.isdigit() and len(digits) == ID_DIGITS):
        raise InvalidError("The bookmark is not one of this list; follow the links.", field="page")
    return {"pk": {"S": f"user#{user_id}"}, "sk": {"S": f"{MANUAL}{digits}"}}
