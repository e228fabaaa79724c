"""Root accounts that let nobody in without a confirmed e-mail address (canvas-a 1.3, ADR 42).

An address on record is a confirmed one, as only the institution's own files put it there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field

from chalicelib.domain.token import AuthenticationError

if TYPE_CHECKING:
    from chalicelib.domain.access import Actor
    from chalicelib.domain.ports import Clock
    from chalicelib.domain.ports_people import PeopleStore

SETTING = "require_confirmed_email"
KEPT = timedelta(minutes=1)
"""How long an answer holds: a switch, or a new address, takes that long to be seen everywhere."""
USERS_KEPT = 1000


class UnverifiedError(AuthenticationError):
    """The user has no confirmed address, and the root account demands one."""


class ConfirmedEmail(Struct, frozen=True):
    """What is known of roots and of the people of those that demand an address."""

    people: PeopleStore
    clock: Clock
    roots: dict[int, tuple[bool, datetime]] = field(default_factory=dict)
    users: dict[int, datetime] = field(default_factory=dict)
    """Until when a user with an address is known to have it."""

    def require(self, actor: Actor) -> None:
        """Let the caller pass: one call a minute for a root, and one for each user of a root that demands an address.

        Raises
        ------
        UnverifiedError
            The root account demands an address, and the caller has none.
        """
        now = self.clock.now()
        demanded, until = self.roots.get(actor.root_account_id, (True, now))
        if until > now and (not demanded or self.users.get(actor.user_id, now) > now):
            return
        standing = self.people.standing(actor)
        demanded = standing.root is not None and standing.root.on(SETTING)
        self.roots[actor.root_account_id] = demanded, now + KEPT
        if not demanded:
            return
        if standing.user is None or not standing.user.email:
            raise UnverifiedError("The account demands a confirmed e-mail address, and there is none on record.")
        if len(self.users) >= USERS_KEPT:
            self.users.clear()
        self.users[actor.user_id] = now + KEPT
