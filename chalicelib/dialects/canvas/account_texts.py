"""Terms of service, help links and settings of accounts in Canvas's shapes.

Source
------
canvas-b 3.6.
"""

from __future__ import annotations

import json
from typing import Any

from chalicelib.domain.account import Terms
from chalicelib.domain.person import Account

EVERYBODY = ["user", "student", "teacher", "admin", "observer", "unenrolled"]
GUIDES = "https://community.canvaslms.com/t5/Guides/ct-p/guides"
DEFAULT_LINKS: tuple[tuple[str, str, str, str, list[str]], ...] = (
    (
        "instructor_question",
        "Ask Your Instructor a Question",
        "Questions are submitted to your instructor",
        "#teacher_feedback",
        ["student"],
    ),
    (
        "search_the_canvas_guides",
        "Search the Canvas Guides",
        "Find answers to common questions",
        GUIDES,
        EVERYBODY,
    ),
    (
        "report_a_problem",
        "Report a Problem",
        "If Canvas misbehaves, tell us about it",
        "#create_ticket",
        EVERYBODY,
    ),
)
MICROSOFT_SYNC = (
    "microsoft_sync_tenant",
    "microsoft_sync_login_attribute",
    "microsoft_sync_login_attribute_suffix",
    "microsoft_sync_remote_attribute",
)


def terms(found: Terms) -> dict[str, Any]:
    """The terms of service of a root account; there is one record, which has the root's id."""
    root = found.root
    kind = root.settings.get("terms_type", "default")
    return {
        "id": root.id,
        "terms_type": kind,
        "passive": root.on("terms_passive", default=True),
        "account_id": root.id,
        "content": found.texts.get("terms_content") if kind == "custom" else None,
        "self_registration_type": root.settings.get("self_registration_type", "none"),
    }


def help_links(found: Terms | None) -> dict[str, Any]:
    """The help menu of the root account; nothing for another account."""
    if found is None:
        return {}
    root, defaults = found.root, [_link(*one) for one in DEFAULT_LINKS]
    saved = [_custom(number, one) for number, one in enumerate(json.loads(found.texts.get("custom_help_links", "[]")))]
    custom = saved if saved and root.on("new_custom_help_links") else [*defaults, *saved]
    return {
        "help_link_name": root.settings.get("help_link_name", "Help"),
        "help_link_icon": root.settings.get("help_link_icon", "help"),
        "custom_help_links": custom,
        "default_help_links": defaults,
    }


def settings(found: Account) -> dict[str, Any]:
    """The settings of an account that clients may read, as far as they are set."""
    said: dict[str, Any] = {name: found.settings[name] for name in MICROSOFT_SYNC if name in found.settings}
    if "microsoft_sync_enabled" in found.settings:
        said["microsoft_sync_enabled"] = found.on("microsoft_sync_enabled")
    return said


def environment(root: Account) -> dict[str, Any]:
    """What the root account tells everybody."""
    return {
        "calendar_contexts_limit": int(root.settings.get("calendar_contexts_limit", "10")),
        "open_registration": root.on("open_registration"),
    }


def _link(link_id: str, text: str, subtext: str, url: str, available_to: list[str]) -> dict[str, Any]:
    return {
        "id": link_id,
        "text": text,
        "subtext": subtext,
        "url": url,
        "type": "default",
        "available_to": available_to,
    }


def _custom(number: int, one: dict[str, Any]) -> dict[str, Any]:
    given = {name: one[name] for name in ("id", "text", "subtext", "url", "type", "available_to") if one.get(name)}
    defaults = {"id": f"link{number + 1}", "subtext": "", "url": "", "type": "custom", "available_to": EVERYBODY}
    return {**defaults, **given, "id": str(given.get("id", defaults["id"]))}
