"""Granting fewer permissions never allows more: every decision over every override, against a smaller grant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.domain import access, tokenrules
from chalicelib.domain.access import Actor, Sight, Standing
from chalicelib.domain.epobject import EpObject, Kind, PortfolioFacts
from chalicelib.domain.person import Account, AdminRole, User
from chalicelib.domain.role import ACCOUNT_MEMBERSHIP, Right, Role, RoleBook, RoleOverride
from chalicelib.domain.token import Token

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PATHS = ("/1/", "/1/2/", "/1/2/3/", "/1/4/")
ROLES = (
    Role(id=100, name="Helper", base="AccountAdmin"),
    Role(id=101, name="Clerk", base=ACCOUNT_MEMBERSHIP, account_path="/1/2/"),
)
NAMES = ("AccountAdmin", "Helper", "Clerk")
RIGHTS = (
    Right.BECOME_USER,
    Right.MODERATE_USER_CONTENT,
    Right.VIEW_USER_GENERATED_ACCESS_TOKENS,
    Right.CREATE_ACCESS_TOKENS,
)

overrides = st.lists(
    st.builds(
        RoleOverride,
        role_id=st.sampled_from((1, 100, 101)),
        right=st.sampled_from(RIGHTS),
        account_path=st.sampled_from(PATHS),
        enabled=st.booleans(),
        locked=st.booleans(),
        applies_to_self=st.booleans(),
        applies_to_descendants=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda one: (one.role_id, one.right, one.account_path),
).map(tuple)
admins = st.lists(
    st.builds(AdminRole, account_id=st.just(1), account_path=st.sampled_from(PATHS), role=st.sampled_from(NAMES)),
    max_size=3,
).map(tuple)
facts = st.builds(
    PortfolioFacts,
    guid=st.just("g"),
    owner_email=st.just("e"),
    public=st.booleans(),
    spam_status=st.sampled_from((None, "flagged_as_possible_spam", "marked_as_safe", "marked_as_spam")),
)


def user(number: int, roles: tuple[AdminRole, ...]) -> User:
    return User(id=number, root_account_id=1, login_id="l", name="n", admin_of=roles)


def decisions(viewer: User, owner: User, book: RoleBook, one: EpObject, *, enabled: bool) -> dict[str, bool]:
    """What the rules answer a viewer, by rule."""
    root = Account(id=1, name="r", path="/1/", settings={} if enabled else {"enable_eportfolios": "false"})
    actor = Actor(user_id=viewer.id, root_account_id=1)
    sight = Sight(object=one, account=root, viewer=viewer, owner=owner, roles=book)
    standing = Standing(user=viewer, root=root, roles=book, users={owner.id: owner})
    token = Token(
        id=1, user_id=owner.id, root_account_id=1, purpose="p", created_at=NOW, updated_at=NOW, hint="h", hash="h"
    )
    found = {
        rule.__name__: bool(rule(actor, sight))
        for rule in (
            access.may_read_portfolio,
            access.may_author_portfolio,
            access.may_delete_portfolio,
            access.may_moderate_portfolio,
            access.may_restore_portfolio,
        )
    }
    found |= {
        rule.__name__: bool(rule(standing, owner)) for rule in (access.may_list_portfolios, access.may_moderate_all)
    }
    found["may_show"] = bool(tokenrules.may_show(actor, standing, owner, token))
    found["may_list"] = bool(tokenrules.may_list(actor, standing, owner))
    found |= {right.value: standing.holds_over(right, owner) for right in RIGHTS}
    return found


@given(
    given_overrides=overrides,
    roles=admins,
    owned=admins,
    about=facts,
    own=st.booleans(),
    enabled=st.booleans(),
    deleted=st.booleans(),
    cut=st.tuples(st.integers(min_value=0, max_value=2), st.integers(min_value=0, max_value=20)),
)
def test_less_granted_allows_no_more(
    *,
    given_overrides: tuple[RoleOverride, ...],
    roles: tuple[AdminRole, ...],
    owned: tuple[AdminRole, ...],
    about: PortfolioFacts,
    own: bool,
    enabled: bool,
    deleted: bool,
    cut: tuple[int, int],
) -> None:
    owner = user(7, owned)
    viewer = user(7 if own else 8, roles)
    book = RoleBook(root_account_id=1, roles=ROLES, overrides=given_overrides)
    one = EpObject(
        id=1, owner_id=7, kind=Kind.PORTFOLIO, name="n", created_at=NOW, updated_at=NOW, added_at=NOW,
        portfolio=about, deleted_at=NOW if deleted else None,
    )  # fmt: skip
    how, which = cut
    if how == 0 and roles:
        viewer_less, book_less = replace(viewer, admin_of=roles[: which % len(roles)]), book
    elif how == 1 and given_overrides:
        place = which % len(given_overrides)
        off = replace(given_overrides[place], enabled=False)
        viewer_less = viewer
        book_less = replace(book, overrides=(*given_overrides[:place], off, *given_overrides[place + 1 :]))
    else:
        off = RoleOverride(role_id=1, right=RIGHTS[which % len(RIGHTS)], account_path="/1/", enabled=False, locked=True)
        rest = tuple(
            kept for kept in given_overrides if (kept.role_id, kept.right, kept.account_path) != (1, off.right, "/1/")
        )
        viewer_less, book_less = viewer, replace(book, overrides=(*rest, off))
    more = decisions(viewer, owner, book, one, enabled=enabled)
    less = decisions(viewer_less, owner, book_less, one, enabled=enabled)
    assert [name for name, allowed in less.items() if allowed and not more[name]] == []


CUSTOM = tuple(
    Role(id=100 + n, name=name, base=ACCOUNT_MEMBERSHIP) for n, name in enumerate(("helper", "clerk", "deep"))
)
GRANTS = (
    (100, Right.BECOME_USER, "/1/"),
    (101, Right.READ_REPORTS, "/1/"),
    (102, Right.READ_REPORTS, "/1/2/"),
)


@pytest.mark.parametrize(
    ("viewer", "target", "may"),
    [
        ([("AccountAdmin", "/1/")], [], True),
        ([("AccountAdmin", "/1/")], [("AccountAdmin", "/1/2/")], True),
        ([("helper", "/1/")], [], True),
        ([("helper", "/1/")], [("helper", "/1/")], True),
        ([("helper", "/1/")], [("AccountAdmin", "/1/")], False),
        ([("helper", "/1/")], [("AccountAdmin", "/1/2/")], False),
        ([("helper", "/1/")], [("clerk", "/1/2/")], False),
        ([("helper", "/1/")], [("deep", "/1/")], False),
        ([("helper", "/1/"), ("clerk", "/1/")], [("clerk", "/1/2/"), ("deep", "/1/")], True),
        ([("clerk", "/1/")], [], False),
        ([("AccountAdmin", "/1/2/")], [], False),
    ],
)
def test_acting_as_somebody_gains_no_right(
    viewer: list[tuple[str, str]], target: list[tuple[str, str]], *, may: bool
) -> None:
    switched = [
        RoleOverride(role_id=role, right=right, account_path=path, enabled=True) for role, right, path in GRANTS
    ]
    book = RoleBook(root_account_id=1, roles=CUSTOM, overrides=tuple(switched))
    one, other = (
        user(number, tuple(AdminRole(account_id=1, account_path=path, role=role) for role, path in roles))
        for number, roles in ((5, viewer), (6, target))
    )
    standing = Standing(user=one, root=None, roles=book, users={6: other})
    assert bool(access.may_act_as(standing, other)) is may
