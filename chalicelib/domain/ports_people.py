"""What the domain asks of the stores of accounts, people and their credentials. `storage` implements them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.idkey import IdKey
from chalicelib.domain.person import Account, Host, User
from chalicelib.domain.role import RoleBook
from chalicelib.domain.token import Token
from chalicelib.domain.tree import Tree


class PeopleStore(Protocol):
    """Accounts and users."""

    def user(self, user_id: int) -> User | None:
        """The user, or None."""

    def users(self, ids: Sequence[int]) -> dict[int, User]:
        """Those users, by id."""

    def resolve(self, root_account_id: int, scheme: str, value: str) -> int | None:
        """Id of the user (`sis_user_id`, `sis_login_id`, …) or account (`sis_account_id`) of that name in a root."""

    def account(self, account_id: int) -> Account | None:
        """The account, or None."""

    def root_for_host(self, host: str) -> int | None:
        """Id of the root account that serves a host; the default root for an unknown host."""

    def standing(
        self, actor: Actor, *, users: Sequence[int] = (), accounts: Sequence[int] = (), tree: bool = False
    ) -> Standing:
        """The actor's user, root account and roles, with other users and accounts of any root, in one call.

        `tree`: the head of the root's tree too.
        """

    def at_the_door(self, actor: Actor, host: str | None) -> tuple[Standing, int | None]:
        """The actor's standing, and the root account that serves the host they came to, in one call."""

    def resolve_all(self, root_account_id: int, names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Ids of the users or accounts of those names, given as (scheme, value); one call for up to 100."""

    def accounts(self, ids: Sequence[int]) -> dict[int, Account]:
        """Those accounts, by id."""

    def role_book(self, root_account_id: int) -> RoleBook:
        """The roles of a root account."""

    def save_role_book(self, book: RoleBook) -> None:
        """Write the roles of a root account; `version` is one more than what must be there.

        Raises
        ------
        ConflictError
            It has changed.
        """

    def save_user(self, user: User, before: User | None = None) -> None:
        """Write a user and its names (login, SIS id); `before` is what is there now, None for a new one."""

    def roster(self, root_account_id: int, cursor: str = "") -> tuple[list[User], str]:
        """Some hundred people of a root, and where to go on (empty: the end); strongly consistent."""


class AccountStore(Protocol):
    """Accounts as they are written, and what is beside them."""

    def save(self, accounts: Sequence[Account], *, default: bool = False) -> None:
        """Write accounts of one root, each conditionally on its version; 1 means new.

        Counters above, nodes of the tree, names and hosts go with them. Some 30 are one transaction; more are several.

        Raises
        ------
        ConflictError
            One of them has changed.
        InvalidError
            A name is in use, or a bound is passed.
        """

    def change(self, paths: Sequence[str], apply: Callable[[Account], Account]) -> dict[int, Account]:
        """Change accounts of one root, given by path, from what they are now; those accounts afterwards, by id.

        Raises like `save`.
        """

    def texts(self, account_id: int) -> dict[str, str]:
        """The long settings of an account."""

    def change_texts(self, account_id: int, changes: Mapping[str, str]) -> None:
        """Change long settings of an account, from what they are now; an empty one goes. Raises InvalidError."""

    def domains(self) -> list[Host]:
        """Every host of every root."""


class TreeStore(Protocol):
    """Subtrees of accounts."""

    def tree(self, path: str, version: int) -> Tree:
        """The live accounts of the subtree at `path`, as of `version` of the tree or later."""

    def roster(self, root_account_id: int, cursor: str = "") -> tuple[list[int], str]:
        """Ids of some hundred accounts of a root, deleted ones too, and where to go on (empty: the end)."""


class Use(Struct, frozen=True, kw_only=True):
    """A token as stored, and what its bucket has spent in the present minute, this call included.

    `suspended`: its user may not sign in at present.
    """

    token: Token
    spent: int
    level: int = 0
    """What the leaking bucket has in it without this call, in thousandths of Canvas's unit."""
    suspended: bool = False


class CredentialStore(Protocol):
    """Tokens and key pairs."""

    def use_token(self, token_hash: str, cost: int, now: datetime, *, leaking: bool = False) -> Use | None:
        """Look a token up by its hash and charge a bucket of its, in one call. None when unknown.

        The minute's bucket pays `cost`, or the leaking one holds a call's part until `settle`.
        """

    def settle(self, token_hash: str, now: datetime, cost: int) -> None:
        """Give back what a call held that was charged at `now`, for what it cost: thousandths of Canvas's unit."""

    def stamp(self, token: Token, now: datetime) -> None:
        """Write down that a token was used."""

    def create_token(self, token: Token) -> None:
        """Write a new token."""

    def rehash_token(self, token: Token, rehashed: Token) -> None:
        """Move a token to another hash; nothing happens when it changed meanwhile."""

    def id_key(self, app_id: str, user_token_id: str) -> tuple[str | None, IdKey | None]:
        """The application's key and the user's pair; None for what is unknown or suspended.

        `user_token_id` may be empty.
        """

    def create_id_key(self, pair: IdKey) -> None:
        """Write a user key, and the application if it is new."""

    def suspend(self, user_id: int, *, suspended: bool) -> None:
        """Switch all credentials of a user off, or on again."""

    def charge(self, bucket: str, cost: int, now: datetime) -> int:
        """Charge a bucket and answer what it has spent in the present minute."""
