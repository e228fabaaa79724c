"""Whether who calls may come in at all: to their institution's host, with a confirmed address where that is demanded.

An address on record is a confirmed one, as only the institution's own files put it there (canvas-a 1.3, ADR 42).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct, field

from chalicelib.domain.token import AuthenticationError, TokenUnknownError

if TYPE_CHECKING:
    from chalicelib.domain.access import Actor
    from chalicelib.domain.ports import Clock
    from chalicelib.domain.ports_people import PeopleStore

K = TypeVar("K")
V = TypeVar("V")
SETTING = "require_confirmed_email"
KEPT = timedelta(minutes=1)
"""How long an answer holds: a switch, or a new address, takes that long to be seen everywhere."""
LIMIT = 1000
"""Hosts and users that are remembered."""


class UnverifiedError(AuthenticationError):
    """The user has no confirmed address, and the root account demands one."""


class Doorway(Struct, frozen=True):
    """What is known of roots and their hosts, and of the people of those that demand an address."""

    people: PeopleStore
    clock: Clock
    roots: dict[tuple[int, str | None], tuple[bool, datetime]] = field(default_factory=dict)
    """Whether a root demands addresses, by it and one of its hosts, and until when that is known."""
    users: dict[int, datetime] = field(default_factory=dict)
    """Until when a user with an address is known to have it."""

    def admit(self, actor: Actor, host: str | None = None) -> None:
        """Let the caller pass: one call a minute for a root, and one for each user of a root that demands an address.

        `host` is the one they came to, where that selects the root account.

        Raises
        ------
        TokenUnknownError
            The host is another root's.
        UnverifiedError
            The root account demands an address, and the caller has none.
        """
        now, place = self.clock.now(), (actor.root_account_id, host)
        demanded, until = self.roots.get(place, (True, now))
        if until > now and (not demanded or self.users.get(actor.user_id, now) > now):
            return
        standing, root_id = self.people.at_the_door(actor, host)
        if host is not None and root_id != actor.root_account_id:
            raise TokenUnknownError("The token is of another root account.")
        demanded = standing.root is not None and standing.root.on(SETTING)
        for one in {host, None}:
            _remember(self.roots, (actor.root_account_id, one), (demanded, now + KEPT))
        if not demanded:
            return
        if standing.user is None or not standing.user.email:
            raise UnverifiedError("The account demands a confirmed e-mail address, and there is none on record.")
        _remember(self.users, actor.user_id, now + KEPT)


def _remember(known: dict[K, V], key: K, value: V) -> None:
    if len(known) >= LIMIT:
        known.clear()
    known[key] = value
