"""Settings of an account: named texts, the known ones checked (canvas-b 1, 3.3, 3.6; canvas-a 1.6).

Any well-formed name may be set, because a part of the service may ask for one that is not listed here; the known ones
must have a value that their readers understand. Long texts are kept apart from the account, which is read with every
request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from chalicelib.domain.errors import InvalidError

NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}")
TRUE = frozenset({"true", "yes", "y", "t", "on", "1"})
FALSE = frozenset({"false", "no", "n", "f", "off", "0"})
ID_DIGITS = 18
TEXT_LIMIT = 16_384
TEXTS_LIMIT = 250_000
SETTINGS_LIMIT = 32_768
"""Characters of all settings of an account together, long texts apart."""
LONG = frozenset({"custom_help_links", "terms_content"})
"""Settings that may be long and that few requests need."""
INTERNAL = frozenset({"manually_created_courses_account_id"})
"""Kept among the settings and never set by hand."""
SERVICE = "service."
"""`service.skype` switches a service on or off."""
FEATURE = "feature."
"""`feature.x` switches a feature flag."""


def truth(value: str) -> bool | None:
    """A boolean as an operator writes it; None: it is none.

    >>> truth("On"), truth("0"), truth("maybe")
    (True, False, None)
    """
    word = value.strip().lower()
    return True if word in TRUE else False if word in FALSE else None


def _boolean(value: str) -> str:
    found = truth(value)
    if found is None:
        raise InvalidError("is true or false")
    return "true" if found else "false"


def _count(value: str) -> str:
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise InvalidError("is a whole number, at least 0")
    return str(int(value))


def _id(value: str) -> str:
    if not (value.isascii() and value.isdigit() and len(value) <= ID_DIGITS):
        raise InvalidError("is the id of a course")
    return value


def _word(*words: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in words:
            raise InvalidError(f"is one of {', '.join(words)}")
        return value

    return check


def _links(value: str) -> str:
    try:
        found = msgspec.json.decode(value)
    except msgspec.DecodeError:
        found = None
    if not isinstance(found, list) or not all(isinstance(one, dict) and one.get("text") for one in found):
        raise InvalidError("is a JSON list of objects, each with text and url")
    return value


def _text(value: str) -> str:
    return value


KNOWN: Mapping[str, Callable[[str], str]] = {
    "admin_manage_access_tokens": _boolean,
    "calendar_contexts_limit": _count,
    "course_template_id": _id,
    "course_templates": _boolean,
    "custom_help_links": _links,
    "enable_eportfolios": _boolean,
    "eportfolio_content_spam_keywords": _text,
    "eportfolio_title_spam_keywords": _text,
    "help_link_icon": _text,
    "help_link_name": _text,
    "limit_personal_access_tokens": _boolean,
    "login_handle_name": _text,
    "microsoft_sync_enabled": _boolean,
    "microsoft_sync_login_attribute": _text,
    "microsoft_sync_login_attribute_suffix": _text,
    "microsoft_sync_remote_attribute": _text,
    "microsoft_sync_tenant": _text,
    "new_custom_help_links": _boolean,
    "no_enrollments_can_create_courses": _boolean,
    "open_registration": _boolean,
    "privacy_policy_url": _text,
    "recaptcha_key": _text,
    "require_confirmed_email": _boolean,
    "require_email": _boolean,
    "restrict_personal_access_tokens_from_students": _boolean,
    "self_registration_type": _word("none", "observer", "all"),
    "student_access_token_management": _boolean,
    "students_can_create_courses": _boolean,
    "students_can_create_courses_anywhere": _boolean,
    "teachers_can_create_courses": _boolean,
    "teachers_can_create_courses_anywhere": _boolean,
    "terms_content": _text,
    "terms_of_use_url": _text,
    "terms_passive": _boolean,
    "terms_type": _word("default", "custom", "no_terms"),
}


def checked(name: str, value: str) -> str:
    """The value as it is stored. Raises InvalidError when the name or the value is not one a setting may have."""
    if not NAME.fullmatch(name) or name in INTERNAL:
        raise InvalidError(f"{name!r} is not the name of a setting.", field=name)
    check = _boolean if name.startswith((SERVICE, FEATURE)) else KNOWN.get(name, _text)
    limit = TEXTS_LIMIT if name in LONG else TEXT_LIMIT
    if len(value) > limit:
        raise InvalidError(f"{name} has at most {limit} characters.", field=name)
    try:
        return check(value)
    except InvalidError as error:
        raise InvalidError(f"{name} {error}, not {value[:40]!r}.", field=name) from None


def typed(name: str, value: str) -> bool | int | str:
    """A stored value as what it means: a switch as a boolean, a count as a number, anything else as text."""
    check = _boolean if name.startswith((SERVICE, FEATURE)) else KNOWN.get(name, _text)
    return value == "true" if check is _boolean else int(value) if check is _count else value


def changed(settings: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """The settings with those changes; an empty value removes one. Raises InvalidError."""
    merged = {**settings, **{name: value and checked(name, value) for name, value in changes.items()}}
    kept = {name: value for name, value in merged.items() if value}
    if sum(len(name) + len(value) for name, value in kept.items() if name not in LONG) > SETTINGS_LIMIT:
        raise InvalidError(f"The settings of an account have at most {SETTINGS_LIMIT} characters together.")
    return kept
