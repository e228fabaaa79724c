"""Order of names, as a text whose code points sort the same way (canvas-b 0.5).

Case-insensitive, accent-aware, digit runs compared as numbers. Keys are bounded, so that they fit an index.
"""

from __future__ import annotations

import re
import unicodedata

KEY_LIMIT = 200
"""Characters of a key's first level, and half as many of its second; names that differ only behind them tie."""
DIGITS = re.compile(r"[0-9]+")
LEVEL = "\x01"
"""Between the levels of a key; sorts before every character of a name."""


def collation_key(text: str) -> str:
    """What to compare in place of `text`.

    >>> sorted(["zzzz", "SA-2", "SA-1a", "SA-1", "SA-10"], key=collation_key)
    ['SA-1', 'SA-1a', 'SA-2', 'SA-10', 'zzzz']
    >>> sorted(["cappuccino", "Apps", "élan", "apple", "Elan", "elk"], key=collation_key)
    ['apple', 'Apps', 'cappuccino', 'Elan', 'élan', 'elk']
    """
    folded = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(one for one in folded if not unicodedata.combining(one) and one >= " ")
    plain = DIGITS.sub(_number, letters)[:KEY_LIMIT]
    accented = "" if letters == folded else folded[: KEY_LIMIT // 2]
    return f"{plain}{LEVEL}{accented}"


def _number(digits: re.Match[str]) -> str:
    """A run of digits behind its length: a longer number is the greater one; '0' in front keeps it among digits."""
    value = digits[0].lstrip("0")
    return f"0{min(len(value), 99):02d}{value}"
