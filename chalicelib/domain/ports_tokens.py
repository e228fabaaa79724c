"""What the domain asks of the store of people's tokens. `storage` implements it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.paging import Slice
from chalicelib.domain.token import Token


class TokenSight(Struct, frozen=True):
    """A token as found for somebody, with their standing; None when the user has no such token."""

    token: Token | None
    standing: Standing


class TokenStore(Protocol):
    """The tokens of people, deleted ones not among them. Every read is strongly consistent."""

    def find(self, actor: Actor, user_id: int, token_id: int) -> TokenSight:
        """The user's token of that id, and the actor's standing with the user, in one call."""

    def hinted(self, user_id: int, hint: str) -> Sequence[int]:
        """Ids of the user's tokens with that hint."""

    def manual(self, user_id: int, size: int, bookmark: str) -> Slice[Token]:
        """The user's manual tokens from behind a bookmark, oldest first. Raises InvalidError for another bookmark."""

    def create(self, token: Token) -> None:
        """Write a new token. Raises ConflictError when its id is taken."""

    def change(self, before: Token, after: Token, *, suspended: bool) -> None:
        """Replace a token; with another hash the secret before stops working. Raises ConflictError.

        `suspended`: its user may not sign in, and so neither may a new secret.
        """

    def remove(self, before: Token, after: Token) -> None:
        """Delete a token: its secret is known as revoked from now on. Raises ConflictError."""
