"""`account`: roots of institutions, and what is set on accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyclopts import App

from ops.cli.console import Answer, Given, errors

if TYPE_CHECKING:
    from chalicelib.domain.person import Account
    from chalicelib.wiring import Services


def register(app: App) -> None:
    """Add the commands."""
    account = App(name="account", help="Accounts, and roots of institutions.")
    account.command(create_root, name="create-root")
    account.command(change, name="set")
    account.command(settings, name="settings")
    app.command(account)


def create_root(name: str, *, sis_id: str = "", domain: tuple[str, ...] = (), session: Given) -> Answer:
    """Make a root account (a tenant). The first one answers for hosts nobody claims.

    Parameters
    ----------
    name
        Name of the institution.
    sis_id
        Its id in the student information system.
    domain
        A host whose requests belong to it; may be given several times.
    """
    from chalicelib.wiring import wire

    account = wire(session.settings).directory.create_root_account(name, sis_id=sis_id, domains=domain)
    return Answer(
        {**_account(account), "domains": [one.host for one in account.domains]},
        [f"Root account {account.id}: {account.name}"],
    )


def change(account: str, /, *changes: str, root: str = "", session: Given) -> Answer:
    """Set fields, settings and hosts of an account: KEY=VALUE, and KEY= to take one back to its default.

    Parameters
    ----------
    account
        An id, sis_account_id:X or self for the root.
    changes
        Fields: name, default_time_zone, default_storage_quota_mb, default_user_storage_quota_mb,
        default_group_storage_quota_mb, account_calendar_visible, account_calendar_subscription_type. Hosts of a root:
        domain.HOST=PROVIDER, which may be empty, and domain.HOST=- to remove one. service.NAME=true, feature.NAME=true.
        Anything else is a setting, such as enable_eportfolios=false.
    root
        The root account in which names are looked up; by default the default root.
    """
    from chalicelib.domain import setting
    from chalicelib.domain.account_change import DOMAIN, FIELDS
    from chalicelib.domain.errors import InvalidError
    from chalicelib.wiring import wire

    said: dict[str, str] = {}
    for one in changes:
        key, equals, value = one.partition("=")
        if not equals:
            raise InvalidError(f"Say KEY=VALUE, not {one!r}.")
        said[key] = value
        if not (key in FIELDS or key in setting.KNOWN or key.startswith((DOMAIN, setting.SERVICE, setting.FEATURE))):
            errors.print(f"{key} is none of the settings this service reads; it is kept all the same.", markup=False)
    services = wire(session.settings)
    found = find_account(services, account, root)
    return _settings(services, services.account_changes.change(found.id, said))


def settings(account: str, /, *, root: str = "", session: Given) -> Answer:
    """Print what is set on an account.

    Parameters
    ----------
    account
        An id, sis_account_id:X or self for the root.
    root
        The root account in which names are looked up; by default the default root.
    """
    from chalicelib.wiring import wire

    services = wire(session.settings)
    return _settings(services, find_account(services, account, root))


def find_account(services: Services, reference: str, root: str = "") -> Account:
    """The account of an operator's reference. Raises NotFoundError."""
    directory = services.directory
    return directory.find_account(reference, directory.find_account(root) if root else None)


def _settings(services: Services, account: Account) -> Answer:
    from chalicelib.domain.setting import typed

    value: dict[str, Any] = {
        **_account(account),
        "default_time_zone": account.default_time_zone or None,
        "default_storage_quota_mb": account.course_quota_mb,
        "default_user_storage_quota_mb": account.user_quota_mb,
        "default_group_storage_quota_mb": account.group_quota_mb,
        "account_calendar_visible": account.calendar_visible,
        "account_calendar_subscription_type": "auto" if account.calendar_auto_subscribe else "manual",
    }
    value |= {f"domain.{one.host}": one.authentication_provider for one in account.domains}
    described = sorted(services.account_changes.described(account).items())
    value |= {name: typed(name, text) for name, text in described}
    return Answer(value, [f"{key}: {one}" for key, one in value.items()])


def _account(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "uuid": account.uuid,
        "parent_account_id": account.parent_id,
        "root_account_id": None if account.root else account.root_id,
        "sis_account_id": account.sis_id or None,
        "workflow_state": account.workflow_state,
    }
