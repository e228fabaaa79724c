"""Tokens and key pairs: who gets in, and who no longer does (canvas-a 1.2, brightspace 1.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bench.meter import counted
from chalicelib.domain.idkey import SignatureError, SignedCall, SkewError, sign
from chalicelib.domain.person import User, UserRow
from chalicelib.domain.token import Authenticated, TokenExpiredError, TokenUnknownError
from chalicelib.domain.tokenkeys import TokenKeys
from chalicelib.storage.credentials import Credentials
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


def keyed(services: Services, keys: TokenKeys) -> Services:
    """A container of the same stage that read those keys."""
    return Services(replace(services.settings, secret_key=keys.text()), clock=services.clock)


def test_a_token_outlives_a_change_of_keys_and_is_hashed_anew(services: Services, ada: User) -> None:
    old = services.token_keys
    token, secret = services.tokens.create(ada.id, ada.root_account_id, purpose="t")
    told = old.announced("n" * 40)
    learnt, changed = keyed(services, told), keyed(services, told.changed())
    finished = keyed(services, TokenKeys(current=told.next))
    assert learnt.tokens.authenticate(secret, 10).actor.token_id == token.id
    with pytest.raises(TokenUnknownError):  # nothing is moved before every container knows both keys
        finished.tokens.authenticate(secret, 10)
    with counted() as tally:
        assert changed.tokens.authenticate(secret, 10).actor.token_id == token.id
    assert tally.dynamodb == ["UpdateItem", "UpdateItem", "TransactWriteItems", "UpdateItem"], "and it was used"
    with counted() as tally:
        assert changed.tokens.authenticate(secret, 10).actor.token_id == token.id
    assert tally.dynamodb == ["UpdateItem"]
    assert learnt.tokens.authenticate(secret, 10).actor.token_id == token.id
    assert finished.tokens.authenticate(secret, 10).actor.token_id == token.id
    with pytest.raises(TokenUnknownError):
        services.tokens.authenticate(secret, 10)
    with pytest.raises(TokenUnknownError):
        changed.tokens.authenticate(secret[:-1], 10)
    services.credentials.suspend(ada.id, suspended=True)
    with pytest.raises(TokenUnknownError):
        finished.tokens.authenticate(secret, 10)


def test_a_token_that_changes_while_it_is_hashed_anew_stays_as_it_is(services: Services, ada: User) -> None:
    changed = keyed(services, services.token_keys.announced("n" * 40).changed())
    token, secret = services.tokens.create(ada.id, ada.root_account_id, purpose="t")
    rehashed = replace(token, hash=changed.tokens.hash(secret), version=2)
    services.credentials.suspend(ada.id, suspended=True)
    services.credentials.rehash_token(token, rehashed)
    with pytest.raises(TokenUnknownError):
        changed.tokens.authenticate(secret, 10)
    services.credentials.suspend(ada.id, suspended=False)
    assert services.tokens.authenticate(secret, 10).actor.token_id == token.id
    services.credentials.rehash_token(token, rehashed)
    services.credentials.rehash_token(token, rehashed)  # another container was first
    assert changed.tokens.authenticate(secret, 10).actor.token_id == token.id


def test_who_is_suspended_while_a_token_is_hashed_anew_is_suspended(
    services: Services, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = keyed(services, services.token_keys.announced("n" * 40).changed())
    _, secret = services.tokens.create(ada.id, ada.root_account_id, purpose="t")
    looked: list[Authenticated] = []
    of = Credentials._of

    def used_meanwhile(store: Credentials, user_id: int) -> list[tuple[str, str]]:
        found = of(store, user_id)
        if not looked:
            looked.append(changed.tokens.authenticate(secret, 10))
        return found

    monkeypatch.setattr(Credentials, "_of", used_meanwhile)
    services.credentials.suspend(ada.id, suspended=True)
    with pytest.raises(TokenUnknownError):
        changed.tokens.authenticate(secret, 10)
