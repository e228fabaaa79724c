"""Tokens, key pairs and the buckets that pay for calls.

A minute bucket is attributes `w{minute}` on an item: what was spent in that minute. One unconditional UpdateItem adds
to the present minute, forgets the ones before and answers the whole item, so that looking a token up and charging it is
one call. Canvas's bucket leaks instead (`buckets.py`), in one call as well.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace
from pynamodb.exceptions import PutError, TransactWriteError, UpdateError, VerboseClientError
from pynamodb.transactions import TransactWrite

from chalicelib.domain.errors import ConflictError
from chalicelib.domain.idkey import IdKey
from chalicelib.domain.ports_people import Use
from chalicelib.domain.token import Token
from chalicelib.storage import documents, tokens
from chalicelib.storage.buckets import Buckets, Change
from chalicelib.storage.people import user_key
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
    """The credential store (see `ports_people.CredentialStore`)."""

    tables: Tables
    buckets: Buckets = field(default_factory=Buckets)
    stamps: dict[str, int] = field(default_factory=dict)
    """When tokens were used, to be written with their next call."""

    def use_token(self, token_hash: str, cost: int, now: datetime, *, leaking: bool = False) -> Use | None:
        """Look a token up by its hash and charge its bucket, in one call."""
        second = int(now.timestamp())
        item = self._use_leaking(token_hash, second) if leaking else self._use_minute(token_hash, cost, now)
        if item is None:
            return None
        token = documents.decode(item["document"]["S"], Token)
        used = item.get("used_at")
        return Use(
            token=replace(token, last_used_at=datetime.fromtimestamp(int(used["N"]), UTC)) if used else token,
            spent=_spent(item, now),
            level=self.buckets.read(token_hash, item, second) if leaking else 0,
            suspended=item.get("suspended", {}).get("BOOL", False),
        )

    def _use_minute(self, token_hash: str, cost: int, now: datetime) -> dict[str, Any] | None:
        return self._spend(secret_key(token_hash), cost, now, put=self._stamp_due(token_hash), must_exist=True)

    def _stamp_due(self, token_hash: str) -> dict[str, int]:
        stamp = self.stamps.pop(token_hash, None)
        return {} if stamp is None else {"used_at": stamp}

    def _use_leaking(self, token_hash: str, second: int) -> dict[str, Any] | None:
        change = self.buckets.charge(token_hash, second)
        change.put |= self._stamp_due(token_hash)
        item = self._update(secret_key(token_hash), change, must_exist=True)
        if item is not None:
            self.buckets.read(token_hash, item, second)
            crowd = self.buckets.crowded(token_hash)
            if crowd is not None:
                self._update(secret_key(token_hash), crowd)
        return item

    def settle(self, token_hash: str, now: datetime, cost: int) -> None:
        """Remember what a call cost that was charged at `now`: its token's next call here brings it."""
        self.buckets.settle(token_hash, int(now.timestamp()), cost)

    def stamp(self, token: Token, now: datetime) -> None:
        """Write down that a token was used, unless somebody did since `token` was read."""
        people, used_at = self.tables.people, int(now.timestamp())
        before = int(token.last_used_at.timestamp()) if token.last_used_at else None
        same = people.used_at.does_not_exist() if before is None else people.used_at <= before
        try:
            self.tables.person(token_key(token)).update(
                actions=[people.used_at.set(used_at)], condition=people.pk.exists() & same
            )
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
        else:
            self._seen(token.user_id, used_at)
        self.stamps[token.hash] = used_at

    def _seen(self, user_id: int, second: int) -> None:
        """Write down when a user was here last, for reports (`last_user_access_csv`)."""
        people = self.tables.people
        try:
            self.tables.person(user_key(user_id)).update(
                actions=[people.used_at.set(second)], condition=people.pk.exists()
            )
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise

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
        item = self._spend({"pk": f"bucket#{bucket}", "sk": "bucket"}, cost, now, put={"expires_at": expires_at})
        return _spent(item or {}, now)

    def _spend(
        self, key: dict[str, str], cost: int, now: datetime, *, put: dict[str, int], must_exist: bool = False
    ) -> dict[str, Any] | None:
        minute = _minute(now)
        stale = [f"w{minute - age}" for age in range(1, FORGET + 1)]
        item = self._update(key, Change({f"w{minute}": cost}, put, stale), must_exist=must_exist)
        leftovers = [name for name in item or () if name.startswith("w") and name[1:].isdigit()]
        if len(leftovers) > LEFTOVERS:
            self._update(key, Change({}, {}, [name for name in leftovers if name != f"w{minute}"]))
        return item

    def _update(self, key: dict[str, str], change: Change, *, must_exist: bool = False) -> dict[str, Any] | None:
        """Change numbers of an item and answer the whole of it; None when it must be there and is not."""
        values = {f":{name}": {"N": str(value)} for name, value in (change.add | change.put).items()}
        parts = (
            ("ADD", [f"{name} :{name}" for name in change.add]),
            ("SET", [f"{name} = :{name}" for name in change.put]),
            ("REMOVE", [name for name in change.remove if name not in change.add and name not in change.put]),
        )
        request: dict[str, Any] = {
            "TableName": self.tables.people.Meta.table_name,
            "Key": {name: {"S": value} for name, value in key.items()},
            "UpdateExpression": " ".join(f"{word} {', '.join(clauses)}" for word, clauses in parts if clauses),
            "ReturnValues": "ALL_NEW",
        }
        if values:
            request["ExpressionAttributeValues"] = values
        if must_exist:
            request["ConditionExpression"] = "attribute_exists(pk)"
        try:
            found: dict[str, Any] = self.tables.connection.dispatch("UpdateItem", request)["Attributes"]
        except VerboseClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return None
            raise
        return found


def _minute(now: datetime) -> int:
    return int(now.timestamp()) // 60


def _spent(item: dict[str, Any], now: datetime) -> int:
    return int(item.get(f"w{_minute(now)}", {"N": "0"})["N"])
