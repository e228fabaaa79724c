"""The five DynamoDB tables: their keys, and the few calls PynamoDB has no shape for.

| table | key | holds |
|---|---|---|
| objects | owner, `{kind}#{id}` | an owner's objects; indexes `listed` (active) and `shelved` (all), both local |
| locators | `id#{id}`, `key#{value}` or `blob#{sha256}` | whose an id is; share keys ever used; how many use a blob |
| people | pk, sk | accounts, users, their names, tokens, key pairs; accreditations and verifications |
| courses | pk, sk | courses, sections, memberships; lists of courses by account, with five local indexes |
| jobs | `job#{id}`, `once#…`, `batch#…` | jobs, idempotency records, batches; index `open` of those not ended |

`docs/data-model.md` has the calls and capacity units of every route.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from pynamodb.attributes import (
    Attribute,
    BooleanAttribute,
    NumberAttribute,
    NumberSetAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, LocalSecondaryIndex
from pynamodb.models import Model

from chalicelib.domain.errors import ConflictError
from chalicelib.settings import Settings

M = TypeVar("M", bound=Model)
V = TypeVar("V")

BATCH_LIMIT = 100
"""Keys of one BatchGetItem; DynamoDB's limit."""
CONFLICTS = ("ConditionalCheckFailed", "TransactionConflict")


class ListedIndex(LocalSecondaryIndex["ObjectRecord"]):  # type: ignore[no-untyped-call]
    """Active portfolios by last change; active pages by position."""

    class Meta:
        """Names for PynamoDB."""

        index_name = "listed"
        projection = AllProjection()

    owner = NumberAttribute(hash_key=True)
    listed = UnicodeAttribute(range_key=True)


class ShelvedIndex(LocalSecondaryIndex["ObjectRecord"]):  # type: ignore[no-untyped-call]
    """All portfolios by last change, deleted ones among them."""

    class Meta:
        """Names for PynamoDB."""

        index_name = "shelved"
        projection = AllProjection()

    owner = NumberAttribute(hash_key=True)
    shelved = UnicodeAttribute(range_key=True)


class ObjectRecord(Model):
    """An object: what conditions and indexes need as attributes, the entity as a document."""

    owner = NumberAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    listed = UnicodeAttribute(null=True)
    shelved = UnicodeAttribute(null=True)
    version = NumberAttribute()
    import_id = NumberAttribute(null=True)
    document = UnicodeAttribute(null=True)
    overflow = UnicodeAttribute(null=True)
    """Key of the document in the bucket, when it does not fit an item."""
    expires_at = NumberAttribute(null=True)

    census = UnicodeAttribute(null=True)

    by_listed = ListedIndex()
    by_shelved = ShelvedIndex()


class LocatorRecord(Model):
    """Where an id leads, or how often a blob is used."""

    locator = UnicodeAttribute(hash_key=True)
    owner = NumberAttribute(null=True)
    kind = UnicodeAttribute(null=True)
    deleted = BooleanAttribute(null=True)
    import_id = NumberAttribute(null=True)
    target = NumberAttribute(null=True)
    """The portfolio a share key was made for."""
    refs = NumberAttribute(null=True)
    doomed = NumberAttribute(null=True)
    """Until when (Unix seconds) a collector has the blob for itself; a doomed blob takes no reference."""
    expires_at = NumberAttribute(null=True)


class PersonRecord(Model):
    """An account, a user, a name of one of them, a token, a key."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    version = NumberAttribute(null=True)
    target = NumberAttribute(null=True)
    """What a name names."""
    document = UnicodeAttribute(null=True)
    suspended = BooleanAttribute(null=True)
    """Of a credential: its user may not sign in."""
    used_at = NumberAttribute(null=True)
    """Of a token or a user: when it was last used, when they last came; in Unix seconds, ten minutes late at most."""
    portfolios_active = NumberAttribute(null=True)
    portfolios_all = NumberAttribute(null=True)
    sub_accounts = NumberAttribute(null=True)
    """Of an account: live accounts directly below it."""
    visible_calendars = NumberAttribute(null=True)
    """Of an account: visible calendars, its own and those of live accounts below it."""
    courses = NumberAttribute(null=True)
    """Of an account: live courses that are its own."""
    gone = BooleanAttribute(null=True)
    """Of an account: it is deleted."""
    course_paths = UnicodeSetAttribute(null=True)
    """Of a user: paths of the accounts of their courses."""
    closed = NumberSetAttribute(null=True)
    """Notices a user has closed."""
    portfolios_spam = NumberSetAttribute(null=True)
    """Ids of active portfolios that are flagged or marked as spam."""
    state = UnicodeAttribute(null=True)
    """Status of a report."""
    census = UnicodeAttribute(null=True)
    spent = NumberAttribute(null=True)
    """Wrong share keys tried in a minute."""
    expires_at = NumberAttribute(null=True)


def _order(name: str) -> type[LocalSecondaryIndex[Any]]:
    """A local index of course lists: the partition's entries by the attribute of that name."""

    class Order(LocalSecondaryIndex["CourseRecord"]):  # type: ignore[no-untyped-call]
        class Meta:
            index_name = name
            projection = AllProjection()

        pk = UnicodeAttribute(hash_key=True)
        place = UnicodeAttribute(range_key=True, attr_name=name)

    return Order


class CourseRecord(Model):
    """A course, a section, a membership, a name of one of them, an entry in an account's list, a count."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    version = NumberAttribute(null=True)
    target = NumberAttribute(null=True)
    """What a name names."""
    document = UnicodeAttribute(null=True)
    teaches = NumberSetAttribute(null=True)
    """Of a user: courses in which they have a teacher's seat that is not deleted."""
    census = UnicodeAttribute(null=True)
    by_name = UnicodeAttribute(null=True)
    by_sis_id = UnicodeAttribute(null=True)
    by_teacher = UnicodeAttribute(null=True)
    by_account = UnicodeAttribute(null=True)
    by_status = UnicodeAttribute(null=True)
    created = NumberAttribute(null=True)
    """Of a count, as the next four: courses of an account, or below it, in that state."""
    claimed = NumberAttribute(null=True)
    available = NumberAttribute(null=True)
    completed = NumberAttribute(null=True)
    deleted = NumberAttribute(null=True)

    index_by_name = _order("by_name")()
    index_by_sis_id = _order("by_sis_id")()
    index_by_teacher = _order("by_teacher")()
    index_by_account = _order("by_account")()
    index_by_status = _order("by_status")()


class OpenIndex(GlobalSecondaryIndex["JobRecord"]):  # type: ignore[no-untyped-call]
    """Jobs that have not ended, by when somebody should look at them."""

    class Meta:
        """Names for PynamoDB."""

        index_name = "open"
        projection = AllProjection()

    open = UnicodeAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class JobRecord(Model):
    """A job: what conditions need as attributes, the rest as a document."""

    job = UnicodeAttribute(hash_key=True)
    open = UnicodeAttribute(null=True)
    due_at = NumberAttribute(null=True)
    status = NumberAttribute(null=True)
    lease = UnicodeAttribute(null=True)
    lease_until = NumberAttribute(null=True)
    attempts = NumberAttribute(null=True)
    started_at = NumberAttribute(null=True)
    batch = UnicodeAttribute(null=True)
    """Of a job that was written with many others: the item that brings all of them to life."""
    document = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)

    by_open = OpenIndex()


class Tables(Struct, frozen=True):
    """The tables of one stage, bound to their names, and one connection."""

    objects: type[ObjectRecord]
    locators: type[LocatorRecord]
    people: type[PersonRecord]
    courses: type[CourseRecord]
    jobs: type[JobRecord]
    connection: Connection

    def person(self, key: Mapping[str, str], **values: Any) -> PersonRecord:
        """A record of the people table."""
        return self.people(key["pk"], key["sk"], **values)

    def course(self, key: Mapping[str, str], **values: Any) -> CourseRecord:
        """A record of the courses table."""
        return self.courses(key["pk"], key["sk"], **values)

    def people_at(self, keys: Sequence[dict[str, str]]) -> list[PersonRecord]:
        """Records of the people table, strongly consistent; absent ones are left out."""
        return only(self.batch_get([(self.people, keys)]), PersonRecord)

    def batch_get(self, wanted: Sequence[tuple[type[Model], Sequence[dict[str, Any]]]]) -> list[Model]:
        """Items of several tables, strongly consistent, in no order; absent ones are left out.

        One call for up to `BATCH_LIMIT` keys. Keys map attribute names to values.
        """
        distinct = {(model, tuple(key.items())): key for model, keys in wanted for key in keys}
        pending = [(model, _raw_key(model, key)) for (model, _), key in distinct.items()]
        models = {model.Meta.table_name: model for model, _ in wanted}
        found: list[Model] = []
        while pending:
            request: dict[str, Any] = {}
            for model, key in pending[:BATCH_LIMIT]:
                table = request.setdefault(model.Meta.table_name, {"Keys": [], "ConsistentRead": True})
                table["Keys"].append(key)
            answer = self.connection.dispatch("BatchGetItem", {"RequestItems": request})
            for name, items in answer["Responses"].items():
                found.extend(models[name].from_raw_data(item) for item in items)
            unread = [
                (models[name], key)
                for name, table in answer.get("UnprocessedKeys", {}).items()
                for key in table["Keys"]
            ]
            pending = unread + pending[BATCH_LIMIT:]
        return found


def given(value: V) -> V | None:
    """A nullable attribute's value; PynamoDB's types leave the None out."""
    return value


def only(found: Sequence[Model], model: type[M]) -> list[M]:
    """Those of a mixed result that are of one table."""
    return [one for one in found if isinstance(one, model)]


def conflict(error: TransactWriteError) -> ConflictError | None:
    """The failed transaction as a ConflictError, or None when it failed for another reason."""
    codes = [reason.code for reason in error.cancellation_reasons if reason is not None]
    if any(code in CONFLICTS for code in codes) or error.cause_response_code == "TransactionConflictException":
        return ConflictError("The item changed while it was being written.")
    return None


def busy(error: TransactWriteError) -> bool:
    """Whether the transaction failed only because another one was at the same items: trying again may do."""
    codes = [reason.code for reason in error.cancellation_reasons if reason is not None]
    return bool(codes) and all(code == "TransactionConflict" for code in codes)


def bind(settings: Settings) -> Tables:
    """The tables of the stage in `settings`, on one shared connection, which opens with the first call."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    shared = Connection(region=region)

    def bound(base: type[M], name: str) -> type[M]:
        meta = type("Meta", (), {"table_name": f"{settings.table_prefix}-{name}", "region": region})
        model: type[M] = type(base.__name__, (base,), {"Meta": meta})
        # PynamoDB gives every model a client of its own; building one costs more than a whole request.
        table = model._get_connection()  # noqa: SLF001 - the one way to share a client
        shared.add_meta_table(table.get_meta_table())
        table.connection = shared
        return model

    return Tables(
        objects=bound(ObjectRecord, "objects"),
        locators=bound(LocatorRecord, "locators"),
        people=bound(PersonRecord, "people"),
        courses=bound(CourseRecord, "courses"),
        jobs=bound(JobRecord, "jobs"),
        connection=shared,
    )


def _raw_key(model: type[Model], key: dict[str, Any]) -> dict[str, Any]:
    attributes = model.get_attributes()
    return {name: _raw(attributes[name], value) for name, value in key.items()}


def _raw(attribute: Attribute[Any], value: Any) -> dict[str, Any]:
    return {attribute.attr_type: attribute.serialize(value)}
