"""Access tokens: what proves who calls. A secret is shown once; what is stored is a keyed hash of it (canvas-a 1.2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Actor
from chalicelib.domain.bucket import UNIT, Lease
from chalicelib.domain.errors import DomainError, InvalidError
from chalicelib.domain.tokenkeys import TokenKeys, name_of

if TYPE_CHECKING:
    from chalicelib.domain.ports import Clock, Ids
    from chalicelib.domain.ports_people import CredentialStore, Use

HINT_LENGTH = 5
PENDING = "pending"
"""State of a token that somebody else made for its owner, until they activate it (canvas-a 3.2)."""
TOKEN_LENGTH = 64
"""Characters of a token secret (canvas-a 3.1): 256 bits in hexadecimal."""


class Token(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An access token without its secret (canvas-a 3.1). `scopes` empty: unlimited."""

    id: int
    user_id: int
    root_account_id: int
    purpose: str
    created_at: datetime
    updated_at: datetime
    hint: str
    hash: str
    key: str = ""
    """Name of the key of `hash`; empty: it was made before keys had names."""
    scopes: tuple[str, ...] = ()
    workflow_state: str = "active"
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    app_name: str = "User-Generated"
    """Name of the application it was made for; this one is built in, for tokens made by hand."""
    manual: bool = True
    remember_access: bool | None = None
    real_user_id: int | None = None
    version: int = 1

    def expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now


class AuthenticationError(DomainError):
    """The credentials do not prove anything."""

    lease: Lease | None = None
    """What the call holds in the bucket of a token that is known and does not let in."""


class TokenUnknownError(AuthenticationError):
    """No such token, or a pending one (canvas-a 1.3)."""


class TokenRevokedError(AuthenticationError):
    """The token was deleted."""


class TokenExpiredError(AuthenticationError):
    """The token's time is over."""

    def __init__(self, expired_at: datetime) -> None:
        super().__init__("The token has expired.")
        self.expired_at = expired_at


class AnonymousError(AuthenticationError):
    """No user is named where one is needed."""


class Authenticated(Struct, frozen=True):
    """Who calls, and what their bucket has spent in the present minute, this call included."""

    actor: Actor
    spent: int
    lease: Lease | None = None
    """What the call holds in the token's leaking bucket, if it was asked to."""


class TokenService(Struct, frozen=True):
    """Bearer tokens. `keys` gives the keys of the keyed hash."""

    credentials: CredentialStore
    clock: Clock
    ids: Ids
    keys: Callable[[], TokenKeys]

    def hash(self, secret: str) -> str:
        """The keyed hash under which a token is stored."""
        return self.keys().hash(secret)

    def create(
        self,
        user_id: int,
        root_account_id: int,
        *,
        purpose: str,
        scopes: tuple[str, ...] = (),
        expires_at: datetime | None = None,
    ) -> tuple[Token, str]:
        """A new active token and its secret, which is never shown again. Raises InvalidError on a bad purpose."""
        if not 1 <= len(purpose) <= PURPOSE_LIMIT:
            raise InvalidError(f"purpose must have 1 to {PURPOSE_LIMIT} characters.", field="purpose")
        now = self.clock.now()
        token, secret = self.sealed(
            self.blank(user_id, root_account_id, purpose, now, scopes=scopes, expires_at=expires_at)
        )
        self.credentials.create_token(token)
        return token, secret

    def blank(self, user_id: int, root_account_id: int, purpose: str, now: datetime, **facts: Any) -> Token:
        """An active token without a secret, not stored yet."""
        return Token(
            id=self.ids.new(),
            user_id=user_id,
            root_account_id=root_account_id,
            purpose=purpose,
            created_at=now,
            updated_at=now,
            hint="",
            hash="",
            **facts,
        )

    def sealed(self, token: Token) -> tuple[Token, str]:
        """The token with a new secret, and that secret, which is never shown again."""
        secret = self.ids.hexadecimal(TOKEN_LENGTH)
        key = name_of(self.keys().current)
        return replace(token, hint=secret[:HINT_LENGTH], hash=self.hash(secret), key=key), secret

    def authenticate(self, secret: str, cost: int, *, leaking: bool = False) -> Authenticated:
        """Who the token speaks for; charges the minute's bucket, or the leaking one, in the same call.

        Raises
        ------
        TokenUnknownError, TokenRevokedError, TokenExpiredError
            See there (canvas-a 1.3).
        """
        now, hashed = self.clock.now(), self.hash(secret)
        use = self.credentials.use_token(hashed, cost, now, leaking=leaking) or self._by_other_key(secret, cost, now)
        if use is None:
            raise TokenUnknownError("There is no such token.")
        lease, token = Lease(hashed, now, use.level) if leaking else None, use.token
        try:
            _check(use, now)
        except AuthenticationError as error:
            error.lease = lease
            raise
        actor = Actor(
            user_id=token.user_id,
            root_account_id=token.root_account_id,
            token_id=token.id,
            scopes=token.scopes,
            app=f"token/{token.id}",
        )
        if token.last_used_at is None or token.last_used_at + STAMP_EVERY <= now:
            self.credentials.stamp(replace(token, hash=hashed), now)
        return Authenticated(actor, use.spent, lease)

    def settle(self, lease: Lease, cost: float) -> None:
        """A call is over, and cost so much in Canvas's unit."""
        self.credentials.settle(lease.hash, lease.at, round(cost * UNIT))

    def _by_other_key(self, secret: str, cost: int, now: datetime) -> Use | None:
        """A token of before the last change of keys, which is hashed anew; one call more, once."""
        keys = self.keys()
        other = keys.other(secret)
        use = self.credentials.use_token(other, cost, now) if other else None
        if use is not None and keys.previous and not use.suspended:
            rehashed = replace(
                use.token, hash=keys.hash(secret), key=name_of(keys.current), version=use.token.version + 1
            )
            self.credentials.rehash_token(use.token, rehashed)
        return use


def _check(use: Use, now: datetime) -> None:
    """Raises AuthenticationError when a token that is known does not let in."""
    if use.suspended or use.token.workflow_state == PENDING:
        raise TokenUnknownError("There is no such token.")
    if use.token.workflow_state != "active":
        raise TokenRevokedError("The token was deleted.")
    if use.token.expires_at is not None and use.token.expired(now):
        raise TokenExpiredError(use.token.expires_at)


PURPOSE_LIMIT = 255
STAMP_EVERY = timedelta(minutes=10)
"""How often a token's use is written down (canvas-a 1.2)."""
