"""Who may do what with whose tokens (canvas-a 3.3, 3.4, 1.6)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from chalicelib.domain.access import ALLOWED, Actor, Decision, Denied, Standing
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.person import User
from chalicelib.domain.role import Right
from chalicelib.domain.token import PURPOSE_LIMIT, Token

MANAGED = "admin_manage_access_tokens"
LIMITED = "limit_personal_access_tokens"
NOT_FOR_STUDENTS = "restrict_personal_access_tokens_from_students"
STUDENTS_EXPIRE = "student_access_token_management"
"""Settings of the root account: the first switches on the two that follow; the last is the rule of 120 days."""
STUDENT, OBSERVER = "StudentEnrollment", "ObserverEnrollment"


def behind(actor: Actor) -> Actor:
    """Who is judged: the person behind a caller that acts as somebody else."""
    return replace(actor, user_id=actor.real_user_id or actor.user_id)


def own(actor: Actor, owner: User) -> bool:
    """Whether the caller is the owner as themself."""
    return actor.user_id == owner.id and not actor.real_user_id


def may_show(actor: Actor, standing: Standing, owner: User, token: Token) -> Decision:
    """The owner any token of theirs; a holder of the right over them the manual ones."""
    if actor.user_id == owner.id:
        return ALLOWED
    if token.manual and standing.holds_over(Right.VIEW_USER_GENERATED_ACCESS_TOKENS, owner):
        return ALLOWED
    return Denied("not the owner, and no right to see their tokens")


def may_list(actor: Actor, standing: Standing, owner: User) -> Decision:
    """The user, or a holder of the right over them."""
    if actor.user_id == owner.id or standing.holds_over(Right.VIEW_USER_GENERATED_ACCESS_TOKENS, owner):
        return ALLOWED
    return Denied("not the user, and no right to see their tokens")


def limits_students(standing: Standing) -> bool:
    """Whether the institution wants the tokens of students to end."""
    return standing.root is not None and standing.root.on(STUDENTS_EXPIRE)


def only_studies(standing: Standing, enrollments: Sequence[str]) -> bool:
    """Whether the caller has nothing but student enrollments, given the types of those that count."""
    return not _administers(standing) and bool(enrollments) and all(one == STUDENT for one in enrollments)


def teaches_nowhere(standing: Standing, enrollments: Sequence[str]) -> bool:
    """Whether the caller's only roles are student and observer, or there are none."""
    return not _administers(standing) and all(one in (STUDENT, OBSERVER) for one in enrollments)


def _administers(standing: Standing) -> bool:
    return standing.user is not None and bool(standing.user.admin_of)


def check_purpose(purpose: str) -> str:
    """A purpose within the rules. Raises InvalidError."""
    if not purpose.strip():
        raise InvalidError("purpose must not be blank.", field="purpose", code="blank")
    if len(purpose) > PURPOSE_LIMIT:
        raise InvalidError(f"purpose must have at most {PURPOSE_LIMIT} characters.", field="purpose", code="too_long")
    return purpose
