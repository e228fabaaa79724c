"""Which products, at which versions.

Source
------
brightspace 1.1, 2.1.
"""

from __future__ import annotations

from chalicelib.dialects.call import Call

EPORTFOLIO = "ep"
PLATFORM = "lp"
PLATFORM_VERSIONS = tuple(f"1.{minor}" for minor in range(48))


def served(call: Call) -> dict[str, tuple[str, ...]]:
    """Versions by product code, ascending."""
    said = call.services.settings.brightspace_versions.split()
    return {EPORTFOLIO: tuple(sorted(said, key=_parts)), PLATFORM: PLATFORM_VERSIONS}


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
