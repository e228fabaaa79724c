"""Accounts as clients read them (canvas-b 3.2 to 3.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from chalicelib.domain.access import Actor, Standing, may_see_calendar
from chalicelib.domain.account_reach import AccountReach, Shown, chains, creates_courses, named
from chalicelib.domain.course import Enrollment
from chalicelib.domain.course_creation import CourseCreation
from chalicelib.domain.errors import DeniedError, NotFoundError
from chalicelib.domain.ordering import folded, name_key
from chalicelib.domain.paging import Numbered, PageRequest, cut
from chalicelib.domain.person import Account, Host, chain
from chalicelib.domain.ports_courses import CourseStore
from chalicelib.domain.ports_people import AccountStore
from chalicelib.domain.reference import account_id
from chalicelib.domain.role import Right
from chalicelib.domain.tree import Node

SEARCH_LIMIT = 5
NAMES_LIMIT = 200
"""Permissions asked about at once."""


class Terms(Struct, frozen=True, kw_only=True):
    """The terms of service of a root account, and its other texts."""

    root: Account
    texts: Mapping[str, str]


class AccountService(Struct, frozen=True):
    """Reads of accounts."""

    reach: AccountReach
    store: AccountStore
    courses: CourseStore
    creation: CourseCreation

    def show(self, actor: Actor, reference: str) -> Shown:
        """One account: full for its admins, limited for who administers a course of it. Raises DeniedError."""
        standing, account = self.reach.reached(actor, reference)
        self._check_read(standing, account)
        return Shown(account=account, standing=standing, full=standing.member_of(account))

    def index(self, actor: Actor, page: PageRequest) -> Numbered[Shown]:
        """Accounts on which the caller has a role, by name."""
        standing, user = self.reach.caller(actor)
        accounts = self.reach.accounts(sorted({one.account_id for one in user.admin_of}))
        return cut([Shown(account=one, standing=standing) for one in sorted(accounts, key=_order)], page)

    def manageable(self, actor: Actor, page: PageRequest) -> Numbered[Shown]:
        """Accounts the caller has a role on and may create courses in, each followed by those below."""
        standing, user = self.reach.caller(actor)
        opened = self.creation.opened(standing, user)
        paths = [path for path in user.role_paths if creates_courses(standing, path) or chain(path)[-1] in opened]
        found: dict[str, Node] = {}
        for path, tree in self.reach.trees(standing, paths).items():
            top = tree.node(path)
            if top is not None:
                found.setdefault(path, top)
                for node in tree.below(path):
                    found.setdefault(node.path, node)
        return self._page(standing, list(found.values()), page)

    def course_creation(self, actor: Actor, page: PageRequest) -> Numbered[Shown]:
        """Accounts in which the caller may create courses (canvas-b 3.5)."""
        standing, user = self.reach.caller(actor)
        by_role, by_course = self.creation.ids(standing, user)
        known = {one.id: one for one in self.reach.accounts(by_course)}  # accounts of courses may be deleted
        found = cut(list(dict.fromkeys([*by_role, *known])), page)
        known |= {one.id: one for one in self.reach.accounts(one for one in found.items if one not in known)}
        shown = [Shown(account=known[one], standing=standing) for one in found.items if one in known]
        return Numbered(items=shown, total=found.total)

    def course_accounts(self, actor: Actor, page: PageRequest) -> Numbered[Shown]:
        """Accounts with a course that the caller administers by an enrollment, by name; limited."""
        standing, user = self.reach.caller(actor)
        enrollments = self.courses.enrollments(user.id) if user.course_paths else []
        accounts = self.reach.accounts(sorted({one.account_id for one in enrollments if one.administers}))
        return cut([Shown(account=one, standing=standing, full=False) for one in sorted(accounts, key=_order)], page)

    def sub_accounts(
        self, actor: Actor, reference: str, page: PageRequest, *, recursive: bool, by_name: bool
    ) -> Numbered[Shown]:
        """Live accounts below one: the direct ones, or all of them tier by tier. Raises DeniedError."""
        standing, account = self.reach.reached(actor, reference)
        self._check_read(standing, account)
        tree = self.reach.subtree(standing, [account.path])
        nodes = list(tree.below(account.path)) if recursive else tree.children(account.path, by_name=by_name)
        return self._page(standing, nodes, page, counted=not recursive)

    def settings(self, actor: Actor, reference: str) -> Account:
        """An account whose settings the caller manages. Raises DeniedError."""
        standing, account = self.reach.reached(actor, reference)
        if not standing.holds(Right.MANAGE_ACCOUNT_SETTINGS, account):
            raise DeniedError("Does not manage the account's settings.")
        return account

    def permissions(self, actor: Actor, reference: str, names: Sequence[str]) -> dict[str, bool]:
        """Which of those permissions the caller has on an account; without names, of all there are."""
        standing, account = self.reach.reached(actor, reference)
        enrollments = self._check_read(standing, account)
        found: dict[str, bool] = {right.value: standing.holds(right, account) for right in Right}
        found |= {"read": True, "manage": standing.member_of(account)}
        found["view_account_calendar_details"] = bool(may_see_calendar(standing, account))
        wanted = list(names)[:NAMES_LIMIT] or [*found, "create_courses"]
        if "create_courses" in wanted:
            found["create_courses"] = self.creation.may_create(standing, account, enrollments)
        return {name: found.get(name, False) for name in wanted}

    def terms(self, root_id: int, reference: str) -> Terms:
        """The terms of service of an account's root, for anybody. Raises NotFoundError."""
        return self._texts(root_id, reference)[1]

    def help_links(self, actor: Actor, reference: str) -> Terms | None:
        """The texts of the root account; None when another account is asked for. Raises NotFoundError."""
        self.reach.caller(actor)
        account, found = self._texts(actor.root_account_id, reference)
        return found if account.root else None

    def root(self, root_id: int) -> Account:
        """The root account a host serves. Raises NotFoundError."""
        found = self.reach.people.account(root_id)
        if found is None:
            raise NotFoundError("There is no such root account.")
        return found

    def manually_created(self, actor: Actor) -> Shown:
        """The account for courses made by hand, which is made when it is first asked for."""
        standing, _ = self.reach.caller(actor)
        account = self.creation.manual_account(standing)
        try:
            self._check_read(standing, account)
        except DeniedError:
            return Shown(account=account, standing=standing, full=False)
        return Shown(account=account, standing=standing)

    def search(self, name: str, domain: str) -> list[Host]:
        """The first hosts whose root account's name, or whose own, contains what is given, by name, then host."""
        found = self.store.domains()
        if name or domain:
            found = [
                one
                for one in found
                if (name and folded(name) in folded(one.name)) or (domain and folded(domain) in folded(one.host))
            ]
        return sorted(found, key=lambda one: (name_key(one.name), one.host))[:SEARCH_LIMIT]

    def _texts(self, root_id: int, reference: str) -> tuple[Account, Terms]:
        wanted = account_id(self.reach.people, root_id, reference)
        found = self.reach.people.accounts([root_id, wanted])
        account, root = found.get(wanted), found.get(root_id)
        if account is None or root is None or account.root_id != root_id or not named(account, reference):
            raise NotFoundError("There is no such account.")
        return account, Terms(root=root, texts=self.store.texts(root_id))

    def _page(
        self, standing: Standing, nodes: Sequence[Node], page: PageRequest, *, counted: bool = True
    ) -> Numbered[Shown]:
        found = cut(nodes, page)
        return Numbered(items=self.reach.shown(standing, found.items), total=found.total, counted=counted)

    def _check_read(self, standing: Standing, account: Account) -> Sequence[Enrollment] | None:
        """The caller's enrollments where they had to be looked at. Raises DeniedError without the right `read`."""
        if standing.member_of(account):
            return None
        user = standing.user
        near = user is not None and account.id in chains(user.course_paths)
        enrollments = self.courses.enrollments(user.id) if user is not None and near else []
        if not any(one.administers and one.account_id == account.id for one in enrollments):
            raise DeniedError("No role on the account, and no administrator of a course of it.")
        return enrollments


def _order(account: Account) -> tuple[str, int]:
    return name_key(account.name), account.id
