"""Brightspace key pairs: what signs a call, and how (brightspace 1.3).

A signature check needs the keys in clear, so they are stored that way.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Actor
from chalicelib.domain.token import AuthenticationError

if TYPE_CHECKING:
    from chalicelib.domain.ports import Clock, Ids
    from chalicelib.domain.ports_people import CredentialStore


class IdKey(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A user key of an application, with the application's key beside it."""

    app_id: str
    app_key: str
    user_token_id: str
    """The opaque `x_b`, not the user's number."""
    user_key: str
    user_id: int
    root_account_id: int


class SignatureError(AuthenticationError):
    """A signature is wrong, or its application or user key unknown."""


class SkewError(AuthenticationError):
    """The time stamp is outside the window; the answer tells the server's time (brightspace 1.2)."""


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
