"""Lists of courses in DynamoDB: a partition for each account, and for each term of it, in six orders.

The partition's own order is the ids'; a local index each has the others, so that a course is in its place in every one
of them as soon as it is written.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct

from chalicelib.domain.access import Actor
from chalicelib.domain.course import Course
from chalicelib.domain.courseentry import Entry
from chalicelib.domain.coursewalk import Placed, Read, Source
from chalicelib.domain.person import Account, User
from chalicelib.domain.ports_courses import Details, Ground
from chalicelib.domain.term import TermBook
from chalicelib.storage import documents, people
from chalicelib.storage.coursekeys import count_key, course_key, entry_place, list_key, teaches_key
from chalicelib.storage.tables import CourseRecord, PersonRecord, Tables, only
from chalicelib.storage.terms import terms_key

HIGHEST = "\x7f"
"""Behind every place that goes on from a prefix: places go on with digits."""


class CourseLists(Struct, frozen=True):
    """The store of course lists (see `ports_courses.CourseListStore`)."""

    tables: Tables

    def ground(self, actor: Actor, accounts: Sequence[int], teachers: Sequence[int]) -> Ground:
        """The actor's standing, the terms, and what users teach, in one call."""
        tables, terms = self.tables, terms_key(actor.root_account_id)
        keys = [*people.standing_keys(actor, accounts=accounts, tree=True), terms]
        wanted: list[tuple[Any, Sequence[dict[str, Any]]]] = [(tables.people, keys)]
        if teachers:
            wanted.append((tables.courses, [teaches_key(one) for one in teachers]))
        found = tables.batch_get(wanted)
        persons = only(found, PersonRecord)
        books = [documents.decode(one.document or "", TermBook) for one in persons if one.sk == terms["sk"]]
        taught = only(found, CourseRecord)
        return Ground(
            standing=people.standing_of(actor, [one for one in persons if one.sk != terms["sk"]]),
            terms=books[0] if books else TermBook(root_account_id=actor.root_account_id),
            taught={int(one.pk.partition("#")[2]): frozenset(map(int, one.teaches or ())) for one in taught},
        )

    def read(self, source: Source, order: str, *, prefix: str, after: str, descending: bool, limit: int) -> Read:
        """Entries of a list in an order, from behind a place: one Query, at most 1 MB."""
        name = order or "sk"
        request: dict[str, Any] = {
            "TableName": self.tables.courses.Meta.table_name,
            "ConsistentRead": True,
            "Limit": limit,
            "ScanIndexForward": not descending,
            "KeyConditionExpression": "#p = :p",
            "ExpressionAttributeNames": {"#p": "pk"},
            "ExpressionAttributeValues": {":p": {"S": list_key(source.account_id, source.term_id)}},
        }
        if order:
            request["IndexName"] = order
        values = request["ExpressionAttributeValues"]
        if prefix:
            # What begins with a place and goes on is behind it.
            low, high = f"{after}!" if after.startswith(prefix) else prefix, prefix + HIGHEST
            if low > high:
                return Read((), more=False)
            request["KeyConditionExpression"] += " AND #s BETWEEN :low AND :high"
            values |= {":low": {"S": low}, ":high": {"S": high}}
        elif after:
            request["KeyConditionExpression"] += f" AND #s {'<' if descending else '>'} :after"
            values[":after"] = {"S": after}
        if prefix or after:
            request["ExpressionAttributeNames"]["#s"] = name
        answer = self.tables.connection.dispatch("Query", request)
        return Read(
            [Placed(item[name]["S"], documents.decode(item["document"]["S"], Entry)) for item in answer["Items"]],
            more="LastEvaluatedKey" in answer,
        )

    def entries(self, account_id: int, order: str, course_ids: Sequence[int]) -> list[Placed]:
        """Entries of those courses in an account's list, with their places."""
        keys = [{"pk": list_key(account_id), "sk": entry_place(one)} for one in course_ids]
        found = only(self.tables.batch_get([(self.tables.courses, keys)]), CourseRecord)
        return [Placed(getattr(one, order or "sk"), documents.decode(one.document or "", Entry)) for one in found]

    def details(self, course_ids: Sequence[int], accounts: Sequence[int], users: Sequence[int]) -> Details:
        """What is shown of those; one call for each 100 of them together."""
        tables = self.tables
        wanted: list[tuple[Any, Sequence[dict[str, Any]]]] = [(tables.courses, [course_key(one) for one in course_ids])]
        keys = [people.account_key(one) for one in accounts] + [people.user_key(one) for one in users]
        found = tables.batch_get([*wanted, (tables.people, keys)] if keys else wanted)
        courses = [documents.decode(one.document or "", Course) for one in only(found, CourseRecord)]
        persons = only(found, PersonRecord)
        return Details(
            courses={one.id: one for one in courses},
            accounts={one.id: one for one in (people.entity(r, Account) for r in persons if r.sk == "account")},
            users={one.id: one for one in (people.entity(r, User) for r in persons if r.sk == "user")},
        )

    def total(self, account_id: int, states: Collection[str]) -> int:
        """How many courses of an account and those below it are in those states: one Query of its counts."""
        counts = list(self.tables.courses.query(count_key(account_id, 0)["pk"], consistent_read=True))
        return sum(int(getattr(count, state) or 0) for count in counts for state in states)
