"""The files of people, accounts and terms in both reports of the school (docs/reports.md)."""

from __future__ import annotations

from chalicelib.jobs.report import Part, Rows, Table
from chalicelib.jobs.report_frame import Frame, truth
from chalicelib.jobs.report_walks import AccountLine, Somebody, accounts, everybody

NAMES = ("login_id", "first_name", "last_name", "full_name", "sortable_name", "short_name", "email", "pronouns")


class PeopleFiles(Frame):
    """users.csv, accounts.csv, terms.csv, admins.csv."""

    def users(self, file: str) -> Table:
        """users.csv."""
        more = ("status",)
        columns = (
            *self.ours("canvas_user_id"),
            "user_id",
            "integration_id",
            *NAMES,
            *more,
            *self.ours("created_by_sis"),
        )
        return self.table(file, columns, everybody, self._users)

    def accounts(self, file: str) -> Table:
        """accounts.csv."""
        columns = (
            *self.ours("canvas_account_id", "canvas_parent_id"),
            *("account_id", "parent_account_id", "name", "status", "integration_id"),
            *self.ours("created_by_sis"),
        )
        return self.table(file, columns, accounts, self._accounts)

    def terms(self, file: str) -> Table:
        """terms.csv."""
        columns = (
            *self.ours("canvas_term_id"),
            *("term_id", "name", "status", "integration_id", "start_date", "end_date", "grading_period_group_id"),
            *self.ours("created_by_sis"),
        )
        return Table(file, columns, lambda _: iter([Part(self._terms(), "", 1)]))

    def admins(self, file: str) -> Table:
        """admins.csv."""
        columns = (*self.ours("canvas_user_id", "canvas_account_id"), "user_id", "account_id", "role", "status")
        return self.table(file, columns, everybody, self._admins)

    def _users(self, found: list[Somebody]) -> Rows:
        rows: Rows = []
        for one in (somebody.user for somebody in found):
            if self.shown(one.workflow_state, one.sis_id):
                names = (one.login_id, one.first_name, one.last_name, one.name, one.sortable_name, one.short_name)
                ids = (*self.ours(one.id), one.sis_id, one.integration_id)
                by_sis = self.ours(truth(bool(one.sis_id)))
                rows.append((*ids, *names, one.email, one.pronouns, one.workflow_state, *by_sis))
        return rows

    def _accounts(self, found: list[AccountLine]) -> Rows:
        parents = self.known.accounts(one.parent_id for one in found if one.parent_id)
        rows: Rows = []
        for one in found:
            if self.shown(one.workflow_state, one.sis_id):
                parent = parents.get(one.parent_id or 0)
                facts = (one.sis_id, parent.sis_id if parent else "", one.name, one.workflow_state, one.integration_id)
                rows.append((*self.ours(one.id, one.parent_id), *facts, *self.ours(truth(bool(one.sis_id)))))
        return rows

    def _terms(self) -> Rows:
        wanted = self.context.terms
        rows: Rows = []
        for one in self.context.book.terms:
            if self.shown(one.workflow_state, one.sis_id) and (wanted is None or one.id in wanted):
                dates = [at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else "" for at in (one.start_at, one.end_at)]
                facts = (one.sis_id, one.name, one.workflow_state, one.integration_id, *dates)
                by_sis = self.ours(truth(bool(one.sis_id)))
                rows.append((*self.ours(one.id), *facts, one.grading_period_group_id, *by_sis))
        return rows

    def _admins(self, found: list[Somebody]) -> Rows:
        held = [(one.user, role) for one in found for role in one.user.admin_of]
        homes = self.known.accounts(role.account_id for _, role in held)
        rows: Rows = []
        for user, role in held:
            home = homes.get(role.account_id)
            if home is None or not role.account_path.startswith(self.context.report.account_path):
                continue
            below = home.id != self.context.root_id
            if self.shown(user.workflow_state, user.sis_id, home.sis_id if below else "root"):
                ids = self.ours(user.id, home.id)
                rows.append((*ids, user.sis_id, home.sis_id if below else "", role.role, "active"))
        return rows
