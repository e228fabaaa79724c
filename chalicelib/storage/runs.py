"""Work that takes more than one transaction: since when it is under way, until it is done."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from chalicelib.storage import documents
from chalicelib.storage.tables import PersonRecord, Tables, only

KEPT_S = 3600
"""How long work that was broken off can be taken up again; afterwards it begins anew."""


class _Begun(Struct, frozen=True):
    what: str
    since: datetime


class Runs(Struct, frozen=True):
    """See `ports.RunStore`."""

    tables: Tables

    def begin(self, user_id: int, what: str, now: datetime) -> datetime:
        """Since when that is being done to everything of a user."""
        for record in only(self.tables.batch_get([(self.tables.people, [_key(user_id)])]), PersonRecord):
            begun = documents.decode(record.document, _Begun) if record.document else None
            if begun and begun.what == what and int(record.expires_at or 0) > now.timestamp():
                return begun.since
        people = self.tables.people
        document, expires_at = documents.encode(_Begun(what, now)), int(now.timestamp()) + KEPT_S
        self.tables.person(_key(user_id)).update(
            actions=[people.document.set(document), people.expires_at.set(expires_at)]
        )
        return now

    def end(self, user_id: int) -> None:
        """Forget it: all is done."""
        self.tables.person(_key(user_id)).update(actions=[self.tables.people.document.remove()])


def _key(user_id: int) -> dict[str, str]:
    return {"pk": f"user#{user_id}", "sk": "moderation"}
