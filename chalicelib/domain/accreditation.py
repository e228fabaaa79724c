"""Accreditations: issued by one e-mail address to another, listed for both, revoked by the issuer (accreditly 2.2, 6).

A recipient is an e-mail address within an institution, because there need not be an account at the time of issue. What
came in a package is an accreditation too, in the state `imported`: nobody here vouches for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.epobject import EpObject
from chalicelib.domain.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from chalicelib.domain.identity import guid_for, parse_guid
from chalicelib.domain.job import Job, JobKind
from chalicelib.domain.paging import Slice
from chalicelib.domain.person import ADDRESS_LIMIT, User
from chalicelib.domain.portfolio import TRIES, check_description, check_name, facts_of
from chalicelib.domain.ports import Clock, Ids
from chalicelib.domain.ports_accreditations import AccreditationStore
from chalicelib.domain.ports_people import PeopleStore
from chalicelib.domain.role import Right
from chalicelib.domain.transfer import JobService

CLASSIFICATIONS = ("theoretical", "practical", "social", "membership")
ISSUERS = "accreditation_issuers"
"""Account setting: `any` user may issue, or only who holds a `role` with the right."""
EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+")
LIST_LIMIT = 500
"""Accreditations one answer lists; the next ones are behind its cursor."""


class State(StrEnum):
    """What an accreditation is worth."""

    ISSUED = "issued"
    REVOKED = "revoked"
    IMPORTED = "imported"


class Side(StrEnum):
    """On which side of an accreditation somebody stands."""

    RECIPIENT = "recipient"
    ISSUER = "issuer"


class Accreditation(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An accreditation. `issuer` and `recipient` are e-mail addresses as stored then."""

    id: int
    guid: str
    root_account_id: int
    classification: str
    title: str
    details: str = ""
    issuer: str
    recipient: str
    issued_at: datetime
    state: State = State.ISSUED
    revoked_at: datetime | None = None
    version: int = 1


def from_object(one: EpObject, recipient: str = "") -> Accreditation | None:
    """The accreditation an imported object stands for; None when it is deleted or none."""
    facts = one.accreditation
    if facts is None or one.deleted:
        return None
    return Accreditation(
        id=one.id,
        guid=facts.guid,
        root_account_id=0,
        classification=facts.classification,
        title=one.name,
        details=one.content,
        issuer=facts.issuer,
        recipient=recipient,
        issued_at=facts.issued_at or one.created_at,
        state=State.IMPORTED,
    )


def same_person(one: str, other: str) -> bool:
    """Whether two e-mail addresses are one identity (accreditly 1). No address is nobody's."""
    return bool(one) and one.casefold() == other.casefold()


class AccreditationService(Struct, frozen=True):
    """What can be done with accreditations."""

    store: AccreditationStore
    people: PeopleStore
    jobs: JobService
    clock: Clock
    ids: Ids

    def issue(
        self, actor: Actor, *, recipient: str, title: str, details: str = "", classification: str
    ) -> Accreditation:
        """A new accreditation, issued by the actor.

        Raises
        ------
        InvalidError
            A field breaks a rule, or the actor has no e-mail address to issue under.
        DeniedError
            The institution lets only some people issue, and the actor is none of them.
        """
        check_email(recipient)
        check_name(title, "title")
        check_description(details, "details")
        if classification not in CLASSIFICATIONS:
            raise InvalidError(f"classification must be one of {', '.join(CLASSIFICATIONS)}.", field="classification")
        issuer = self._issuer(self.people.standing(actor))
        for _ in range(TRIES):
            new_id = self.ids.new()
            made = Accreditation(
                id=new_id,
                guid=guid_for(new_id, self.ids.entropy()),
                root_account_id=actor.root_account_id,
                classification=classification,
                title=title,
                details=details,
                issuer=issuer.address,
                recipient=recipient,
                issued_at=self.clock.now(),
            )
            try:
                self.store.create(made)
            except ConflictError:
                continue
            return made
        raise ConflictError("No free accreditation id was found; try again.")

    def show(self, actor: Actor, text: str) -> Accreditation:
        """An accreditation the actor issued or received. Raises NotFoundError."""
        found, user = self._find(actor, text)
        if found is None or not (received(found, user) or _issued(found, user)):
            raise NotFoundError("There is no such accreditation.")
        return found

    def index(self, actor: Actor, side: Side, before: int | None = None) -> Slice[Accreditation]:
        """Accreditations the actor received or issued, newest first, at most `LIST_LIMIT`; `before` is an id."""
        user = self.people.user(actor.user_id)
        if user is None:
            return Slice(items=())
        found = self.store.listed(actor.root_account_id, side, user.address, before, LIST_LIMIT)
        if side is Side.ISSUER:
            return found
        held = self.store.held(actor.user_id, before, LIST_LIMIT)
        return _merged(found, replace(held, items=[replace(one, recipient=user.address) for one in held.items]))

    def received_any(self, actor: Actor) -> bool:
        """Whether the actor received an accreditation."""
        return bool(self.index(actor, Side.RECIPIENT).items)

    def revoke(self, actor: Actor, text: str) -> Accreditation:
        """The accreditation, revoked by its issuer; once more is no change.

        Portfolios show it at once; their analysis follows.

        Raises
        ------
        NotFoundError, DeniedError
            There is none; the actor is not its issuer.
        """
        for _ in range(TRIES):
            found, user = self._find(actor, text)
            if found is None:
                raise NotFoundError("There is no such accreditation.")
            if not _issued(found, user):
                raise DeniedError("You did not issue this accreditation.")
            if found.state is State.REVOKED:
                return found
            after = replace(found, state=State.REVOKED, revoked_at=self.clock.now(), version=found.version + 1)
            job = self.analysis(actor, actor.user_id, {"accreditation": found.guid})
            try:
                self.store.revoke(after, job)
            except ConflictError:
                continue
            self.jobs.announce([job])
            return after
        raise ConflictError("The accreditation is being changed by others; try again.")

    def of(self, portfolios: Iterable[EpObject]) -> Mapping[str, Accreditation]:
        """Accreditations attached to those portfolios, by GUID."""
        owners = {guid: portfolio for portfolio in portfolios for guid in facts_of(portfolio).accreditation_ids}
        if not owners:
            return {}
        found, _ = self.store.gather([(portfolio.owner_id, guid) for guid, portfolio in owners.items()])
        return {guid: owned(one, facts_of(owners[guid]).owner_email) for guid, one in found.items()}

    def analysis(self, actor: Actor, owner_id: int, parameters: dict[str, object]) -> Job:
        """A job that brings insights up to date; nobody hears of its end."""
        return self.jobs.draft(actor, JobKind.INSIGHTS, owner_id, {**parameters, "skip_message": True})

    def _find(self, actor: Actor, text: str) -> tuple[Accreditation | None, User | None]:
        guid = parse_guid(text)
        if guid is None:
            return None, None
        found, user = self.store.gather([(actor.user_id, guid)], user_id=actor.user_id)
        one = found.get(guid)
        if one is not None and one.state is not State.IMPORTED and one.root_account_id != actor.root_account_id:
            return None, user
        return (None if one is None else owned(one, user.address if user else "")), user

    def _issuer(self, standing: Standing) -> User:
        user, root = standing.user, standing.root
        if user is None or not user.active:
            raise DeniedError("The user is not active.")
        if (
            root is not None
            and root.settings.get(ISSUERS) == "role"
            and not standing.holds_somewhere(Right.ISSUE_ACCREDITATIONS)
        ):
            raise DeniedError("Your institution lets only its issuers issue accreditations.")
        if not user.address:
            raise InvalidError("Your account has no e-mail address to issue under.", field="issuerId")
        return user


def check_email(text: str) -> None:
    """Raise InvalidError when `text` is no e-mail address."""
    if len(text) > ADDRESS_LIMIT or not EMAIL.fullmatch(text):
        raise InvalidError("recipientId must be an e-mail address.", field="recipientId")


def received(one: Accreditation, user: User | None) -> bool:
    """Whether the user is the recipient; what is imported is found among its owner's objects only."""
    return one.state is State.IMPORTED or (user is not None and same_person(one.recipient, user.address))


def _issued(one: Accreditation, user: User | None) -> bool:
    return one.state is not State.IMPORTED and user is not None and same_person(one.issuer, user.address)


def owned(one: Accreditation, email: str) -> Accreditation:
    """The accreditation with its recipient, whom an imported one does not name."""
    return replace(one, recipient=email) if one.state is State.IMPORTED else one


def _merged(*slices: Slice[Accreditation]) -> Slice[Accreditation]:
    """Lists by descending id as one, as far down as all of them reach."""
    reach = max((int(one.next_cursor) for one in slices if one.next_cursor), default=0)
    items: Sequence[Accreditation] = sorted(
        (item for one in slices for item in one.items if item.id >= reach), key=lambda item: -item.id
    )
    if len(items) > LIST_LIMIT:
        items = items[:LIST_LIMIT]
        reach = items[-1].id
    return Slice(items=items, next_cursor=str(reach) if reach else "")
