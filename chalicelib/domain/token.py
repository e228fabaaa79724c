"""Access tokens and Brightspace key pairs: what proves who calls.

A secret is shown once. What is stored is a keyed hash of a token secret, and the keys of an ID-key pair, which a
signature check needs in clear (canvas-a 1.2, brightspace 1.3).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

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


class IdKey(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A user key of an application, with the application's key beside it."""

    app_id: str
    app_key: str
    user_token_id: str
    """The opaque `x_b`, not the user's number."""
    user_key: str
    user_id: int
    root_account_id: int


class AuthenticationError(DomainError):
    """The credentials do not prove anything."""


class TokenUnknownError(AuthenticationError):
    """No such token, or a pending one (canvas-a 1.3)."""


class TokenRevokedError(AuthenticationError):
    """The token was deleted."""


class TokenExpiredError(AuthenticationError):
    """The token's time is over."""

    def __init__(self, expired_at: datetime) -> None:
        super().__init__("The token has expired.")
        self.expired_at = expired_at


class SignatureError(AuthenticationError):
    """A signature is wrong, or its application or user key unknown."""


class SkewError(AuthenticationError):
    """The time stamp is outside the window; the answer tells the server's time (brightspace 1.2)."""


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
        if use is None or use.suspended or use.token.workflow_state == PENDING:
            raise TokenUnknownError("There is no such token.")
        token = use.token
        if token.workflow_state != "active":
            raise TokenRevokedError("The token was deleted.")
        if token.expires_at is not None and token.expired(now):
            raise TokenExpiredError(token.expires_at)
        actor = Actor(
            user_id=token.user_id,
            root_account_id=token.root_account_id,
            token_id=token.id,
            scopes=token.scopes,
            app=f"token/{token.id}",
        )
        if token.last_used_at is None or token.last_used_at + STAMP_EVERY <= now:
            self.credentials.stamp(replace(token, hash=hashed), now)
        return Authenticated(actor, use.spent, Lease(hashed, now, use.level) if leaking else None)

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


class SignedCall(Struct, frozen=True, kw_only=True):
    """A call with ID-key parameters (brightspace 1.3 B). `path` is as the client sent it; an absent text is empty.

    `also` are other spellings of the path that the client may have signed, where proxies rewrite it.
    """

    method: str
    path: str
    also: tuple[str, ...] = ()
    x_a: str = ""
    x_b: str = ""
    x_c: str = ""
    x_d: str = ""
    x_t: str = ""

    @property
    def anonymous(self) -> bool:
        """Whether no user is named: `x_b` and `x_d` absent or empty."""
        return not self.x_b and not self.x_d


class IdKeyService(Struct, frozen=True):
    """Signed calls of applications and users."""

    credentials: CredentialStore
    clock: Clock
    ids: Ids

    def create(self, user_id: int, root_account_id: int, app: tuple[str, str] | None = None) -> IdKey:
        """A new user key; `app` is (id, key) of an application there is, None makes one."""
        app_id, app_key = app or (self.ids.hexadecimal(22), self.ids.hexadecimal(44))
        pair = IdKey(
            app_id=app_id,
            app_key=app_key,
            user_token_id=self.ids.hexadecimal(22),
            user_key=self.ids.hexadecimal(44),
            user_id=user_id,
            root_account_id=root_account_id,
        )
        self.credentials.create_id_key(pair)
        return pair

    def authenticate(self, call: SignedCall) -> Actor | None:
        """Who signed; None for a valid anonymous signature.

        Raises
        ------
        SignatureError, SkewError
            In the order of brightspace 1.3: missing parts, the time window, the application, the user.
        """
        if not (call.x_a and call.x_c and call.x_t.isascii() and call.x_t.isdigit()):
            raise SignatureError("A part of the signature is missing.")
        now = int(self.clock.now().timestamp())
        if len(call.x_t) > TIME_DIGITS or abs(now - int(call.x_t)) > WINDOW_S:
            raise SkewError("The time stamp is outside the window.")
        app_key, pair = self.credentials.id_key(call.x_a, call.x_b)
        if app_key is None or not _signed(app_key, call, call.x_c):
            raise SignatureError("The application's signature does not fit.")
        if call.anonymous:
            return None
        if pair is None or not _signed(pair.user_key, call, call.x_d):
            raise SignatureError("The user's signature does not fit.")
        return Actor(user_id=pair.user_id, root_account_id=pair.root_account_id, app=f"app/{call.x_a}")


PURPOSE_LIMIT = 255
STAMP_EVERY = timedelta(minutes=10)
"""How often a token's use is written down (canvas-a 1.2)."""
WINDOW_S = 300
TIME_DIGITS = 12


def sign(key: str, call: SignedCall) -> str:
    """The signature of a call with a key (brightspace 1.3).

    >>> call = SignedCall(method="GET", path="/d2l/api/eP/2.5/export/501/status", x_t="1700000000")
    >>> sign("app-key-01", call)
    'HErIPX6hJzmN_CLgPHIPwNFU0aZxigGA-6aoF6sMC3E'
    """
    base = f"{call.method.upper()}&{unquote_plus(call.path).lower()}&{call.x_t}"
    digest = hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _signed(key: str, call: SignedCall, signature: str) -> bool:
    given, fits = signature.encode("utf-8", "surrogatepass"), False
    for path in (call.path, *call.also):
        fits |= hmac.compare_digest(sign(key, replace(call, path=path)).encode(), given)
    return fits
