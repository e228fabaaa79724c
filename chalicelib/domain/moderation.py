"""Portfolios deleted, brought back, and judged by moderators (canvas-a 2.2, 2.3).

A moderator holds `moderate_user_content` over the owner and is not the owner.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import takewhile

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain import access, spam
from chalicelib.domain.access import Actor, Decision, Sight
from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.domain.errors import ConflictError, InvalidError, NotFoundError
from chalicelib.domain.portfolio import TRIES, PortfolioService, require
from chalicelib.domain.ports import Change, Clock, Deleted, ObjectStore, Restored, RunStore, Updated
from chalicelib.domain.ports_people import PeopleStore

VERDICTS = (spam.SAFE, spam.MARKED)
BATCH = 40
"""Portfolios judged in one transaction, which takes 100 writes: each may leave a large document behind as well."""
NOT_SAVED: dict[object, str] = {
    Deleted: "There was an error destroying the ePortfolio",
    Restored: "There was an error restoring the ePortfolio",
}
"""Canvas's words for a change that others were in the way of all the time."""
PORTFOLIOS = f"{Kind.PORTFOLIO.value}#"


class _Run(Struct):
    """A verdict on its way through somebody's portfolios."""

    owner_id: int
    verdict: str
    since: datetime
    after: str = PORTFOLIOS
    begun: bool = False
    count: int = 0

    def done(self, portfolio: EpObject) -> bool:
        """Whether the portfolio got the verdict in this run."""
        facts = portfolio.portfolio
        return facts is not None and facts.spam_status == self.verdict and portfolio.updated_at >= self.since


class ModerationService(Struct, frozen=True):
    """What owners and moderators do to whole portfolios."""

    objects: ObjectStore
    portfolios: PortfolioService
    people: PeopleStore
    runs: RunStore
    clock: Clock

    def delete(self, actor: Actor, portfolio_id: int) -> EpObject:
        """The portfolio, deleted in every dialect; its pages, keys and status stay for a restore.

        Raises
        ------
        NotFoundError, DeniedError
            There is none; the actor is neither its owner nor a moderator, or it is deleted already.
        """

        def deleted(before: EpObject, now: datetime) -> EpObject:
            return replace(before, deleted_at=now)

        return self._write(actor, portfolio_id, access.may_delete_portfolio, deleted, Deleted)

    def restore(self, actor: Actor, portfolio_id: int) -> EpObject:
        """The portfolio, active again, or as it is when it was not deleted. Raises NotFoundError, DeniedError."""

        def restored(before: EpObject, _: datetime) -> EpObject:
            return replace(before, deleted_at=None)

        return self._write(actor, portfolio_id, access.may_restore_portfolio, restored, Restored)

    def moderate(self, actor: Actor, portfolio_id: int, verdict: str) -> EpObject:
        """The portfolio with a moderator's verdict.

        Raises
        ------
        NotFoundError, DeniedError
            There is none; the actor is no moderator, or it is deleted.
        InvalidError
            The verdict is none of `VERDICTS`; who may not judge does not learn that.
        """

        def judged(before: EpObject, _: datetime) -> EpObject:
            return _judged(before, check_verdict(verdict))

        return self._write(actor, portfolio_id, access.may_moderate_portfolio, judged, Updated)

    def moderate_all(self, actor: Actor, owner_id: int, verdict: str) -> int:
        """Give every active portfolio of a user the verdict; how many there were.

        Goes through the portfolios by id, a transaction for each few. What is broken off (the function's time is up,
        others are at the portfolios all the time) is finished by asking again, which leaves alone what is done.

        Raises
        ------
        NotFoundError, DeniedError, InvalidError
            No such user; the actor may not; the verdict is none of `VERDICTS`.
        ConflictError
            Others were at the portfolios all the time.
        """
        standing = self.people.standing(actor, users=[owner_id])
        owner = standing.users.get(owner_id)
        if owner is None or owner.root_account_id != actor.root_account_id or owner.workflow_state == "deleted":
            raise NotFoundError("There is no such user.")
        require(access.may_moderate_all(standing, owner))
        check_verdict(verdict)
        run = _Run(owner_id, verdict, self.clock.now())
        while run.after:
            self._judge_some(run)
        if run.begun:
            self.runs.end(owner_id)
        return run.count

    def _judge_some(self, run: _Run) -> None:
        """Judge the portfolios behind where the run is, and move it on. Raises ConflictError."""
        for _ in range(TRIES):
            found, going_on = self.objects.walk(run.owner_id, run.after, BATCH)
            active = [one for one in takewhile(lambda one: one.kind is Kind.PORTFOLIO, found) if not one.deleted]
            after = going_on if going_on.startswith(PORTFOLIOS) else ""
            if after and not run.begun:
                # More than one transaction: keep since when, for a repetition to go on with.
                run.since, run.begun = self.runs.begin(run.owner_id, run.verdict, run.since), True
            now = self.clock.now()
            left = [one for one in active if not run.done(one)]
            try:
                if left:
                    self.objects.apply([Updated(_next(_judged(one, run.verdict), one, now)) for one in left])
            except ConflictError:
                continue
            run.count, run.after = run.count + len(active), after
            return
        raise ConflictError("The portfolios are being changed by others; try again.")

    def _write(
        self,
        actor: Actor,
        portfolio_id: int,
        rule: Callable[[Actor, Sight], Decision],
        change: Callable[[EpObject, datetime], EpObject],
        kind: Callable[[EpObject], Change],
    ) -> EpObject:
        for _ in range(TRIES):
            sight = self.portfolios.sight(actor, portfolio_id)
            require(rule(actor, sight))
            before, now = sight.object, self.clock.now()
            changed = change(before, now)
            if kind is Restored and not before.deleted:
                return before
            after = spam.checked(_next(changed, before, now), sight.account)
            try:
                self.objects.apply([kind(after)])
            except ConflictError:
                continue
            return after
        if kind in NOT_SAVED:
            raise InvalidError(NOT_SAVED[kind], code="refused")
        raise ConflictError("The portfolio is being changed by others; try again.")


def check_verdict(verdict: str) -> str:
    """A status that a moderator may set. Raises InvalidError."""
    if verdict not in VERDICTS:
        raise InvalidError('spam_status must be one of ["marked_as_safe", "marked_as_spam"]', code="refused")
    return verdict


def _judged(portfolio: EpObject, verdict: str) -> EpObject:
    facts = portfolio.portfolio
    if facts is None:
        raise NotFoundError("There is no such portfolio.")
    return replace(portfolio, portfolio=replace(facts, spam_status=verdict))


def _next(after: EpObject, before: EpObject, now: datetime) -> EpObject:
    return replace(after, updated_at=now, version=before.version + 1)
