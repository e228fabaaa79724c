"""Insights: what the accreditations of a portfolio say together, and whether that is still so (accreditly 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from chalicelib.domain.accreditation import Accreditation, State
from chalicelib.domain.epobject import Analysis, Insights, Language, PortfolioFacts

Detector = Callable[[str], Language | None]
"""The language of a text; None when that cannot be told."""


def attached(facts: PortfolioFacts, found: Mapping[str, Accreditation]) -> list[Accreditation]:
    """The accreditations of a portfolio in order of attachment; those that are gone are left out."""
    return [found[guid] for guid in facts.accreditation_ids if guid in found]


def pending(insights: Insights, accreditations: Sequence[Accreditation]) -> bool:
    """Whether the set changed, or one of it was revoked, since the last analysis."""
    return insights.changes > insights.covered or not _revoked(accreditations) <= set(insights.revoked)


def covering(
    insights: Insights, accreditations: Sequence[Accreditation], analysis: Analysis | None, now: datetime
) -> Insights:
    """The insights after an analysis of those accreditations, which were what `insights` counts.

    Without accreditations the analysis goes and its time stays; the time never goes backwards.
    """
    at = insights.updated_at
    return replace(
        insights,
        covered=insights.changes,
        revoked=tuple(sorted(_revoked(accreditations))),
        analysis=analysis,
        updated_at=at if analysis is None else max(now, at or now),
    )


def analyse(accreditations: Sequence[Accreditation], detect: Detector) -> Analysis | None:
    """The analysis of a set; None of an empty one."""
    if not accreditations:
        return None
    ordered = sorted(accreditations, key=lambda one: (one.issued_at, one.id))
    dates = [one.issued_at for one in ordered if one.state is State.ISSUED]
    found = (detect(f"{one.title}\n{one.details}".strip()) for one in ordered)
    languages = Counter(language for language in found if language is not None)
    return Analysis(
        start=dates[0] if dates else None,
        end=dates[-1] if dates else None,
        entries=tuple((one.title, one.guid) for one in ordered),
        languages=tuple(language for language, _ in languages.most_common()),
    )


def _revoked(accreditations: Sequence[Accreditation]) -> set[str]:
    return {one.guid for one in accreditations if one.state is State.REVOKED}
