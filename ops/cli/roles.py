"""`role`: roles of accounts, what they grant, who has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from ops.cli.accounts import find_account
from ops.cli.console import Answer, Given

if TYPE_CHECKING:
    from chalicelib.domain.person import Account
    from chalicelib.domain.role import Role
    from chalicelib.wiring import Services


def register(app: App) -> None:
    """Add the commands."""
    role = App(name="role", help="Roles: what they grant, and who has them.")
    role.command(create)
    role.command(override)
    role.command(assign)
    role.command(unassign)
    role.command(listing, name="list")
    app.command(role)


def create(
    name: str,
    /,
    *,
    base: str,
    account: str = "self",
    on: tuple[str, ...] = (),
    off: tuple[str, ...] = (),
    root: str = "",
    session: Given,
) -> Answer:
    """Make a role.

    Parameters
    ----------
    name
        Its name, of its own in the whole root account.
    base
        AccountMembership (grants nothing until switched on), AccountAdmin, or the type of enrollment it is one of.
    account
        Where it may be used, and below: an id or sis_account_id:X; by default the root.
    on
        A permission it grants; may be given several times.
    off
        A permission it does not grant; may be given several times.
    root
        The root account in which names are looked up; by default the default root.
    """
    from chalicelib.domain.administration import rights
    from chalicelib.wiring import wire

    services = wire(session.settings)
    found = find_account(services, account, root)
    made = services.roles.create(found, name, base, on=rights(on), off=rights(off))
    return _shown(services, made, found)


def override(
    name: str,
    /,
    *,
    account: str = "self",
    on: tuple[str, ...] = (),
    off: tuple[str, ...] = (),
    locked: Annotated[bool, Parameter(negative="")] = False,
    self_: Annotated[bool, Parameter(name="--self", negative="--no-self")] = True,
    descendants: bool = True,
    root: str = "",
    session: Given,
) -> Answer:
    """Switch permissions of a role on or off, from an account down.

    Parameters
    ----------
    name
        Name of the role, a built-in one such as AccountAdmin too.
    account
        Where: an id or sis_account_id:X; by default the root.
    on
        A permission it grants there; may be given several times.
    off
        A permission it does not grant there; may be given several times.
    locked
        Accounts below may not say otherwise.
    self_
        Whether it applies to the account itself.
    descendants
        Whether it applies to accounts below.
    root
        The root account in which names are looked up; by default the default root.
    """
    from chalicelib.domain.administration import rights
    from chalicelib.domain.errors import InvalidError
    from chalicelib.wiring import wire

    if (not on and not off) or set(on) & set(off):
        raise InvalidError("Say which permissions are --on and which --off, each once.")
    services = wire(session.settings)
    found = find_account(services, account, root)
    switched = [(rights(names), enabled) for names, enabled in ((on, True), (off, False)) if names]
    for some, enabled in switched:
        services.roles.override(
            found,
            name,
            some,
            enabled=enabled,
            locked=locked,
            applies_to_self=self_,
            applies_to_descendants=descendants,
        )
    role = services.roles.named(found.root_id, name)
    return _shown(services, role, found)


def assign(
    name: str,
    /,
    *,
    user: str,
    account: str = "self",
    remove: Annotated[bool, Parameter(negative="")] = False,
    root: str = "",
    session: Given,
) -> Answer:
    """Give a user a role on an account, which it has there and below.

    Parameters
    ----------
    name
        Name of the role.
    user
        An id or sis_user_id:X.
    account
        An id or sis_account_id:X; by default the root.
    remove
        Take it away instead.
    root
        The root account in which names are looked up; by default the default root.
    """
    from chalicelib.wiring import wire

    services = wire(session.settings)
    found = find_account(services, account, root)
    person = services.directory.find_user(user, services.directory.find_account(str(found.root_id)))
    changed = services.roles.unassign(found, name, person) if remove else services.roles.assign(found, name, person)
    value = {
        "role": name,
        "user_id": person.id,
        "account_id": found.id,
        "workflow_state": "deleted" if remove else "active",
        "changed": changed,
    }
    done = "no longer has" if remove else "has"
    return Answer(value, [f"{person.name} {done} the role {name} on {found.name}"])


def unassign(name: str, /, *, user: str, account: str = "self", root: str = "", session: Given) -> Answer:
    """Take a role on an account from a user.

    Parameters
    ----------
    name
        Name of the role.
    user
        An id or sis_user_id:X.
    account
        An id or sis_account_id:X; by default the root.
    root
        The root account in which names are looked up; by default the default root.
    """
    return assign(name, user=user, account=account, remove=True, root=root, session=session)


def listing(*, account: str = "self", root: str = "", session: Given) -> Answer:
    """List the roles there are, with what they grant on an account.

    Parameters
    ----------
    account
        An id or sis_account_id:X; by default the root.
    root
        The root account in which names are looked up; by default the default root.
    """
    from chalicelib.domain.role import BUILT_IN
    from chalicelib.wiring import wire

    services = wire(session.settings)
    found = find_account(services, account, root)
    roles = (*BUILT_IN, *services.roles.book(found.root_id).roles)
    return Answer(
        [_shown(services, role, found).value for role in roles], [f"{role.name} ({role.base})" for role in roles]
    )


def _shown(services: Services, role: Role, account: Account) -> Answer:
    from chalicelib.domain.administration import permissions

    granted = permissions(services.roles.book(account.root_id), role, account)
    value: dict[str, Any] = {
        "id": role.id,
        "name": role.name,
        "label": role.name,
        "role": role.name,
        "base_role_type": role.base,
        "account_id": role.account_id or account.root_id,
        "workflow_state": role.workflow_state,
        "permissions": granted,
    }
    on = ", ".join(sorted(name for name, enabled in granted.items() if enabled)) or "nothing"
    return Answer(value, [f"Role {role.id}: {role.name} ({role.base})", f"grants on {account.name}: {on}"])
