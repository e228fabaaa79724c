"""Whether a secret of the suite is in a log line of the suite.

Every process of a test run has one watch: it hears of each secret that is made, and of each log record at whatever
logger, with all its facts. A test fails in whose time a record had a secret in it (`conftest.py`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

SHORTEST = 40
"""Characters of the shortest secret: keys of Brightspace have 44, tokens 64. Ids that are no secrets are shorter."""
SIZES = (44, 64)
RUN = re.compile(rf"[0-9a-f]{{{SHORTEST},}}", re.IGNORECASE)


class Watch(logging.Handler):
    """Hears of secrets and of log records."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.secrets: set[str] = set()
        self.records = 0
        self.leaks: list[str] = []

    def learns(self, make: Callable[..., str]) -> Callable[..., str]:
        """A maker of secrets that tells of each it makes."""

        @wraps(make)
        def made(*args: Any, **options: Any) -> str:
            secret = make(*args, **options)
            if len(secret) >= SHORTEST:
                self.secrets.add(secret)
            return secret

        return made

    def addFilter(self, filter: object) -> None:  # noqa: N802 - logging's own words
        """Let nobody keep records from it: Powertools does so with the handlers of the root logger."""

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a record and everything that is attached to it."""
        self.records += 1
        text = f"{record.getMessage()} {vars(record)}"
        if any(self._has_secret(run) for run in RUN.findall(text)):
            self.leaks.append(f"{record.name} {record.pathname}:{record.lineno}: {record.getMessage()[:40]}")

    def _has_secret(self, run: str) -> bool:
        return any(run[start : start + size].lower() in self.secrets for size in SIZES for start in range(len(run)))

    def told(self) -> list[str]:
        """The leaks since it was last asked."""
        found, self.leaks = self.leaks, []
        return found
