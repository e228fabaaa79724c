"""The terms a report's `enrollment_term_id` means (canvas-a 1.5, 5.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.domain.reference import unhexed
from chalicelib.domain.term import ACTIVE, DELETED, Term, TermBook

ALL = "active_terms"


def terms_meant(said: object, book: TermBook, now: datetime) -> frozenset[int] | None:
    """Ids of the terms that are meant; None when none of those named is there.

    `said` is an id, an SIS form, `default`, `current`, `active_terms`, or a list of them with commas, of which one
    that is there is enough.
    """
    words = [str(one).strip() for one in said] if isinstance(said, list) else str(said).split(",")
    found: set[int] = set()
    for word in words:
        found |= {term.id for term in _meant(word.strip(), book, now)}
    return frozenset(found) or (frozenset() if ALL in words else None)


def _meant(word: str, book: TermBook, now: datetime) -> list[Term]:
    live = [one for one in book.terms if one.workflow_state != DELETED]
    if word == ALL:
        return [one for one in live if one.workflow_state == ACTIVE and (one.end_at is None or one.end_at >= now)]
    if word == "default":
        return [one for one in live if one.default]
    if word == "current":
        current = book.current(now)
        return [current] if current else []
    scheme, _, value = unhexed(word).partition(":")
    wanted: Mapping[str, Callable[[Term], bool]] = {
        "sis_term_id": lambda one: one.sis_id == value,
        "sis_integration_id": lambda one: one.integration_id == value,
    }
    if value and scheme in wanted:
        return [one for one in live if wanted[scheme](one)]
    return [one for one in live if word.isascii() and word.isdigit() and str(one.id) == word]
