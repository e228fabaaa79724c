"""Accounts in Canvas's shapes.

Source
------
canvas-b 3.2, 3.3.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from chalicelib.domain.account_reach import Shown
from chalicelib.domain.person import Host
from chalicelib.domain.timezone import shown

SERVICES = {"google_docs_previews": True, "skype": True, "avatars": False}
"""Services of every account, and whether they are on where nothing is said."""


class Account(msgspec.Struct, kw_only=True):
    """An account, full or limited; what is not shown is left out."""

    id: int
    name: str
    uuid: str
    workflow_state: str
    parent_account_id: int | None
    root_account_id: int | None
    default_time_zone: str
    default_storage_quota_mb: int | UnsetType = UNSET
    default_user_storage_quota_mb: int | UnsetType = UNSET
    default_group_storage_quota_mb: int | UnsetType = UNSET
    sis_account_id: str | UnsetType | None = UNSET
    integration_id: str | UnsetType | None = UNSET
    sis_import_id: int | UnsetType | None = UNSET
    course_template_id: int | UnsetType | None = UNSET
    lti_guid: str | UnsetType = UNSET
    global_id: int | UnsetType = UNSET
    registration_settings: dict[str, Any] | UnsetType = UNSET
    services: dict[str, bool] | UnsetType = UNSET
    course_count: int | UnsetType = UNSET
    sub_account_count: int | UnsetType = UNSET


def account(one: Shown, include: Collection[str] = ()) -> Account:
    """An account as the caller may see it, with what they asked to have included."""
    found = one.account
    made = Account(
        id=found.id,
        name=found.name,
        uuid=found.uuid,
        workflow_state=found.workflow_state,
        parent_account_id=found.parent_id,
        root_account_id=None if found.root else found.root_id,
        default_time_zone=shown(one.zone),
    )
    if one.full:
        _fill(made, one)
        _include(made, one, include)
    return made


def _fill(made: Account, one: Shown) -> None:
    made.default_storage_quota_mb = one.quota_mb("course")
    made.default_user_storage_quota_mb = one.quota_mb("user")
    made.default_group_storage_quota_mb = one.quota_mb("group")
    if one.sees_sis:
        made.sis_account_id, made.integration_id = one.account.sis_id or None, one.account.integration_id or None
    if one.sees_import:
        made.sis_import_id = one.account.sis_import_id
    root = one.standing.root
    if root is not None and root.on("course_templates"):
        template = one.account.settings.get("course_template_id", "")
        made.course_template_id = int(template) if template.isdecimal() else None


def _include(made: Account, one: Shown, include: Collection[str]) -> None:
    found = one.account
    if "lti_guid" in include:
        made.lti_guid = found.lti_guid
    if "global_id" in include:
        made.global_id = found.id
    if "registration_settings" in include:
        made.registration_settings = _registration(one)
    if "services" in include and one.sees_services:
        made.services = _services(one)
    if "course_count" in include:
        made.course_count = found.course_count
    if "sub_account_count" in include:
        made.sub_account_count = found.sub_account_count


def _registration(one: Shown) -> dict[str, Any]:
    root = one.standing.root or one.account
    said = {
        "login_handle_name": root.settings.get("login_handle_name", "Email"),
        "require_email": root.on("require_email"),
    }
    if one.account.root:
        passive, kind = root.on("terms_passive", default=True), root.settings.get("terms_type")
        said["terms_required"] = not passive and kind != "no_terms"
        said |= {name: root.settings.get(name) for name in ("terms_of_use_url", "privacy_policy_url", "recaptcha_key")}
    return said


def _services(one: Shown) -> dict[str, bool]:
    prefix, places = "service.", (one.standing.root, one.account)
    said = dict(SERVICES)
    for place in places:
        if place is not None:
            names = [name for name in place.settings if name.startswith(prefix)]
            said |= {name.removeprefix(prefix): place.on(name) for name in names}
    return said


def host(one: Host) -> dict[str, Any]:
    """A host as the public search shows it."""
    return {
        "name": one.name,
        "domain": one.host,
        "distance": None,
        "authentication_provider": one.authentication_provider or None,
    }
