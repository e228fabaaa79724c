"""Accreditations in portfolios: attached by who received them, detached by the owner (accreditly 3.3, 6)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Actor
from chalicelib.domain.accreditation import Accreditation, AccreditationService, State, owned, received
from chalicelib.domain.change import Attached, Detached, Queued
from chalicelib.domain.epobject import EpObject, PortfolioFacts
from chalicelib.domain.errors import DeniedError, InvalidError, NotFoundError
from chalicelib.domain.identity import id_in, parse_guid
from chalicelib.domain.job import Job
from chalicelib.domain.portfolio import PortfolioService, Revision, facts_of
from chalicelib.domain.ports_accreditations import AccreditationStore

ATTACHED_LIMIT = 50
"""Accreditations of a portfolio: they are read in one call, by two keys each."""


class AttachmentService(Struct, frozen=True):
    """Attaching and detaching."""

    portfolios: PortfolioService
    accreditations: AccreditationService
    store: AccreditationStore

    def attach(self, actor: Actor, guid: str, text: str) -> tuple[EpObject, Mapping[str, Accreditation]]:
        """The portfolio with the accreditation, and all it holds; once more is no duplicate.

        Raises
        ------
        NotFoundError, DeniedError
            There is no such portfolio; the actor does not own it, or did not receive the accreditation.
        InvalidError
            It is revoked, or the portfolio is full.
        """
        jobs: list[Job] = []
        held: dict[str, Accreditation] = {}

        def attached(before: EpObject, facts: PortfolioFacts) -> Revision:
            one = self._received(actor, facts, parse_guid(text), held)
            if one.state is State.REVOKED:
                raise InvalidError("The accreditation is revoked.", field="accreditationId")
            guids = tuple(dict.fromkeys((*facts.accreditation_ids, one.guid)))
            if len(guids) > ATTACHED_LIMIT:
                raise InvalidError(f"A portfolio holds at most {ATTACHED_LIMIT} accreditations.", code="too_long")
            jobs[:] = [self._analysis(actor, before)]
            return Revision(_changed(before, facts, guids), [Attached(one.guid, before), Queued(jobs[0])])

        after = self.portfolios.revise(actor, id_in(guid), attached, guid=guid)
        self.accreditations.jobs.announce(jobs)
        email = facts_of(after).owner_email
        return after, {one: owned(found, email) for one, found in held.items()}

    def detach(self, actor: Actor, guid: str, text: str) -> EpObject:
        """The portfolio without the accreditation.

        Raises
        ------
        NotFoundError, DeniedError
            There is no such portfolio, or it does not hold that; the actor does not own it.
        """
        jobs: list[Job] = []
        gone = parse_guid(text) or ""

        def detached(before: EpObject, facts: PortfolioFacts) -> Revision:
            if gone not in facts.accreditation_ids:
                raise NotFoundError("The portfolio does not hold that accreditation.")
            guids = tuple(one for one in facts.accreditation_ids if one != gone)
            jobs[:] = [self._analysis(actor, before)]
            after = _changed(before, facts, guids)
            return Revision(after, [Detached(gone, before), Queued(jobs[0])])

        after = self.portfolios.revise(actor, id_in(guid), detached, guid=guid)
        self.accreditations.jobs.announce(jobs)
        return after

    def _received(
        self, actor: Actor, facts: PortfolioFacts, guid: str | None, held: dict[str, Accreditation]
    ) -> Accreditation:
        """The accreditation, received by the actor; what the portfolio holds with it goes into `held`."""
        if guid is None:
            raise DeniedError("You did not receive that accreditation.")
        wanted = [(actor.user_id, one) for one in (*facts.accreditation_ids, guid)]
        found, user = self.store.gather(wanted, user_id=actor.user_id)
        held.clear()
        held.update(found)
        one = found.get(guid)
        foreign = one is not None and one.state is not State.IMPORTED and one.root_account_id != actor.root_account_id
        if one is None or foreign or not received(one, user):
            raise DeniedError("You did not receive that accreditation.")
        return one

    def _analysis(self, actor: Actor, portfolio: EpObject) -> Job:
        return self.accreditations.analysis(actor, portfolio.owner_id, {"portfolios": [portfolio.id]})


def _changed(before: EpObject, facts: PortfolioFacts, guids: tuple[str, ...]) -> EpObject:
    insights = replace(facts.insights, changes=facts.insights.changes + 1)
    return replace(before, portfolio=replace(facts, accreditation_ids=guids, insights=insights))
