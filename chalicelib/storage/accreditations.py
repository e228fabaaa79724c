"""Accreditations in DynamoDB: an item each, and one in the list of each side, written together.

| pk | sk | holds |
|---|---|---|
| `accreditation#{guid}` | `accreditation` | the accreditation |
| `accreditation#{guid}` | `in#{owner}#{portfolio}` | that a portfolio refers to it |
| `issuer#{root}#{address}`, `recipient#{root}#{address}` | `{id}` | the same document, in the list of that side |

Imported ones are objects of their owner. A reference of a portfolio may mean either, so both are looked up at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib.domain.accreditation import Accreditation, Side, from_object
from chalicelib.domain.epobject import Kind
from chalicelib.domain.identity import MAX_ID, id_in
from chalicelib.domain.job import Job
from chalicelib.domain.paging import Slice
from chalicelib.domain.person import User
from chalicelib.storage import documents, people
from chalicelib.storage.jobs import Jobs
from chalicelib.storage.listing import object_key
from chalicelib.storage.objects import Objects
from chalicelib.storage.tables import ObjectRecord, PersonRecord, conflict, only

REFERENCE = "in#"


class Accreditations(Struct, frozen=True):
    """The accreditation store (see `ports_accreditations.AccreditationStore`)."""

    objects: Objects
    jobs: Jobs

    def create(self, one: Accreditation) -> None:
        """Write a new accreditation and its places in both lists."""
        self._put(one, None)

    def revoke(self, after: Accreditation, job: Job) -> None:
        """Replace an accreditation wherever it is listed, and write a job."""
        self._put(after, job)

    def gather(
        self, wanted: Sequence[tuple[int, str]], user_id: int | None = None
    ) -> tuple[dict[str, Accreditation], User | None]:
        """Accreditations by GUID, issued here or imported by the owner named with it; and a user."""
        tables = self.objects.tables
        held = [{"owner": owner, "key": object_key(Kind.ACCREDITATION, id_in(guid))} for owner, guid in wanted]
        others = [_key(guid) for _, guid in wanted]
        others += [] if user_id is None else [people.user_key(user_id)]
        read = tables.batch_get([(tables.people, others), (tables.objects, held)])
        found: dict[str, Accreditation] = {}
        user = None
        for record in only(read, PersonRecord):
            if record.sk == "user":
                user = people.entity(record, User)
            else:
                one = documents.decode(record.document or "", Accreditation)
                found[one.guid] = one
        asked = {guid for _, guid in wanted}
        for imported in self._imported(only(read, ObjectRecord)):
            if imported.guid in asked:
                found.setdefault(imported.guid, imported)
        return found, user

    def listed(
        self, root_account_id: int, side: Side, email: str, before: int | None, limit: int
    ) -> Slice[Accreditation]:
        """What an address issued or received, newest first, below the id `before`."""
        upper = MAX_ID if before is None else before - 1
        condition = {":lower": {"S": _place(0)}, ":upper": {"S": _place(upper)}}
        return self._decoded(self._page(_list(side, root_account_id, email), condition, limit, forward=False))

    def received(self, root_account_id: int, email: str, after: int, limit: int) -> Slice[Accreditation]:
        """What an address received, oldest first, above the id `after`."""
        condition = {":lower": {"S": _place(after + 1)}, ":upper": {"S": _place(MAX_ID)}}
        return self._decoded(self._page(_list(Side.RECIPIENT, root_account_id, email), condition, limit, forward=True))

    def holders(self, guid: str, after: str, limit: int) -> tuple[list[tuple[int, int]], str]:
        """Owner and id of portfolios that hold an accreditation, and where to go on."""
        condition = {":lower": {"S": f"{after or REFERENCE}!"}, ":upper": {"S": f"{REFERENCE}~"}}
        records, going_on = self._page(_key(guid)["pk"], condition, limit, forward=True)
        places = [record.sk.split("#") for record in records]
        return [(int(owner), int(portfolio)) for _, owner, portfolio in places], (records[-1].sk if going_on else "")

    def held(self, owner_id: int, before: int | None, limit: int) -> Slice[Accreditation]:
        """What an owner imported, newest first."""
        upper = MAX_ID if before is None else before - 1
        answer = self.objects.tables.connection.dispatch(
            "Query",
            {
                "TableName": self.objects.tables.objects.Meta.table_name,
                "ConsistentRead": True,
                "ScanIndexForward": False,
                "Limit": limit,
                "KeyConditionExpression": "#p = :p AND #s BETWEEN :lower AND :upper",
                "ExpressionAttributeNames": {"#p": "owner", "#s": "key"},
                "ExpressionAttributeValues": {
                    ":p": {"N": str(owner_id)},
                    ":lower": {"S": object_key(Kind.ACCREDITATION, 0)},
                    ":upper": {"S": object_key(Kind.ACCREDITATION, upper)},
                },
            },
        )
        records = [self.objects.tables.objects.from_raw_data(item) for item in answer["Items"]]
        last = answer.get("LastEvaluatedKey")
        cursor = str(int(last["key"]["S"].rsplit("#", 1)[-1])) if last else ""
        return Slice(items=list(self._imported(records)), next_cursor=cursor)

    def _imported(self, records: Sequence[ObjectRecord]) -> Iterator[Accreditation]:
        for record in records:
            one = from_object(self.objects.entity(record))
            if one is not None:
                yield one

    def _page(
        self, pk: str, condition: dict[str, Any], limit: int, *, forward: bool
    ) -> tuple[list[PersonRecord], bool]:
        people_table = self.objects.tables.people
        answer = self.objects.tables.connection.dispatch(
            "Query",
            {
                "TableName": people_table.Meta.table_name,
                "ConsistentRead": True,
                "ScanIndexForward": forward,
                "Limit": limit,
                "KeyConditionExpression": "pk = :p AND sk BETWEEN :lower AND :upper",
                "ExpressionAttributeValues": {":p": {"S": pk}, **condition},
            },
        )
        return [people_table.from_raw_data(item) for item in answer["Items"]], "LastEvaluatedKey" in answer

    def _decoded(self, page: tuple[list[PersonRecord], bool]) -> Slice[Accreditation]:
        records, going_on = page
        items = [documents.decode(record.document or "", Accreditation) for record in records]
        return Slice(items=items, next_cursor=str(items[-1].id) if going_on else "")

    def _put(self, one: Accreditation, job: Job | None) -> None:
        tables = self.objects.tables
        table, document = tables.people, documents.encode(one)
        fits = table.pk.does_not_exist() if one.version == 1 else table.version == one.version - 1
        root = one.root_account_id
        places = [
            _key(one.guid),
            {"pk": _list(Side.ISSUER, root, one.issuer), "sk": _place(one.id)},
            {"pk": _list(Side.RECIPIENT, root, one.recipient), "sk": _place(one.id)},
        ]
        try:
            with TransactWrite(connection=tables.connection) as transaction:
                for place in places:
                    transaction.save(tables.person(place, document=document, version=one.version), condition=fits)
                if job is not None:
                    self.jobs.add(transaction, job)
        except TransactWriteError as error:
            raise conflict(error) or error from error


def _key(guid: str) -> dict[str, str]:
    return {"pk": f"accreditation#{guid}", "sk": "accreditation"}


def _list(side: Side, root_account_id: int, email: str) -> str:
    return f"{side.value}#{root_account_id}#{email.casefold()}"


def _place(accreditation_id: int) -> str:
    return f"{accreditation_id:016d}"
