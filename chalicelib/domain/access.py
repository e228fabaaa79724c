"""Who may do what. Every route names a `Permission`; every decision about a loaded object is made here.

Rights of Canvas's matrix (canvas-a 2.2), of Accredit.ly's reads (accreditly 3.2) and of Brightspace's capabilities
(brightspace 1.5) are rules over the same facts: who calls, whose object it is, what state it is in, and the
settings of the account.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from chalicelib.domain.epobject import EpObject
from chalicelib.domain.person import Account, User
from chalicelib.domain.role import LEARNER, ROOT_ONLY, Right, RoleBook
from chalicelib.domain.spam import SPAM
from chalicelib.domain.tree import TreeHead

ROOT_SLASHES = 2
"""A root's path is `/id/`."""


class Permission(StrEnum):
    """What a route needs, as `resource:action`."""

    ACCREDITATION_ISSUE = "accreditation:issue"
    ACCREDITATION_READ = "accreditation:read"
    ACCOUNT_LIST = "account:list"
    ACCOUNT_READ = "account:read"
    CALENDAR_LIST = "calendar:list"
    CALENDAR_MANAGE = "calendar:manage"
    CALENDAR_READ = "calendar:read"
    COURSE_LIST = "course:list"
    EPORTFOLIO_AUTHOR = "eportfolio:author"
    EPORTFOLIO_DELETE = "eportfolio:delete"
    EPORTFOLIO_LIST = "eportfolio:list"
    EPORTFOLIO_MODERATE = "eportfolio:moderate"
    EPORTFOLIO_READ = "eportfolio:read"
    JOB_READ = "job:read"
    NOTIFICATION_MANAGE = "notification:manage"
    NOTIFICATION_READ = "notification:read"
    OBJECT_AUTHOR = "object:author"
    OBJECT_READ = "object:read"
    PACKAGE_EXPORT = "package:export"
    PACKAGE_IMPORT = "package:import"
    REPORT_READ = "report:read"
    REPORT_RUN = "report:run"
    SERVICE_DESCRIBE = "service:describe"
    """Open to everybody, without credentials."""
    TOKEN_ACTIVATE = "token:activate"  # noqa: S105 - a name
    TOKEN_CREATE = "token:create"  # noqa: S105 - a name
    TOKEN_DELETE = "token:delete"  # noqa: S105 - a name
    TOKEN_READ = "token:read"  # noqa: S105 - a name
    USER_READ = "user:read"
    VERIFICATION_REQUEST = "verification:request"
    VERIFICATION_REVIEW = "verification:review"


class Actor(Struct, frozen=True, kw_only=True):
    """Who calls, as the credentials say. `app` is the client application that pays for the call."""

    user_id: int
    root_account_id: int
    token_id: int = 0
    scopes: tuple[str, ...] = ()
    app: str = ""
    real_user_id: int = 0
    """Who is behind a caller that acts as somebody else; 0: nobody."""
    student_view: bool = False
    """The caller acts as a course's test student, who has no credentials of their own."""


class Sight(Struct, frozen=True, kw_only=True):
    """An object as found for a viewer, with what a decision needs: one or two batched reads.

    `owner` is loaded only when the viewer is another.
    """

    object: EpObject
    account: Account | None = None
    viewer: User | None = None
    owner: User | None = None
    roles: RoleBook | None = None

    def viewer_holds(self, right: Right) -> bool:
        """Whether the viewer holds the right over the owner."""
        return self.roles is not None and holds_over(self.viewer, self.owner, right, self.roles)


class Allowed(Struct, frozen=True):
    """The answer yes."""

    def __bool__(self) -> bool:
        return True


class Denied(Struct, frozen=True):
    """The answer no, with the reason for a log."""

    reason: str

    def __bool__(self) -> bool:
        return False


Decision = Allowed | Denied
ALLOWED = Allowed()


class Standing(Struct, frozen=True, kw_only=True):
    """Who calls, as stored, with what a decision about accounts and people needs: one batched read."""

    user: User | None
    root: Account | None
    roles: RoleBook
    users: Mapping[int, User] = field(default_factory=dict)
    """Others that were asked for, by id."""
    accounts: Mapping[int, Account] = field(default_factory=dict)
    tree: TreeHead = TreeHead()
    """The head of the root's tree, when it was asked for."""

    def holds(self, right: Right, account: Account) -> bool:
        """Whether the caller holds the right on the account."""
        return holds(self.user, right, account.path, self.roles)

    def holds_at(self, right: Right, account_path: str) -> bool:
        """Whether the caller holds the right on the account of that path."""
        return holds(self.user, right, account_path, self.roles)

    def associated_with(self, account_path: str) -> bool:
        """Whether the caller is associated with the account by login, role or course (canvas-b 1)."""
        return self.user is not None and any(path.startswith(account_path) for path in self.user.account_paths)

    def holds_over(self, right: Right, subject: User | None) -> bool:
        """Whether the caller holds the right over the user."""
        return holds_over(self.user, subject, right, self.roles)

    def holds_somewhere(self, right: Right) -> bool:
        """Whether the caller holds the right in an account where they have a role."""
        return self.user is not None and any(
            holds(self.user, right, one.account_path, self.roles) for one in self.user.admin_of
        )

    def member_of(self, account: Account) -> bool:
        """Whether the caller has a role on the account or above it, whatever it grants (canvas-b 2, `read` (a))."""
        return self.user is not None and any(account.path.startswith(one.account_path) for one in self.user.admin_of)


def may_act_as(standing: Standing, target: User) -> Decision:
    """A holder of `become_user` over the user, who gains no right of a role by it (canvas-a 1.2)."""
    if not standing.holds_over(Right.BECOME_USER, target):
        return Denied("no right to act as them")
    roles = standing.roles
    paths = {one.account_path for one in target.admin_of}
    deeper = {one.account_path for one in roles.overrides if any(one.account_path.startswith(path) for path in paths)}
    for path in paths | deeper:
        for right in Right:
            if holds(target, right, path, roles) and not standing.holds_at(right, path):
                return Denied("they hold more")
    return ALLOWED


def may_see_calendar(standing: Standing, account: Account) -> Decision:
    """`view_account_calendar_details` (canvas-b 2); who holds `read` by an enrollment is associated by it too."""
    near = standing.associated_with(account.path) or standing.member_of(account)
    shown = account.calendar_visible or standing.holds(Right.MANAGE_ACCOUNT_CALENDAR_VISIBILITY, account)
    return ALLOWED if near and shown else Denied("not associated with the account, or its calendar is hidden")


def holds(viewer: User | None, right: Right, account_path: str, roles: RoleBook) -> bool:
    """Whether a role of `viewer` on the account of that path, or above it, grants the right there (canvas-b 2)."""
    if viewer is None or not viewer.active:
        return False
    return any(
        account_path.startswith(one.account_path)
        and not (right in ROOT_ONLY and one.account_path.count("/") > ROOT_SLASHES)
        and roles.grants(one.role, right, account_path)
        for one in viewer.admin_of
    )


def holds_over(viewer: User | None, subject: User | None, right: Right, roles: RoleBook) -> bool:
    """Whether `viewer` holds the right in an account `subject` is associated with (canvas-a 1.6)."""
    if subject is None:
        return False
    return any(holds(viewer, right, path, roles) for path in subject.account_paths)


def capable(user: User | None, right: Right, roles: RoleBook) -> bool:
    """Whether a user has a capability of brightspace 1.5: as everybody, or by a role of theirs."""
    if user is None or not user.active:
        return False
    if any(roles.grants(LEARNER, right, path) for path in user.account_paths):
        return True
    return holds_over(user, user, right, roles)


def foreign(actor: Actor, sight: Sight) -> bool:
    """Whether the object is of another root account (tenant): to the viewer there is no such thing."""
    if actor.user_id == sight.object.owner_id:
        return False
    return sight.owner is None or sight.owner.root_account_id != actor.root_account_id


def may_list_portfolios(standing: Standing, owner: User) -> Decision:
    """The user, or a holder of `moderate_user_content` over them (canvas-a 2.3)."""
    own = standing.user is not None and standing.user.id == owner.id
    if own or standing.holds_over(Right.MODERATE_USER_CONTENT, owner):
        return ALLOWED
    return Denied("not the user, and no moderator of theirs")


def may_read_portfolio(actor: Actor, sight: Sight) -> Decision:
    """Canvas's read right (canvas-a 2.2): owner, moderator, or anyone signed in to a public one."""
    portfolio = sight.object
    if portfolio.deleted:
        return Denied("deleted")
    enabled = sight.account is None or sight.account.eportfolios_enabled
    if actor.user_id == portfolio.owner_id:
        return ALLOWED if enabled else Denied("ePortfolios are switched off")
    if sight.viewer_holds(Right.MODERATE_USER_CONTENT):
        return ALLOWED
    facts = portfolio.portfolio
    if facts is not None and facts.public and facts.spam_status not in SPAM and enabled:
        return ALLOWED
    return Denied("not public")


def may_author_portfolio(actor: Actor, sight: Sight) -> Decision:
    """The owner of an active portfolio, while ePortfolios are enabled."""
    if sight.object.deleted:
        return Denied("deleted")
    if actor.user_id != sight.object.owner_id:
        return Denied("not the owner")
    if sight.account is not None and not sight.account.eportfolios_enabled:
        return Denied("ePortfolios are switched off")
    return ALLOWED


def _moderator(actor: Actor, sight: Sight) -> bool:
    return actor.user_id != sight.object.owner_id and sight.viewer_holds(Right.MODERATE_USER_CONTENT)


def may_delete_portfolio(actor: Actor, sight: Sight) -> Decision:
    """The owner while ePortfolios are enabled, or a moderator; an active one only (canvas-a 2.2)."""
    if sight.object.deleted:
        return Denied("deleted")
    if _moderator(actor, sight):
        return ALLOWED
    return may_author_portfolio(actor, sight)


def may_moderate_portfolio(actor: Actor, sight: Sight) -> Decision:
    """A moderator, who is never the owner; an active one only (canvas-a 2.2)."""
    if sight.object.deleted:
        return Denied("deleted")
    return ALLOWED if _moderator(actor, sight) else Denied("no moderator of the owner")


def may_restore_portfolio(actor: Actor, sight: Sight) -> Decision:
    """A moderator, who is never the owner (canvas-a 2.2)."""
    return ALLOWED if _moderator(actor, sight) else Denied("no moderator of the owner")


def may_moderate_all(standing: Standing, owner: User) -> Decision:
    """A holder of `moderate_user_content` over somebody else (canvas-a 2.3)."""
    own = standing.user is not None and standing.user.id == owner.id
    if not own and standing.holds_over(Right.MODERATE_USER_CONTENT, owner):
        return ALLOWED
    return Denied("no moderator of theirs")


def may_open_by_key(portfolio: EpObject, key: str) -> bool:
    """Whether `key` is the value of an enabled share key of the portfolio, compared in constant time."""
    facts = portfolio.portfolio
    if facts is None or not key:
        return False
    opens = False
    for share in facts.keys:
        opens |= hmac.compare_digest(share.value.encode(), key.encode("utf-8", "surrogatepass")) and share.enabled
    return opens
