"""Automatic flagging: titles and texts against the keyword lists of the institution (canvas-a 2.4)."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec.structs import replace

from chalicelib.domain.epobject import EpObject
from chalicelib.domain.person import Account

TITLE_KEYWORDS = "eportfolio_title_spam_keywords"
CONTENT_KEYWORDS = "eportfolio_content_spam_keywords"
"""Settings of the root account: lists of words, separated by commas; blank ones are ignored."""
FLAGGED, SAFE, MARKED = "flagged_as_possible_spam", "marked_as_safe", "marked_as_spam"
SPAM = (FLAGGED, MARKED)


def checked(portfolio: EpObject, account: Account | None, page: EpObject | None = None) -> EpObject:
    """The portfolio as it is to be saved: flagged when its title, or the `page` saved with it, has a keyword.

    A status that is set is never changed, and a deleted portfolio is left alone.
    """
    facts = portfolio.portfolio
    if account is None or facts is None or facts.spam_status is not None or portfolio.deleted:
        return portfolio
    titles, texts = account.settings.get(TITLE_KEYWORDS, ""), account.settings.get(CONTENT_KEYWORDS, "")
    hit = has_keyword(titles, portfolio.name)
    if page is not None and not page.deleted:
        contents = [page.content, *(one.content for one in page.page.sections)] if page.page else [page.content]
        hit = hit or has_keyword(f"{titles},{texts}", page.name)
        hit = hit or any(has_keyword(texts, one) for one in contents)
    return replace(portfolio, portfolio=replace(facts, spam_status=FLAGGED)) if hit else portfolio


def has_keyword(keywords: str, text: str) -> bool:
    """Whether one of the comma-separated keywords is in the text, as whole words in any letter case.

    >>> has_keyword("bad, free money,,", "All FREE Money"), has_keyword("bad", "notbad"), has_keyword(" , ", "x")
    (True, False, False)
    """
    pattern = _pattern(keywords)
    return pattern is not None and pattern.search(text) is not None


@lru_cache(maxsize=64)
def _pattern(keywords: str) -> re.Pattern[str] | None:
    words = [re.escape(word.strip()) for word in keywords.split(",") if word.strip()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE) if words else None
