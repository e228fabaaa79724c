"""The order of names (canvas-b 0.5): letter case does not count, accents break ties, digits compare as numbers."""

from __future__ import annotations

import re
import unicodedata

RUN = re.compile(r"\d+", re.ASCII)
DIGITS_LIMIT = 99
"""Digits of a number that count; more would not fit the length before them."""
KEY_LIMIT = 200
"""Characters of a key: part of a sort key, which has 1,024 bytes."""
SEPARATOR = "\x01"


def name_key(name: str) -> str:
    """A text that sorts as the name should, also as UTF-8 bytes in a sort key; ties are broken by what comes behind it.

    >>> sorted(["zzzz", "SA-2", "SA-1a", "sa-1", "SA-10"], key=name_key)
    ['sa-1', 'SA-1a', 'SA-2', 'SA-10', 'zzzz']
    >>> sorted(["Zoe", "Eva", "Éva", "Evb"], key=name_key)
    ['Eva', 'Éva', 'Evb', 'Zoe']
    """
    if name.isascii():
        return f"{RUN.sub(_number, name.casefold())[:KEY_LIMIT]}{SEPARATOR}"
    spelled = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter for letter in spelled if not unicodedata.combining(letter))
    accents = spelled if plain != spelled else ""
    return f"{RUN.sub(_number, plain)[:KEY_LIMIT]}{SEPARATOR}{accents[:KEY_LIMIT]}"


def _number(run: re.Match[str]) -> str:
    digits = run[0].lstrip("0") or "0"
    return f"{min(len(digits), DIGITS_LIMIT):02d}{digits[:DIGITS_LIMIT]}"


def folded(text: str) -> str:
    """A text as searches compare it: without regard to letter case."""
    return text.casefold()
