"""The keys of the keyed hash over token secrets: one that hashes, and one beside it while they change.

A change goes in two steps, because containers read the keys once. First every container learns the `next` key, then it
becomes `current`, and the one before stays as `previous` until every token has been hashed anew, by its next use.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec
from msgspec import Struct
from msgspec.structs import replace


class TokenKeys(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The keys, as texts. `next` and `previous` are empty when there is none; never are both there."""

    current: str
    next: str = ""
    previous: str = ""

    def hash(self, secret: str) -> str:
        """What a token is stored under."""
        return hashed(self.current, secret)

    def other(self, secret: str) -> str:
        """What a token may be stored under while the keys change; empty when they do not."""
        beside = self.next or self.previous
        return hashed(beside, secret) if beside else ""

    def announced(self, key: str) -> TokenKeys:
        """The first step of a change."""
        return replace(self, next=key)

    def changed(self) -> TokenKeys:
        """The second: what was next hashes, what hashed is looked up."""
        return TokenKeys(current=self.next, previous=self.current)

    def text(self) -> str:
        """How the keys are kept: one alone as it is, more as JSON."""
        return msgspec.json.encode(self).decode() if self.next or self.previous else self.current


def parse(text: str) -> TokenKeys:
    """The keys of a text that `TokenKeys.text` made, or of a key alone."""
    return msgspec.json.decode(text, type=TokenKeys) if text.startswith("{") else TokenKeys(current=text)


def hashed(key: str, secret: str) -> str:
    """The keyed hash of a token's secret."""
    return hmac.new(key.encode(), secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def name_of(key: str) -> str:
    """A name for a key that gives nothing of it away; a token remembers by it which key it is hashed with."""
    return hashlib.sha256(f"name of {key}".encode()).hexdigest()[:12]
