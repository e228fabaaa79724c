"""What is written together with an object, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from pynamodb.transactions import TransactWrite

from chalicelib.domain.change import Attached, Companion, Detached, KeysTaken
from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.storage.jobs import Jobs
from chalicelib.storage.tables import LocatorRecord, PersonRecord, Tables


class Companions(Struct, frozen=True):
    """Adds companions to transactions."""

    tables: Tables
    jobs: Jobs

    def add(self, transaction: TransactWrite, companions: Iterable[Companion]) -> None:
        """Put them into a transaction that is being made."""
        for one in companions:
            if isinstance(one, KeysTaken):
                take_keys(self.tables, transaction, one.portfolio, one.values)
            elif isinstance(one, Attached):
                transaction.save(self._reference(one))
            elif isinstance(one, Detached):
                transaction.delete(self._reference(one))
            else:
                self.jobs.add(transaction, one.job)

    def _reference(self, one: Attached | Detached) -> PersonRecord:
        return self.tables.person(reference_key(one.guid, one.portfolio.owner_id, one.portfolio.id))


def reference_key(guid: str, owner_id: int, portfolio_id: int) -> dict[str, str]:
    """Key of the item at an accreditation that names a portfolio it is attached to."""
    return {"pk": f"accreditation#{guid}", "sk": f"in#{owner_id:016d}#{portfolio_id:016d}"}


def take_keys(tables: Tables, transaction: TransactWrite, portfolio: EpObject, values: Iterable[str]) -> None:
    """Take share keys for good: no later one gets the same value, whatever becomes of this one or its portfolio."""
    for value in values:
        transaction.save(key_record(tables, portfolio, value), condition=tables.locators.locator.does_not_exist())


def key_record(tables: Tables, portfolio: EpObject, value: str) -> LocatorRecord:
    """The item that says a share key was used, and for which portfolio."""
    return tables.locators(
        locator=f"key#{value}", owner=portfolio.owner_id, kind=Kind.PORTFOLIO.value, target=portfolio.id
    )


def keys_of(one: EpObject) -> tuple[str, ...]:
    """Values of an object's share keys."""
    return tuple(key.value for key in one.portfolio.keys) if one.portfolio else ()
