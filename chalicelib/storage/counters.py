"""What a transaction over objects counts besides them: a person's portfolios, and the uses of a file's bytes."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.domain.change import Change, Created, Deleted, Restored
from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.domain.spam import SPAM
from chalicelib.storage import people
from chalicelib.storage.garbage import Garbage
from chalicelib.storage.tables import Tables


def add(tables: Tables, garbage: Garbage, transaction: TransactWrite, changes: Sequence[Change]) -> None:
    """Count the changes in the transaction that makes them; bytes that lose a use are marked for the collector."""
    active: dict[int, int] = {}
    total: dict[int, int] = {}
    refs: dict[str, int] = {}
    for change in changes:
        step = 1 if isinstance(change, (Created, Restored)) else -1 if isinstance(change, Deleted) else 0
        one = change.object
        if one.kind is Kind.PORTFOLIO and step:
            active[one.owner_id] = active.get(one.owner_id, 0) + step
            total[one.owner_id] = total.get(one.owner_id, 0) + isinstance(change, Created)
        if one.file is not None and step:
            refs[one.file.sha256] = refs.get(one.file.sha256, 0) + step
    _add_portfolios(tables, transaction, active, total, _spam(changes))
    for sha256, step in refs.items():
        blob = tables.locators(locator=f"blob#{sha256}")
        condition = tables.locators.doomed.does_not_exist()
        transaction.update(blob, actions=[tables.locators.refs.add(step)], condition=condition)
        if step < 0:
            transaction.save(garbage.record(sha256))


def counts_as_spam(one: EpObject) -> bool:
    """Whether a write of the object may change what is counted as spam: a status that is set is never unset."""
    return one.portfolio is not None and one.portfolio.spam_status is not None


def _add_portfolios(
    tables: Tables,
    transaction: TransactWrite,
    active: dict[int, int],
    total: dict[int, int],
    spam: dict[int, dict[bool, set[int]]],
) -> None:
    for owner_id in active.keys() | spam.keys():
        actions: list[Action] = []
        if owner_id in active:
            actions.append(tables.people.portfolios_active.add(active[owner_id]))
            actions.append(tables.people.portfolios_all.add(total[owner_id]))
        for found, ids in spam.get(owner_id, {}).items():
            ours = tables.people.portfolios_spam
            actions.append(ours.add(ids) if found else ours.delete(ids))
        person = tables.person(people.user_key(owner_id))
        transaction.update(person, actions=actions, condition=tables.people.pk.exists())


def _spam(changes: Sequence[Change]) -> dict[int, dict[bool, set[int]]]:
    """By owner, the portfolios that are active spam after the changes, and those that are not."""
    found: dict[int, dict[bool, set[int]]] = {}
    for one in (change.object for change in changes):
        if one.portfolio is not None and counts_as_spam(one):
            spam = one.portfolio.spam_status in SPAM and not one.deleted
            found.setdefault(one.owner_id, {}).setdefault(spam, set()).add(one.id)
    return found
