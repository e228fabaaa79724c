"""A transaction that tells the entities it writes from the names that must be free."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.errors import InvalidError
from chalicelib.storage.tables import PersonRecord, Tables, conflict


class Writes:
    """Actions gathered for one transaction on the people table, at most one an item.

    PynamoDB sends deletes, then puts, then updates: what became of each is told in that order.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.transaction = TransactWrite(connection=tables.connection)
        self._deletes = 0
        self._puts: list[bool] = []

    def put(self, record: PersonRecord, condition: Condition | None = None, *, name: bool = False) -> None:
        """Write an item whole."""
        self._puts.append(name)
        self.transaction.save(record, condition=condition)

    def update(self, key: dict[str, str], actions: Sequence[Action], condition: Condition | None = None) -> None:
        """Change attributes of an item."""
        self.transaction.update(self.tables.person(key), actions=list(actions), condition=condition)

    def delete(self, record: PersonRecord, condition: Condition | None = None) -> None:
        """Remove an item."""
        self._deletes += 1
        self.transaction.delete(record, condition=condition)

    def name(self, key: dict[str, str], target: int) -> None:
        """Let a name stand for `target`; it must be free, or stand for it already."""
        people = self.tables.people
        record = self.tables.person(key, target=target)
        self.put(record, people.pk.does_not_exist() | (people.target == target), name=True)

    def unname(self, key: dict[str, str], target: int) -> None:
        """Free a name that stands for `target`."""
        self.delete(self.tables.person(key), self.tables.people.target == target)

    def commit(self, taken: str) -> None:
        """Write everything or nothing.

        Raises
        ------
        ConflictError
            Something has changed, or an id is taken.
        InvalidError
            Nothing but names were in the way; `taken` says so.
        """
        try:
            with self.transaction:
                pass
        except TransactWriteError as error:
            lost = conflict(error)
            if lost is None:
                raise
            failed = [at for at, reason in enumerate(error.cancellation_reasons) if reason is not None]
            if failed and all(self._is_name(at) for at in failed):
                raise InvalidError(taken) from error
            raise lost from error

    def _is_name(self, at: int) -> bool:
        put = at - self._deletes
        return 0 <= put < len(self._puts) and self._puts[put]
