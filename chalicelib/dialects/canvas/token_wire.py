"""Tokens in Canvas's shape (canvas-a 3.1), and what `token[…]` says of them (canvas-a 3.4)."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from chalicelib.dialects.canvas import dates, params
from chalicelib.dialects.canvas.wire import moment
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.tokenbook import Expiry, Shown, TokenDraft

BRIGHTSPACE_SCOPE = re.compile(r"[a-z_*-]+:[a-z_*-]+:[a-z_*,-]+")
"""The other dialect's scopes, which a token may be limited to as well (brightspace 1.3 A)."""
SCOPES_LIMIT = 1000


class Token(msgspec.Struct, kw_only=True):
    """A token; `visible_token` is the secret where it was just made, and else its hint."""

    id: int
    user_id: int
    real_user_id: int | None
    created_at: str
    updated_at: str
    last_used_at: str | None
    expires_at: str | None
    workflow_state: str
    remember_access: bool | None
    scopes: list[str]
    purpose: str
    app_name: str
    visible_token: str | None
    can_manually_regenerate: bool


def token(shown: Shown) -> Token:
    """A token as an answer shows it."""
    one = shown.token
    hint = f"{one.hint}..." if one.manual else None
    return Token(
        id=one.id,
        user_id=one.user_id,
        real_user_id=one.real_user_id,
        created_at=moment(one.created_at),
        updated_at=moment(one.updated_at),
        last_used_at=_moment(one.last_used_at),
        expires_at=_moment(one.expires_at),
        workflow_state=one.workflow_state,
        remember_access=one.remember_access,
        scopes=list(one.scopes),
        purpose=one.purpose,
        app_name=one.app_name,
        visible_token=shown.secret or hint,
        can_manually_regenerate=one.manual and not one.expired(shown.at),
    )


def _moment(at: datetime | None) -> str | None:
    return moment(at) if at else None


def new_draft(fields: dict[str, Any]) -> TokenDraft:
    """What is said of a new token, which must have a purpose. Raises InvalidError."""
    if "purpose" not in fields:
        raise InvalidError("token[purpose] is missing", code="listed")
    return msgspec.structs.replace(draft(fields), purpose=params.string(fields, "purpose") or "")


def draft(fields: dict[str, Any]) -> TokenDraft:
    """What is said of a token. Raises InvalidError."""
    scopes = _scopes(fields)
    return TokenDraft(
        purpose=params.string(fields, "purpose") or "" if "purpose" in fields else None,
        expires_at=_expiry(fields["expires_at"]) if "expires_at" in fields else None,
        scopes=scopes,
        unknown_scopes=tuple(one for one in scopes or () if not is_scope(one)),
        regenerate=params.boolean(fields.get("regenerate")),
    )


def _expiry(said: Any) -> Expiry:
    if said is None or (isinstance(said, str) and not said.strip()):
        return Expiry()
    found = dates.local(said)
    return Expiry(found, readable=found is not None)


def _scopes(fields: dict[str, Any]) -> tuple[str, ...] | None:
    if "scopes" not in fields:
        return None
    said = fields["scopes"]
    if isinstance(said, dict) and all(key.isdigit() for key in said):
        said = list(said.values())  # a list with its places written out
    words = said if isinstance(said, list) else [] if said is None else [said]
    if not all(isinstance(word, str) for word in words):
        raise InvalidError("scopes must be a list of texts.", field="scopes")
    found = tuple(dict.fromkeys(filter(None, words)))
    if len(found) > SCOPES_LIMIT:
        raise InvalidError(f"A token has at most {SCOPES_LIMIT} scopes.", field="scopes", code="too_long")
    return found


def is_scope(word: str) -> bool:
    """Whether a route of any dialect has that scope."""
    return word in _canvas_scopes() or BRIGHTSPACE_SCOPE.fullmatch(word) is not None


@cache
def _canvas_scopes() -> frozenset[str]:
    from chalicelib.dialects import catalog, gateway

    canvas = gateway.whole("canvas")
    spelled = {(route.method, route.vendor) for route in canvas.routes} | {*catalog.published(canvas)}
    return frozenset(f"url:{method}|{path}" for method, path in spelled)
