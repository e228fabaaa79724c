"""Account calendars: which there are for a caller, and whether they are shown (canvas-b 3.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Actor, Standing, may_see_calendar
from chalicelib.domain.account_reach import AccountReach, chains
from chalicelib.domain.errors import DeniedError, InvalidError, TooShortError
from chalicelib.domain.ordering import name_key
from chalicelib.domain.paging import Numbered, PageRequest, cut
from chalicelib.domain.person import Account
from chalicelib.domain.ports_people import AccountStore
from chalicelib.domain.role import Right
from chalicelib.domain.tree import Node, Tree, matches

TERM_LEAST = 2
"""Characters of a search term."""
PLAIN = "plain"
"""Code of an error whose body is a plain text (canvas-b 0.1)."""
BULK_LIMIT = 5_000
"""Calendars changed by one request."""
VISIBILITY = Right.MANAGE_ACCOUNT_CALENDAR_VISIBILITY


class Calendar(Struct, frozen=True, kw_only=True):
    """A calendar for a caller. `children` None: their number is not told."""

    node: Node
    can_create_events: bool
    children: int | None = None


class CalendarChange(Struct, frozen=True, kw_only=True):
    """What becomes of a calendar; None: it stays."""

    account_id: int
    visible: bool | None = None
    auto_subscribe: bool | None = None

    def applied(self, account: Account) -> Account:
        """The account with the change."""
        visible = account.calendar_visible if self.visible is None else self.visible
        auto = account.calendar_auto_subscribe if self.auto_subscribe is None else self.auto_subscribe
        return replace(account, calendar_visible=visible, calendar_auto_subscribe=auto)


class CalendarService(Struct, frozen=True):
    """Account calendars."""

    reach: AccountReach
    store: AccountStore

    def index(self, actor: Actor, term: str, page: PageRequest) -> Numbered[Calendar]:
        """Visible calendars of accounts the caller is associated with or administers, by name. Raises InvalidError."""
        standing = self.reach.people.standing(actor, tree=True)
        term = checked(term)
        user = standing.user
        near = self.reach.accounts(chains(user.account_paths)) if user is not None else []
        nodes = {one.path: _node(one) for one in near}
        paths = [path for path in (user.role_paths if user else ()) if path in nodes and nodes[path].visible]
        for path, tree in self.reach.trees(standing, paths).items():
            nodes |= {node.path: node for node in tree.below(path)}
        return self._page(standing, [one for one in nodes.values() if one.visible and matches(one, term)], page)

    def show(self, actor: Actor, reference: str) -> Calendar:
        """One calendar. Raises NotFoundError, DeniedError."""
        standing, account = self.reach.find(actor, reference)
        if not may_see_calendar(standing, account):
            raise DeniedError("Not associated with the account, or its calendar is hidden.")
        return _calendar(standing, _node(account))

    def update(self, actor: Actor, reference: str, change: CalendarChange) -> Calendar:
        """Show or hide one calendar. Raises NotFoundError, DeniedError."""
        standing, account = self._managed(actor, reference)
        if change.applied(account) != account:
            account = self.store.change([account.path], change.applied)[account.id]
        return _calendar(standing, _node(account))

    def bulk(self, actor: Actor, reference: str, items: object, boolean: Callable[[Any], bool]) -> int:
        """Show or hide calendars of an account and those below it; how many were named.

        `boolean` reads a value as the client's dialect does.

        Raises
        ------
        InvalidError
            What is sent is no list of changes, or too long a one.
        DeniedError
            One of them is not the account or a live one below it.
        """
        standing, account = self._managed(actor, reference)
        changes = read_changes(items, boolean)
        tree = self.reach.subtree(standing, [account.path])
        if not all(one.account_id in tree.by_id for one in changes):
            raise DeniedError("An account that is not below this one.")
        wanted = {one.account_id: one for one in changes}
        paths = [tree.by_id[one.account_id].path for one in changes if _needed(one, tree)]
        self.store.change(paths, lambda account: wanted[account.id].applied(account))
        return len(changes)

    def all(self, actor: Actor, reference: str, term: str, shown: str, page: PageRequest) -> Numbered[Calendar]:
        """Calendars of an account and its children, or those of its whole subtree that match. Raises InvalidError."""
        standing, account = self._managed(actor, reference)
        if shown not in ("", "visible", "hidden"):
            raise InvalidError("Expected filter param to be one of: visible, hidden", code=PLAIN)
        term = checked(term)
        tree = self.reach.subtree(standing, [account.path])
        if term or shown:
            nodes = [
                one for one in tree.by_name if matches(one, term) and (not shown or one.visible == (shown == "visible"))
            ]
        else:
            nodes = [_node(account), *tree.children(account.path, by_name=True)]
        found = cut(nodes, page)
        items = [_calendar(standing, one, tree.child_count(one.path)) for one in found.items]
        return Numbered(items=items, total=found.total)

    def count(self, actor: Actor, reference: str) -> int:
        """How many calendars of an account and those below it are visible. Raises NotFoundError, DeniedError."""
        return self._managed(actor, reference)[1].visible_calendar_count

    def _managed(self, actor: Actor, reference: str) -> tuple[Standing, Account]:
        standing, account = self.reach.find(actor, reference)
        if not standing.holds(VISIBILITY, account):
            raise DeniedError("Does not manage the visibility of calendars here.")
        return standing, account

    def _page(self, standing: Standing, nodes: list[Node], page: PageRequest) -> Numbered[Calendar]:
        found = cut(sorted(nodes, key=lambda one: (name_key(one.name), one.id)), page)
        return Numbered(items=[_calendar(standing, one) for one in found.items], total=found.total)


def checked(term: str) -> str:
    """A search term; a blank one is none. Raises InvalidError for one that is too short."""
    if not term.strip():
        return ""
    if len(term) < TERM_LEAST:
        raise TooShortError(TERM_LEAST, field="search_term")
    return term


def read_changes(items: object, boolean: Callable[[Any], bool]) -> list[CalendarChange]:
    """The changes a client sent as a list of objects (canvas-b 3.1.4). Raises InvalidError."""
    if not isinstance(items, list) or not items or not all(isinstance(one, dict) for one in items):
        raise InvalidError("Expected array of objects", code=PLAIN)
    if not all("id" in one for one in items):
        raise InvalidError("Missing key(s)", code=PLAIN)
    ids = [_integer(one["id"]) for one in items]
    if len({wanted or repr(one["id"]) for wanted, one in zip(ids, items, strict=True)}) < len(items):
        raise InvalidError("Duplicate IDs", code=PLAIN)
    if len(items) > BULK_LIMIT:
        raise InvalidError(f"Expected at most {BULK_LIMIT} objects", code=PLAIN)

    def said(one: dict[str, Any], key: str) -> bool | None:
        return None if one.get(key) is None else boolean(one[key])

    return [
        CalendarChange(account_id=wanted, visible=said(one, "visible"), auto_subscribe=said(one, "auto_subscribe"))
        for wanted, one in zip(ids, items, strict=True)
    ]


def _integer(value: object) -> int:
    """An id as a number or a numeric text; 0, which is nobody's, for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _needed(change: CalendarChange, tree: Tree) -> bool:
    node = tree.by_id[change.account_id]
    said = ((change.visible, node.visible), (change.auto_subscribe, node.auto_subscribe))
    return any(wanted not in (None, present) for wanted, present in said)


def _node(account: Account) -> Node:
    return Node(account.path, account.name, account.calendar_visible, account.calendar_auto_subscribe)


def _calendar(standing: Standing, node: Node, children: int | None = None) -> Calendar:
    can_create = standing.holds_at(Right.MANAGE_ACCOUNT_CALENDAR_EVENTS, node.path)
    return Calendar(node=node, can_create_events=can_create, children=children)
