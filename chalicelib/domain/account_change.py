"""What operators change of accounts: fields, settings, hosts (canvas-b 1, design 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain import setting, timezone
from chalicelib.domain.coursenames import CourseNames
from chalicelib.domain.epobject import NAME_LIMIT
from chalicelib.domain.errors import InvalidError, NotFoundError
from chalicelib.domain.identity import guid_for
from chalicelib.domain.person import Account, Domain
from chalicelib.domain.ports import Ids
from chalicelib.domain.ports_people import AccountStore, PeopleStore
from chalicelib.domain.retry import retried

HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
HOSTS_LIMIT = 20
"""Hosts of one root account."""
ALL_HOSTS_LIMIT = 5_000
"""Hosts of all roots together: the public search reads them all."""
DOMAIN = "domain."
"""`domain.lakeside.example.edu=saml` adds a host with its authentication provider; `=-` removes it."""
REMOVE = "-"
QUOTA_MB_LIMIT = 100_000_000
SUBSCRIPTIONS = {"manual": False, "auto": True}


def _name(account: Account, value: str) -> Account:
    name = value.strip()
    if not 1 <= len(name) <= NAME_LIMIT:
        raise InvalidError(f"An account's name has 1 to {NAME_LIMIT} characters.", field="name")
    return replace(account, name=name)


def _zone(account: Account, value: str) -> Account:
    return replace(account, default_time_zone=timezone.checked(value) if value else "")


def _quota(field: str) -> Callable[[Account, str], Account]:
    def change(account: Account, value: str) -> Account:
        number = value.isascii() and value.isdigit() and len(value) <= len(str(QUOTA_MB_LIMIT))
        if value and not (number and int(value) <= QUOTA_MB_LIMIT):
            raise InvalidError(f"A quota is a whole number of megabytes, not {value[:40]!r}.", field=field)
        return replace(account, **{field: int(value) if value else None})

    return change


def _visible(account: Account, value: str) -> Account:
    visible = setting.truth(value) if value else False
    if visible is None:
        raise InvalidError(f"account_calendar_visible is true or false, not {value[:40]!r}.", field="visible")
    return replace(account, calendar_visible=visible)


def _subscription(account: Account, value: str) -> Account:
    if value and value not in SUBSCRIPTIONS:
        raise InvalidError(f"account_calendar_subscription_type is manual or auto, not {value[:40]!r}.")
    return replace(account, calendar_auto_subscribe=SUBSCRIPTIONS.get(value, False))


FIELDS: Mapping[str, Callable[[Account, str], Account]] = {
    "account_calendar_subscription_type": _subscription,
    "account_calendar_visible": _visible,
    "default_group_storage_quota_mb": _quota("group_quota_mb"),
    "default_storage_quota_mb": _quota("course_quota_mb"),
    "default_time_zone": _zone,
    "default_user_storage_quota_mb": _quota("user_quota_mb"),
    "name": _name,
}
"""What is a field of the account, and not one of its settings."""


class AccountChanges(Struct, frozen=True):
    """Changes of accounts by an operator."""

    people: PeopleStore
    store: AccountStore
    ids: Ids
    names: CourseNames

    def new_root(self, name: str, *, sis_id: str = "", domains: Sequence[Domain] = ()) -> Account:
        """A new root account (tenant) for those hosts; the first one is the default root. Raises InvalidError."""
        account = new_account(self.ids, None, name)
        account = replace(account, sis_id=sis_id, domains=tuple(_domain(one) for one in domains))
        self._check_hosts(account)
        self.store.save([account], default=self.people.root_for_host("") is None)
        return account

    def change(self, account_id: int, changes: Mapping[str, str]) -> Account:
        """Change fields, settings and hosts of an account; an empty value resets one.

        Raises
        ------
        NotFoundError
            There is no such account.
        InvalidError
            A name or value is not one it may have; then nothing is changed.
        """

        def work() -> Account:
            before = self.people.account(account_id)
            if before is None:
                raise NotFoundError("There is no such account.")
            texts = {name: value for name, value in changes.items() if name in setting.LONG}
            checked = {name: value and setting.checked(name, value) for name, value in texts.items()}
            after = changed(before, {name: value for name, value in changes.items() if name not in texts})
            self._check_hosts(after)
            if texts:
                self.store.change_texts(account_id, checked)
            if after == before:
                return before
            self.names.account(before, after)
            after = replace(after, version=before.version + 1)
            self.store.save([after])
            return after

        return retried(work)

    def described(self, account: Account) -> dict[str, str]:
        """Every setting of an account, the long ones too."""
        return {**account.settings, **self.store.texts(account.id)}

    def _check_hosts(self, account: Account) -> None:
        if len(account.domains) > HOSTS_LIMIT:
            raise InvalidError(f"A root account has at most {HOSTS_LIMIT} hosts.", field="domain")
        if account.domains and len(self.store.domains()) + len(account.domains) > ALL_HOSTS_LIMIT:
            raise InvalidError(f"There are {ALL_HOSTS_LIMIT} hosts in all; remove some first.", field="domain")


def new_account(ids: Ids, parent: Account | None, name: str) -> Account:
    """An account that is not stored yet, below `parent` or a root. Raises InvalidError for a blank or long name."""
    account_id = ids.new()
    account = Account(
        id=account_id,
        name="",
        path=f"{parent.path if parent else '/'}{account_id}/",
        parent_id=parent.id if parent else None,
        uuid=guid_for(account_id, ids.entropy()),
        lti_guid=guid_for(account_id, ids.entropy()),
    )
    return _name(account, name)


def changed(account: Account, changes: Mapping[str, str]) -> Account:
    """The account with those changes. Raises InvalidError."""
    after, settings = account, {}
    for name, value in changes.items():
        if name in FIELDS:
            after = FIELDS[name](after, value)
        elif name.startswith(DOMAIN):
            after = _hosted(after, name.removeprefix(DOMAIN), value)
        else:
            settings[name] = value
    return replace(after, settings=setting.changed(account.settings, settings)) if settings else after


def _hosted(account: Account, host: str, value: str) -> Account:
    if not account.root:
        raise InvalidError("Only a root account has hosts.", field="domain")
    others = tuple(one for one in account.domains if one.host != host.lower())
    if value == REMOVE:
        return replace(account, domains=others)
    return replace(account, domains=(*others, _domain(Domain(host=host, authentication_provider=value))))


def _domain(domain: Domain) -> Domain:
    host = domain.host.strip().lower()
    if not HOST.fullmatch(host):
        raise InvalidError(f"{host[:60]!r} is not the name of a host.", field="domain")
    if len(domain.authentication_provider) > 60:
        raise InvalidError("An authentication provider has at most 60 characters.", field="domain")
    return Domain(host=host, authentication_provider=domain.authentication_provider)
