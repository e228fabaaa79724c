"""Tokens and key pairs: who gets in, and who no longer does (canvas-a 1.2, brightspace 1.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain.person import User, UserRow
from chalicelib.domain.token import (
    SignatureError,
    SignedCall,
    SkewError,
    TokenExpiredError,
    TokenUnknownError,
    sign,
)
from chalicelib.wiring import Services
from tests.world import HandClock


def load(services: Services, status: str) -> None:
    """Load the first learner with that status."""
    row = UserRow(
        sis_id="u1", login_id="ada", first_name="Ada", last_name="Obi", email="ada@example.edu", status=status
    )
    (outcome,) = services.directory.upsert_users(services.directory.default_root(), [row])
    assert outcome.changed


def signed(services: Services, user: User, clock: HandClock) -> SignedCall:
    """A call signed by the user."""
    pair = services.idkeys.create(user.id, user.root_account_id)
    call = SignedCall(
        method="get",
        path="/d2l/api/eP/2.5/export/5/status",
        x_a=pair.app_id,
        x_b=pair.user_token_id,
        x_t=str(int(clock.now().timestamp())),
    )
    return replace(call, x_c=sign(pair.app_key, call), x_d=sign(pair.user_key, call))


def test_a_token_speaks_for_its_user_and_counts(services: Services, ada: User) -> None:
    token, secret = services.tokens.create(ada.id, ada.root_account_id, purpose="t")
    assert len(secret) == 64
    assert secret not in repr(token)
    first, second = (services.tokens.authenticate(secret, 10) for _ in range(2))
    assert (first.actor.user_id, first.spent, second.spent) == (ada.id, 10, 20)
    with pytest.raises(TokenUnknownError):
        services.tokens.authenticate(secret[:-1], 10)


def test_a_minute_later_the_bucket_is_full_again(services: Services, ada: User, clock: HandClock) -> None:
    _, secret = services.tokens.create(ada.id, ada.root_account_id, purpose="t")
    for _ in range(40):
        services.tokens.authenticate(secret, 10)
        clock.advance(420)
    assert services.tokens.authenticate(secret, 10).spent == 10


def test_an_expired_token_is_told_when(services: Services, ada: User, clock: HandClock) -> None:
    ends = clock.now() + timedelta(seconds=5)
    _, secret = services.tokens.create(ada.id, ada.root_account_id, purpose="t", expires_at=ends)
    services.tokens.authenticate(secret, 1)
    clock.advance(5)
    with pytest.raises(TokenExpiredError) as caught:
        services.tokens.authenticate(secret, 1)
    assert caught.value.expired_at == ends


def test_a_suspended_user_does_not_get_in_until_they_are_back(services: Services, ada: User, clock: HandClock) -> None:
    _, secret = services.tokens.create(ada.id, ada.root_account_id, purpose="t")
    call = signed(services, ada, clock)
    for status in ("suspended", "deleted"):
        load(services, status)
        with pytest.raises(TokenUnknownError):
            services.tokens.authenticate(secret, 1)
        with pytest.raises(SignatureError):
            services.idkeys.authenticate(call)
    load(services, "active")
    assert services.tokens.authenticate(secret, 1).actor.user_id == ada.id
    actor = services.idkeys.authenticate(call)
    assert actor is not None
    assert actor.user_id == ada.id


@pytest.mark.parametrize("field", ["x_a", "x_b", "x_c", "x_d"])
def test_a_signature_with_a_wrong_part_is_refused(services: Services, ada: User, clock: HandClock, field: str) -> None:
    call = signed(services, ada, clock)
    for value in ("", "wrong", "\ud800"):
        changes: dict[str, Any] = {field: value}
        changed = replace(call, **changes)
        if changed.anonymous:
            continue
        with pytest.raises(SignatureError):
            services.idkeys.authenticate(changed)


def test_the_clock_is_checked_before_the_signatures(services: Services, ada: User, clock: HandClock) -> None:
    call = signed(services, ada, clock)
    clock.advance(301)
    with pytest.raises(SkewError):
        services.idkeys.authenticate(replace(call, x_c="wrong"))
    for stamp in ("", "now", "-5", "١٢٣"):
        with pytest.raises(SignatureError):
            services.idkeys.authenticate(replace(call, x_t=stamp))
    with pytest.raises(SkewError):
        services.idkeys.authenticate(replace(call, x_t="9" * 5000))
