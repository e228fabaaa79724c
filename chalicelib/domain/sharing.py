"""Portfolios shown to others: share keys, the public flag, and what stands in the way of guessing.

Source
------
accreditly 3.2, 3.5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain import access
from chalicelib.domain.access import Actor
from chalicelib.domain.change import KeysTaken
from chalicelib.domain.epobject import NAME_LIMIT, EpObject, PortfolioFacts, ShareKey
from chalicelib.domain.errors import DeniedError, InvalidError, NotFoundError, TooManyGuessesError
from chalicelib.domain.identity import id_in
from chalicelib.domain.portfolio import PortfolioService, Revision, facts_of
from chalicelib.domain.ports import Clock
from chalicelib.domain.ports_accreditations import ShareStore

KEY_LIMIT = 50
"""Share keys of a portfolio (accreditly 8)."""
NEW_KEY_LABEL = "Sharing Url"


class KeyChange(Struct, frozen=True, kw_only=True):
    """A key as a list of keys has it: a new one without `id`; None leaves what is there."""

    id: str = ""
    label: str | None = None
    enabled: bool | None = None


class SharingService(Struct, frozen=True):
    """Who sees a portfolio without owning it. `guesses` is how many wrong keys a minute takes."""

    shares: ShareStore
    portfolios: PortfolioService
    clock: Clock
    guesses: int

    def open(self, actor: Actor | None, guid: str, key: str = "", address: str = "") -> tuple[EpObject, bool]:
        """A portfolio by GUID, and whether the whole of it may be shown (accreditly 3.2).

        The owner sees all; a holder of an enabled key, and anyone when it is public, sees it without its keys.
        `address` is where the request comes from: wrong keys are counted there, and at the portfolio.

        Raises
        ------
        NotFoundError
            There is none, or the caller may not see it: the two look alike.
        DeniedError
            Nobody is signed in, no key was given, and it is not public.
        TooManyGuessesError
            Wrong keys were tried too often in this minute; the right one is not looked at either.
        """
        now = self.clock.now()
        buckets = (f"at#{guid}", f"from#{address}") if key else ()
        seen = self.shares.look(actor.user_id if actor else None, id_in(guid), buckets, now)
        portfolio = seen.portfolio
        if portfolio is not None and (portfolio.deleted or facts_of(portfolio).guid != guid):
            portfolio = None
        if portfolio is not None and actor is not None and portfolio.owner_id == actor.user_id:
            return portfolio, True
        if portfolio is not None and facts_of(portfolio).shared_publicly:
            return portfolio, False
        if key:
            if max(seen.guesses) >= self.guesses:
                raise TooManyGuessesError(60 - int(now.timestamp()) % 60)
            if portfolio is not None and access.may_open_by_key(portfolio, key):
                return portfolio, False
            self.shares.charge(buckets, now)
        elif actor is None:
            raise DeniedError("Sign in, or use a sharing key.")
        raise NotFoundError("There is no such portfolio.")

    def secure(
        self, actor: Actor, guid: str, *, public: bool | None = None, keys: Sequence[KeyChange] | None = None
    ) -> EpObject:
        """The portfolio with that public flag and exactly those keys; what is None stays (accreditly 3.5).

        Raises
        ------
        InvalidError, NotFoundError, DeniedError
            The keys break a rule; there is no such portfolio; the actor is not its owner.
        """
        check_keys(keys or ())

        def secured(before: EpObject, facts: PortfolioFacts) -> Revision:
            kept, taken = facts.keys, tuple[str, ...]()
            if keys is not None:
                kept, taken = replaced(facts.keys, keys, self.portfolios.fresh_key)
            shown = facts.shared_publicly if public is None else public
            after = replace(facts, keys=kept, shared_publicly=shown)
            if after == facts:
                return Revision(before)
            return Revision(replace(before, portfolio=after), [KeysTaken(before, taken)] if taken else [])

        return self.portfolios.revise(actor, id_in(guid), secured, guid=guid)


def check_keys(keys: Sequence[KeyChange]) -> None:
    """Raise InvalidError when there are too many keys, one twice, or a label too long."""
    if len(keys) > KEY_LIMIT:
        raise InvalidError(f"A portfolio has at most {KEY_LIMIT} keys.", field="keys", code="too_long")
    named = [change.id for change in keys if change.id]
    if len(set(named)) < len(named):
        raise InvalidError("A key occurs twice.", field="keys")
    if any(len(change.label or "") > NAME_LIMIT for change in keys):
        raise InvalidError(f"A label has at most {NAME_LIMIT} characters.", field="label", code="too_long")


def replaced(
    present: Sequence[ShareKey], changes: Sequence[KeyChange], fresh: Callable[[str], ShareKey]
) -> tuple[tuple[ShareKey, ...], tuple[str, ...]]:
    """The complete new list in the order sent, and the values of its new keys; `fresh` makes one of a label.

    Raises InvalidError for an id that is no key of the present list.
    """
    known = {key.id: key for key in present}
    kept: list[ShareKey] = []
    taken: list[str] = []
    for change in changes:
        if change.id and change.id not in known:
            raise InvalidError("The portfolio has no such key.", field="id")
        key = known[change.id] if change.id else fresh(NEW_KEY_LABEL)
        if not change.id:
            taken.append(key.value)
        label = key.label if change.label is None else change.label
        kept.append(replace(key, label=label, enabled=key.enabled if change.enabled is None else change.enabled))
    return tuple(kept), tuple(taken)
