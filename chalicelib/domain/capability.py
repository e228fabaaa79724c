"""What a user may do with ePortfolio at all, as Brightspace has it (brightspace 1.5)."""

from __future__ import annotations

from chalicelib.domain.access import Standing, capable
from chalicelib.domain.errors import DeniedError
from chalicelib.domain.person import Account, User
from chalicelib.domain.role import Right, RoleBook

REASONS = {
    Right.ACCESS: "ePortfolio is switched off for you.",
    Right.EXPORT: "You may not export.",
    Right.IMPORT: "You may not import.",
}


def may_use(user: User | None, root: Account | None, roles: RoleBook) -> bool:
    """Whether ePortfolio is switched on for a user, in their institution and for themselves."""
    return (root is None or root.eportfolios_enabled) and capable(user, Right.ACCESS, roles)


def require_use(standing: Standing, right: Right = Right.ACCESS) -> None:
    """Raise DeniedError unless ePortfolio is switched on for the caller and they have the capability."""
    if not may_use(standing.user, standing.root, standing.roles):
        raise DeniedError(REASONS[Right.ACCESS])
    if right is not Right.ACCESS and not capable(standing.user, right, standing.roles):
        raise DeniedError(REASONS[right])
