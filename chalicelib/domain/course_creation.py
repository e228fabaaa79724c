"""Where somebody may create courses (canvas-b 3.5), and the account for courses made by hand."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.access import Standing
from chalicelib.domain.account_change import new_account
from chalicelib.domain.account_reach import AccountReach, creates_courses
from chalicelib.domain.course import Enrollment
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.person import Account, User
from chalicelib.domain.ports import Ids
from chalicelib.domain.ports_courses import CourseStore
from chalicelib.domain.ports_people import AccountStore
from chalicelib.domain.retry import retried
from chalicelib.domain.role import Right

MANUAL_NAME = "Manually-Created Courses"
MANUAL_ID = "manually_created_courses_account_id"
RULES = (
    ("students_can_create_courses", ("StudentEnrollment", "ObserverEnrollment")),
    ("teachers_can_create_courses", ("TeacherEnrollment", "DesignerEnrollment")),
)
"""Settings of a root account, and whom they let create courses."""
WITHOUT = "no_enrollments_can_create_courses"


class CourseCreation(Struct, frozen=True):
    """The rules of course creation."""

    reach: AccountReach
    store: AccountStore
    courses: CourseStore
    ids_from: Ids

    def ids(self, standing: Standing, user: User) -> tuple[list[int], list[int]]:
        """Ids of the accounts, in the order of the rules: live ones by roles, then any by courses."""
        paths = [path for path in user.role_paths if creates_courses(standing, path)]
        trees = self.reach.trees(standing, paths)
        tops = [node for path, tree in trees.items() if (node := tree.node(path)) is not None]
        found = dict.fromkeys(node.id for node in tops)
        for top in tops:
            found |= dict.fromkeys(node.id for node in trees[top.path].below(top.path))
        return list(found), self._by_enrollment(standing, user)

    def may_create(self, standing: Standing, account: Account, enrollments: Sequence[Enrollment] | None) -> bool:
        """Whether the caller may create courses in an account; `enrollments` None: not looked at yet."""
        if standing.holds(Right.MANAGE_COURSES_ADD, account):
            return True
        return standing.user is not None and account.id in self.opened(standing, standing.user, enrollments)

    def opened(self, standing: Standing, user: User, enrollments: Sequence[Enrollment] | None = None) -> frozenset[int]:
        """Ids of the accounts that the root's settings open to the caller, whatever their roles grant."""
        root = standing.root
        if root is None or not any(root.on(setting) for setting in (WITHOUT, *dict(RULES))):
            return frozenset()
        found = self.courses.enrollments(user.id) if enrollments is None else enrollments
        own, manual = self._own(standing, found), root.settings.get(MANUAL_ID)
        if manual and (own or self._without(root, found)):
            own.append(int(manual))
        return frozenset(own) - {0}

    def manual_account(self, standing: Standing) -> Account:
        """The account for courses made by hand; made, and remembered by the root, when there is none."""
        root = standing.root
        if root is None:
            raise NotFoundError("There is no such root account.")
        root_id = root.id

        def work() -> Account:
            people = self.reach.people
            root = people.account(root_id)
            if root is None:
                raise NotFoundError("There is no such root account.")
            known = root.settings.get(MANUAL_ID)
            account = people.account(int(known)) if known else None
            if account is not None and account.active:
                return account
            made = new_account(self.ids_from, root, MANUAL_NAME)
            settings = {**root.settings, MANUAL_ID: str(made.id)}
            self.store.save([made, replace(root, settings=settings, version=root.version + 1)])
            return made

        known = root.settings.get(MANUAL_ID)
        account = self.reach.people.account(int(known)) if known else None
        return account if account is not None and account.active else retried(work)

    def _by_enrollment(self, standing: Standing, user: User) -> list[int]:
        root = standing.root
        if root is None or not any(root.on(setting) for setting in (WITHOUT, *dict(RULES))):
            return []
        enrollments = self.courses.enrollments(user.id) if user.course_paths else []
        own = self._own(standing, enrollments)
        if own or self._without(root, enrollments):
            return [self.manual_account(standing).id, *(one for one in own if one)]
        return []

    def _own(self, standing: Standing, enrollments: Sequence[Enrollment]) -> list[int]:
        """Accounts of the caller's courses that a rule opens; 0 stands for one that opens the manual account only."""
        root, found = standing.root, dict[int, None]()
        for setting, types in RULES:
            if root is None or not root.on(setting):
                continue
            anywhere = root.on(f"{setting}_anywhere", default=True)
            for one in sorted(enrollments, key=lambda one: one.account_id):
                if one.counts and one.type in types:
                    may = anywhere or standing.holds_at(Right.MANAGE_COURSES_ADD, one.account_path)
                    found[one.account_id if may else 0] = None
        return list(found)

    def _without(self, root: Account, enrollments: Sequence[Enrollment]) -> bool:
        return root.on(WITHOUT) and not any(one.counts for one in enrollments)
