"""Long settings of accounts in DynamoDB: an item beside the account, which is read with every request."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.domain.errors import InvalidError
from chalicelib.storage import documents
from chalicelib.storage.tables import PersonRecord, Tables
from chalicelib.storage.writes import Writes

BYTES_LIMIT = 380_000
"""They are one item, which has 400 kB."""


def read(tables: Tables, account_id: int) -> dict[str, str]:
    """The long settings of an account."""
    return _texts(_record(tables, account_id))


def change(tables: Tables, account_id: int, changes: Mapping[str, str]) -> None:
    """Change some of them, from what they are now; an empty one goes. Raises ConflictError, InvalidError."""
    record = _record(tables, account_id)
    before, version = _texts(record), int((record and record.version) or 0)
    after = {name: text for name, text in {**before, **changes}.items() if text}
    if after == before:
        return
    document = documents.encode(after)
    if len(document.encode()) > BYTES_LIMIT:
        raise InvalidError(f"The long settings of an account have at most {BYTES_LIMIT:,} bytes together.")
    writes, there = Writes(tables), tables.people.version
    fits = there == version if version else there.does_not_exist()
    writes.put(tables.person(_key(account_id), document=document, version=version + 1), fits)
    writes.commit("The long settings are in use.")


def _key(account_id: int) -> dict[str, str]:
    return {"pk": f"account#{account_id}", "sk": "texts"}


def _record(tables: Tables, account_id: int) -> PersonRecord | None:
    return next(iter(tables.people_at([_key(account_id)])), None)


def _texts(record: PersonRecord | None) -> dict[str, str]:
    return documents.decode(record.document or "{}", dict[str, str]) if record else {}
