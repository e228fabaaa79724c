"""Insights of portfolios, made after their accreditations changed (accreditly 5).

A run reads a portfolio, analyses what it holds then, and writes that analysis unless a later one is there. What
changes meanwhile has a run of its own, which was queued with the change.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain import insight
from chalicelib.domain.change import Updated
from chalicelib.domain.epobject import EpObject, Insights, Kind, Language
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.insight import Detector
from chalicelib.domain.job import JobStatus
from chalicelib.domain.portfolio import facts_of
from chalicelib.jobs.run import Outcome, Run

HOLDERS_BATCH = 50
TRIES = 20


class BusyError(Exception):
    """The portfolio is changed all the time; the message comes again."""


class State(msgspec.Struct):
    """How far the portfolios are done: of those that hold an accreditation, or of those that are listed."""

    after: str = ""
    done: int = 0


def _detect(text: str) -> Language | None:
    from chalicelib.jobs.languages import detect

    return detect(text)


class InsightsRun(Struct, frozen=True):
    """The work of insights jobs: some portfolios of one owner, or every one that holds an accreditation."""

    detect: Detector = _detect

    def run(self, run: Run) -> Outcome:
        """Bring insights up to date."""
        state, guid = run.load(State) or State(), run.job.parameters.get("accreditation")
        count = self._listed(run, state) if guid is None else self._holders(run, state, str(guid))
        return Outcome(status=JobStatus.COMPLETE, counts={"portfolios": count})

    def _listed(self, run: Run, state: State) -> int:
        portfolios, count = run.job.parameters["portfolios"], 0
        for place, portfolio_id in enumerate(portfolios[state.done :]):
            if place and run.time_is_up:
                run.pause(state)
            count += self._refresh(run, run.job.owner_id, int(portfolio_id))
            state.done += 1
        return count

    def _holders(self, run: Run, state: State, guid: str) -> int:
        count, first = 0, True
        while first or state.after:
            first = False
            holders, state.after = run.services.accreditation_store.holders(guid, state.after, HOLDERS_BATCH)
            for owner_id, portfolio_id in holders:
                count += self._refresh(run, owner_id, portfolio_id)
            if state.after and run.time_is_up:
                run.pause(state)
        return count

    def undo(self, run: Run) -> None:
        """Nothing is to be taken back: an analysis is whole or not there."""

    def _refresh(self, run: Run, owner_id: int, portfolio_id: int) -> bool:
        """Whether there was something to analyse. Raises BusyError."""
        services = run.services
        for _ in range(TRIES):
            before = services.objects.own(owner_id, [(Kind.PORTFOLIO, portfolio_id)]).get(portfolio_id)
            if before is None:
                return False
            held = insight.attached(facts_of(before), services.accreditations.of([before]))
            if not insight.pending(facts_of(before).insights, held):
                return False
            analysis = insight.analyse(held, self.detect)
            covered = insight.covering(facts_of(before).insights, held, analysis, services.clock.now())
            if self._write(run, before, covered):
                return True
        raise BusyError(f"Portfolio {portfolio_id} is being changed by others.")

    def _write(self, run: Run, read: EpObject, insights: Insights) -> bool:
        """Write an analysis onto the newest version; False when that is to be tried again from the beginning.

        What was attached or detached since `read` keeps its count, so it stays pending.
        """
        services, now = run.services, read
        for _ in range(TRIES):
            facts = facts_of(now)
            merged = replace(insights, changes=facts.insights.changes)
            after = replace(now, version=now.version + 1, portfolio=replace(facts, insights=merged))
            try:
                services.objects.apply([Updated(after)])
            except ConflictError:
                found = services.objects.own(read.owner_id, [(Kind.PORTFOLIO, read.id)]).get(read.id)
                if found is None or _analysed(found) != _analysed(read):
                    return False
                now = found
                continue
            return True
        return False


def _analysed(portfolio: EpObject) -> Insights:
    """What is stored of the last analysis."""
    return replace(facts_of(portfolio).insights, changes=0)
