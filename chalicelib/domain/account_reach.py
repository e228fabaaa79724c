"""Finding an account for a caller, and what the caller may know of it (canvas-b 0.1, 0.2, 2, 3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from chalicelib.domain.access import Actor, Standing
from chalicelib.domain.errors import DeniedError, NotFoundError
from chalicelib.domain.person import Account, User, chain
from chalicelib.domain.ports_people import PeopleStore, TreeStore
from chalicelib.domain.reference import GUID_SCHEMES, account_id
from chalicelib.domain.role import Right
from chalicelib.domain.tree import Node, Tree, common_path

COURSE_RIGHTS = (Right.MANAGE_COURSES_ADMIN, Right.MANAGE_COURSES_ADD)


class Shown(Struct, frozen=True, kw_only=True):
    """An account as a caller may see it. `full` False: the limited shape."""

    account: Account
    standing: Standing
    full: bool = True

    @property
    def sees_sis(self) -> bool:
        """Whether SIS and integration ids are shown: never of a root, else to who reads SIS data at the root."""
        return self.sees_import or self._at_root(Right.READ_SIS)

    @property
    def sees_import(self) -> bool:
        """Whether the id of the SIS import is shown."""
        return self._at_root(Right.MANAGE_SIS)

    @property
    def sees_services(self) -> bool:
        """Whether the services are shown."""
        return self.standing.holds(Right.MANAGE_ACCOUNT_SETTINGS, self.account)

    def quota_mb(self, kind: str) -> int:
        """The quota in force for courses, users or groups."""
        return self.standing.tree.quota_mb(self.account.path, kind)

    @property
    def zone(self) -> str:
        """The stored time zone, the account's own or its root's."""
        root = self.standing.root
        return self.account.default_time_zone or (root.default_time_zone if root else "")

    def _at_root(self, right: Right) -> bool:
        root = self.standing.root
        return not self.account.root and root is not None and self.standing.holds(right, root)


class AccountReach(Struct, frozen=True):
    """Accounts as a caller reaches them: those of the root account the host serves, and no others."""

    people: PeopleStore
    store: TreeStore

    def find(self, actor: Actor, reference: str) -> tuple[Standing, Account]:
        """The caller's standing and the account. Raises NotFoundError for an unknown, deleted or foreign account."""
        wanted = account_id(self.people, actor.root_account_id, reference)
        standing = self.people.standing(actor, accounts=[wanted], tree=True)
        account = standing.accounts.get(wanted)
        if account is None or account.root_id != actor.root_account_id or not named(account, reference):
            raise NotFoundError("There is no such account.")
        return standing, account

    def reached(self, actor: Actor, reference: str) -> tuple[Standing, Account]:
        """Like `find`, for what test students are denied (canvas-b 0.1)."""
        standing, account = self.find(actor, reference)
        check_user(actor, standing)
        return standing, account

    def caller(self, actor: Actor) -> tuple[Standing, User]:
        """The caller, where no account is named. Raises DeniedError for a test student."""
        standing = self.people.standing(actor, tree=True)
        check_user(actor, standing)
        if standing.user is None:
            raise DeniedError("The caller is gone.")
        return standing, standing.user

    def subtree(self, standing: Standing, paths: Sequence[str]) -> Tree:
        """The smallest tree around accounts of the caller's root. No path: an empty tree."""
        return self.store.tree(common_path(paths), standing.tree.version) if paths else Tree("/", ())

    def trees(self, standing: Standing, paths: Sequence[str]) -> dict[str, Tree]:
        """A tree with each of those accounts and what is below it, read together.

        An account below a deleted one is hidden from above, and not from who has a role on it.
        """
        around = self.subtree(standing, paths)
        return {path: around if around.node(path) else self.subtree(standing, [path]) for path in paths}

    def accounts(self, ids: Iterable[int]) -> list[Account]:
        """Those accounts that are not deleted, in that order."""
        wanted = list(dict.fromkeys(ids))
        found = self.people.accounts(wanted) if wanted else {}
        return [found[one] for one in wanted if one in found and found[one].active]

    def shown(self, standing: Standing, nodes: Iterable[Node], *, full: bool = True) -> list[Shown]:
        """The accounts of a page of nodes, as the caller may see them."""
        accounts = self.accounts(node.id for node in nodes)
        return [Shown(account=account, standing=standing, full=full) for account in accounts]


def named(account: Account, reference: str) -> bool:
    """Whether a live account is what a reference says: an id found in a GUID may be that of another."""
    scheme, _, value = reference.partition(":")
    fits = scheme not in GUID_SCHEMES or value.lower() == (account.uuid if scheme == "uuid" else account.lti_guid)
    return account.active and fits


def check_user(actor: Actor, standing: Standing) -> None:
    """Raises DeniedError for a course's test student, who is denied everything about accounts but calendars."""
    if actor.student_view or (standing.user is not None and standing.user.student_view):
        raise DeniedError("A test student.")


def creates_courses(standing: Standing, path: str) -> bool:
    """Whether a role lets the caller administer or add courses on the account of that path."""
    return any(standing.holds_at(right, path) for right in COURSE_RIGHTS)


def chains(paths: Iterable[str]) -> list[int]:
    """Ids of all accounts on those paths, each once, in order."""
    return sorted({one for path in paths for one in chain(path)})
