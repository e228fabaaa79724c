"""Verifications in DynamoDB: an item at the user, and one in the institution's queue while they wait.

| pk | sk | holds |
|---|---|---|
| `user#{id}` | `verification` | where the user stands, and the keys of the images |
| `verification#{root}` | `{queued_at}#{user}` | the same, while it waits |
| `email#{root}#{address}` | `user#{id}` | whose an address is |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC

from msgspec import Struct
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.person import ADDRESS_LIMIT
from chalicelib.domain.verification import Image, Verification
from chalicelib.storage import documents, people
from chalicelib.storage.garbage import Garbage
from chalicelib.storage.tables import PersonRecord, Tables, conflict, only

NAMED_LIMIT = 20
"""Users of one address that are looked at."""


class Verifications(Struct, frozen=True):
    """The verification store (see `ports_accreditations.VerificationStore`)."""

    tables: Tables
    garbage: Garbage

    def standing(self, actor: Actor, users: Sequence[int]) -> tuple[Standing, Mapping[int, Verification]]:
        """The actor and others as stored, and the verifications of all of them, begun or not."""
        ids = (actor.user_id, *users)
        keys = [*people.standing_keys(actor, users=users), *(_key(one) for one in ids)]
        records = only(self.tables.batch_get([(self.tables.people, keys)]), PersonRecord)
        found = {one: Verification(user_id=one, root_account_id=actor.root_account_id) for one in ids}
        for record in records:
            if record.sk == "verification":
                one = documents.decode(record.document or "", Verification)
                found[one.user_id] = one
        return people.standing_of(actor, records), found

    def named(self, root_account_id: int, email: str) -> list[int]:
        """Ids of the users of an address."""
        if len(email) > ADDRESS_LIMIT:
            return []
        pk = people.email_key(root_account_id, email, 0)["pk"]
        return [int(record.target) for record in self.tables.people.query(pk, consistent_read=True, limit=NAMED_LIMIT)]

    def mark(self, images: Sequence[Image]) -> None:
        """Have images collected in a day, unless a verification that is saved refers to them."""
        with TransactWrite(connection=self.tables.connection) as transaction:
            for image in images:
                transaction.save(self.garbage.body(image.key))

    def save(self, after: Verification, before: Verification) -> None:
        """Write a verification and its place in the queue; its new images stay, those it leaves behind go."""
        table, document = self.tables.people, documents.encode(after)
        fits = table.version == before.version if before.version else table.pk.does_not_exist()
        was, now = _place(before), _place(after)
        kept, left = {image.key for image in after.images}, {image.key for image in before.images}
        try:
            with TransactWrite(connection=self.tables.connection) as transaction:
                record = self.tables.person(_key(after.user_id), document=document, version=after.version)
                transaction.save(record, condition=fits)
                if was is not None and was != now:
                    transaction.delete(self.tables.person(was))
                if now is not None:
                    transaction.save(self.tables.person(now, document=document))
                for key in sorted(kept - left):
                    transaction.delete(self.garbage.body(key))
                for key in sorted(left - kept):
                    transaction.save(self.garbage.body(key))
        except TransactWriteError as error:
            raise conflict(error) or error from error

    def queue(self, root_account_id: int, limit: int) -> list[Verification]:
        """Who waits, longest first."""
        request = {
            "TableName": self.tables.people.Meta.table_name,
            "ConsistentRead": True,
            "Limit": limit,
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": {"S": f"verification#{root_account_id}"}},
        }
        items = self.tables.connection.dispatch("Query", request)["Items"]
        records = [self.tables.people.from_raw_data(item) for item in items]
        return [documents.decode(record.document or "", Verification) for record in records]


def _key(user_id: int) -> dict[str, str]:
    return {"pk": f"user#{user_id}", "sk": "verification"}


def _place(one: Verification) -> dict[str, str] | None:
    """Key of a verification in the queue; None when it does not wait."""
    if one.queued_at is None:
        return None
    moment = one.queued_at.astimezone(UTC).strftime("%Y%m%d%H%M%S%f")
    return {"pk": f"verification#{one.root_account_id}", "sk": f"{moment}#{one.user_id:016d}"}
