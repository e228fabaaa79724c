"""Portfolios as strangers ask for them, and how often wrong keys were tried.

A guess is counted in an item of its minute; what a minute holds is read in the call that reads the portfolio.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.domain.ports_accreditations import Glimpse
from chalicelib.storage.listing import object_key
from chalicelib.storage.objects import Objects
from chalicelib.storage.tables import LocatorRecord, ObjectRecord, PersonRecord, only

KEPT_S = 600
"""How long a minute's guesses are kept."""


class Shares(Struct, frozen=True):
    """The share store (see `ports_accreditations.ShareStore`)."""

    objects: Objects

    def look(self, viewer_id: int | None, portfolio_id: int, buckets: Sequence[str], now: datetime) -> Glimpse:
        """A portfolio, and what was guessed in this minute: one call when the viewer owns it, else two."""
        tables, place = self.objects.tables, self.objects.known.get(portfolio_id)
        owner_id = place[0] if place else viewer_id
        wanted: list[dict[str, Any]] = []
        if owner_id is not None:
            wanted.append({"owner": owner_id, "key": object_key(Kind.PORTFOLIO, portfolio_id)})
        found = tables.batch_get(
            [
                (tables.objects, wanted),
                (tables.locators, [] if place else [{"locator": f"id#{portfolio_id}"}]),
                (tables.people, [_key(bucket, now) for bucket in buckets]),
            ]
        )
        spent = {record.pk: int(record.spent or 0) for record in only(found, PersonRecord)}
        guesses = tuple(spent.get(_key(bucket, now)["pk"], 0) for bucket in buckets)
        for record in only(found, ObjectRecord):
            return Glimpse(portfolio=self.objects.entity(record), guesses=guesses)
        return Glimpse(portfolio=self._elsewhere(portfolio_id, only(found, LocatorRecord)), guesses=guesses)

    def charge(self, buckets: Sequence[str], now: datetime) -> None:
        """Count a wrong key."""
        people = self.objects.tables.people
        expires_at = int(now.timestamp()) + KEPT_S
        for bucket in buckets:
            record = self.objects.tables.person(_key(bucket, now))
            record.update(actions=[people.spent.add(1), people.expires_at.set(expires_at)])

    def _elsewhere(self, portfolio_id: int, locators: Sequence[LocatorRecord]) -> EpObject | None:
        for locator in locators:
            place = self.objects.learn(portfolio_id, locator)
            if place is not None and place[1] is Kind.PORTFOLIO:
                return self.objects.own(place[0], [(Kind.PORTFOLIO, portfolio_id)]).get(portfolio_id)
        return None


def _key(bucket: str, now: datetime) -> dict[str, str]:
    return {"pk": f"guess#{bucket}", "sk": f"{int(now.timestamp()) // 60}"}
