"""Tokens, key pairs and the minute buckets that pay for calls.

A bucket is attributes `w{minute}` on an item: what was spent in that minute. One unconditional UpdateItem adds to the
present minute, forgets the ones before and answers the whole item, so that looking a token up and charging it is one
call.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct
from pynamodb.exceptions import PutError, TransactWriteError, UpdateError, VerboseClientError
from pynamodb.transactions import TransactWrite

from chalicelib.domain.errors import ConflictError
from chalicelib.domain.ports import Use
from chalicelib.domain.token import IdKey, Token
from chalicelib.storage import documents, tokens
from chalicelib.storage.tables import PersonRecord, Tables, busy, conflict, only
from chalicelib.storage.tokens import secret_key, token_key

FORGET = 5
"""Minutes before the present one that a charge removes; older leftovers are swept when they are many."""
LEFTOVERS = 30
KEPT_S = 3600
"""How long a bucket that is no token's outlives its last charge."""


def _app_key(app_id: str) -> dict[str, str]:
    return {"pk": f"app#{app_id}", "sk": "app"}


class Credentials(Struct, frozen=True):
    """The credential store (see `ports.CredentialStore`)."""

    tables: Tables

    def use_token(self, token_hash: str, cost: int, now: datetime) -> Use | None:
        """Look a token up by its hash and charge its bucket, in one call."""
        item = self._spend(secret_key(token_hash), cost, now, must_exist=True)
        if item is None:
            return None
        return Use(
            token=documents.decode(item["document"]["S"], Token),
            spent=_spent(item, now),
            suspended=item.get("suspended", {}).get("BOOL", False),
        )

    def create_token(self, token: Token) -> None:
        """Write a new token: the item it is looked up by, and its place among the user's."""
        try:
            with TransactWrite(connection=self.tables.connection) as transaction:
                tokens.add(self.tables, transaction, token)
        except TransactWriteError as error:
            raise conflict(error) or error from error

    def rehash_token(self, token: Token, rehashed: Token) -> None:
        """Move a token to another hash; nothing happens when it changed meanwhile."""
        people, document = self.tables.people, documents.encode(rehashed)
        untouched = (people.version == token.version) & (
            people.suspended.does_not_exist() | (people.suspended == False)  # noqa: E712 - an expression
        )
        try:
            with TransactWrite(connection=self.tables.connection) as transaction:
                transaction.delete(self.tables.person(secret_key(token.hash)), condition=untouched)
                transaction.save(
                    self.tables.person(secret_key(rehashed.hash), document=document, version=rehashed.version),
                    condition=people.pk.does_not_exist(),
                )
                transaction.update(
                    self.tables.person(token_key(token)),
                    actions=[people.document.set(document)],
                    condition=people.pk.exists(),
                )
        except TransactWriteError as error:
            if not (conflict(error) or busy(error)):
                raise

    def id_key(self, app_id: str, user_token_id: str) -> tuple[str | None, IdKey | None]:
        """The application's key and the user's pair."""
        keys = [_app_key(app_id)]
        if user_token_id:
            keys.append({"pk": f"app#{app_id}", "sk": f"user#{user_token_id}"})
        app_key = pair = None
        for record in only(self.tables.batch_get([(self.tables.people, keys)]), PersonRecord):
            if record.sk == "app":
                app_key = documents.decode(record.document or "{}", IdKey).app_key
            elif not record.suspended:
                pair = documents.decode(record.document or "{}", IdKey)
        return app_key, pair

    def create_id_key(self, pair: IdKey) -> None:
        """Write a user key, and the application if it is new."""
        people = self.tables.people
        document = documents.encode(pair)
        try:
            self.tables.person(_app_key(pair.app_id), document=document).save(condition=people.pk.does_not_exist())
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            known, _ = self.id_key(pair.app_id, "")
            if known != pair.app_key:
                raise ConflictError("The application has another key.") from error
        # First among the user's: what signs in can always be suspended.
        people(pk=f"user#{pair.user_id}", sk=f"idkey#{pair.app_id}#{pair.user_token_id}", document=document).save()
        people(pk=f"app#{pair.app_id}", sk=f"user#{pair.user_token_id}", document=document).save()

    def suspend(self, user_id: int, *, suspended: bool) -> None:
        """Switch all credentials of a user off, or on again."""
        done: set[tuple[str, str]] = set()
        while missing := [key for key in self._of(user_id) if key not in done]:
            absent = [key for key in missing if not self._switch(key, suspended=suspended)]
            if not absent:
                return
            done.update(missing)  # one that is not there was only half made, or has been hashed anew meanwhile

    def _of(self, user_id: int) -> list[tuple[str, str]]:
        """Keys of the items that a user's credentials are looked up by."""
        people, pk = self.tables.people, f"user#{user_id}"
        found = [
            secret_key(documents.decode(record.document or "{}", Token).hash)
            for prefix in (tokens.MANUAL, tokens.OTHER)
            for record in people.query(pk, people.sk.startswith(prefix), consistent_read=True)
        ]
        for record in people.query(pk, people.sk.startswith("idkey#"), consistent_read=True):
            pair = documents.decode(record.document or "{}", IdKey)
            found.append({"pk": f"app#{pair.app_id}", "sk": f"user#{pair.user_token_id}"})
        return [(key["pk"], key["sk"]) for key in found]

    def _switch(self, key: tuple[str, str], *, suspended: bool) -> bool:
        """Switch one off, or on; whether it was there."""
        people = self.tables.people
        try:
            people(*key).update(actions=[people.suspended.set(suspended)], condition=people.pk.exists())
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def charge(self, bucket: str, cost: int, now: datetime) -> int:
        """Charge a bucket and answer what it has spent in the present minute."""
        expires_at = int(now.timestamp()) + KEPT_S
        item = self._spend({"pk": f"bucket#{bucket}", "sk": "bucket"}, cost, now, expires_at=expires_at)
        return _spent(item or {}, now)

    def _spend(
        self, key: dict[str, str], cost: int, now: datetime, *, must_exist: bool = False, expires_at: int | None = None
    ) -> dict[str, Any] | None:
        minute = _minute(now)
        stale = [f"w{minute - age}" for age in range(1, FORGET + 1)]
        request: dict[str, Any] = {
            "TableName": self.tables.people.Meta.table_name,
            "Key": {name: {"S": value} for name, value in key.items()},
            "UpdateExpression": f"ADD w{minute} :cost REMOVE {', '.join(stale)}",
            "ExpressionAttributeValues": {":cost": {"N": str(cost)}},
            "ReturnValues": "ALL_NEW",
        }
        if expires_at is not None:
            request["UpdateExpression"] += " SET expires_at = :expires"
            request["ExpressionAttributeValues"][":expires"] = {"N": str(expires_at)}
        if must_exist:
            request["ConditionExpression"] = "attribute_exists(pk)"
        try:
            item: dict[str, Any] = self.tables.connection.dispatch("UpdateItem", request)["Attributes"]
        except VerboseClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return None
            raise
        leftovers = [name for name in item if name.startswith("w") and name[1:].isdigit() and name != f"w{minute}"]
        if len(leftovers) > LEFTOVERS:
            sweep = {"TableName": request["TableName"], "Key": request["Key"]}
            sweep["UpdateExpression"] = "REMOVE " + ", ".join(leftovers)
            self.tables.connection.dispatch("UpdateItem", sweep)
        return item


def _minute(now: datetime) -> int:
    return int(now.timestamp()) // 60


def _spent(item: dict[str, Any], now: datetime) -> int:
    return int(item.get(f"w{_minute(now)}", {"N": "0"})["N"])
