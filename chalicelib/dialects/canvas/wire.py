"""Entities in Canvas's shapes.

Source
------
canvas-a 2.1; the User object as canvasapi reads it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, UnsetType

from chalicelib.domain.epobject import NAME_LIMIT, EpObject, Section
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.identity import MAX_ID
from chalicelib.domain.page import PageDraft

if TYPE_CHECKING:
    from chalicelib.domain.directory import Profile


class EPortfolio(msgspec.Struct, kw_only=True):
    """An ePortfolio."""

    id: int
    user_id: int
    name: str
    public: bool
    created_at: str
    updated_at: str
    workflow_state: str
    deleted_at: str | None
    spam_status: str | None


class EPortfolioPage(msgspec.Struct, kw_only=True):
    """A page; `content` is one text, or a list of sections."""

    id: int
    eportfolio_id: int | None
    position: int | None
    name: str
    content: str | list[Any] | None
    created_at: str
    updated_at: str


class User(msgspec.Struct, kw_only=True):
    """A user; what the viewer may not see is left out."""

    id: int
    name: str
    sortable_name: str
    short_name: str
    login_id: str | UnsetType = UNSET
    email: str | UnsetType | None = UNSET
    sis_user_id: str | UnsetType | None = UNSET
    integration_id: str | UnsetType | None = UNSET
    pronouns: str | None = None


SECONDS = len("2026-03-02T09:30:05")


def moment(at: datetime) -> str:
    """A time, which is in UTC, as Canvas prints it: whole seconds, and four digits of every year (canvas-a 1.5).

    >>> moment(datetime(1, 2, 3, 4, 5, 6, 7))
    '0001-02-03T04:05:06Z'
    """
    return f"{at.isoformat()[:SECONDS]}Z"


def eportfolio(portfolio: EpObject) -> EPortfolio:
    """A portfolio as an ePortfolio."""
    facts = portfolio.portfolio
    return EPortfolio(
        id=portfolio.id,
        user_id=portfolio.owner_id,
        name=portfolio.name if len(portfolio.name) <= NAME_LIMIT else portfolio.name.strip(),
        public=bool(facts and facts.public),
        created_at=moment(portfolio.created_at),
        updated_at=moment(portfolio.updated_at),
        workflow_state="deleted" if portfolio.deleted else "active",
        deleted_at=moment(portfolio.deleted_at) if portfolio.deleted_at else None,
        spam_status=facts.spam_status if facts else None,
    )


def page(one: EpObject) -> EPortfolioPage:
    """A page of a portfolio."""
    facts = one.page
    return EPortfolioPage(
        id=one.id,
        eportfolio_id=facts.portfolio_id if facts else None,
        position=facts.position if facts else None,
        name=one.name,
        content=_content(facts.sections, plain=facts.plain) if facts else None,
        created_at=moment(one.created_at),
        updated_at=moment(one.updated_at),
    )


def user(profile: Profile) -> User:
    """A user as the viewer may see them."""
    one = profile.user
    shown = User(
        id=one.id,
        name=one.name,
        sortable_name=one.sortable_name or one.name,
        short_name=one.short_name or one.name,
        pronouns=one.pronouns or None,
    )
    if profile.sees_login:
        shown.login_id, shown.email = one.login_id, one.email or None
    if profile.sees_sis:
        shown.sis_user_id, shown.integration_id = one.sis_id or None, one.integration_id or None
    return shown


def _content(sections: tuple[Section, ...], *, plain: bool) -> str | list[Any] | None:
    if plain:
        return "".join(section.content for section in sections)
    return [_section(section) for section in sections] or None


def _section(section: Section) -> Any:
    match section.type:
        case "":
            return section.content
        case "attachment" | "submission":
            return {"section_type": section.type, f"{section.type}_id": section.target_id}
        case _:
            return {"section_type": section.type, "content": section.content}


def check_title(name: str | None) -> str | None:
    """A title as sent; other dialects do not count the blanks around one (canvas-a 2.1). Raises InvalidError."""
    if name is not None and len(name) > NAME_LIMIT:
        raise InvalidError(f"name must have at most {NAME_LIMIT} characters.", field="name", code="too_long")
    return name


def draft(fields: dict[str, Any], *, name: str | None) -> PageDraft:
    """What the `page` parameter says. Raises InvalidError."""
    position, name = fields.get("position"), check_title(name)
    if "content" not in fields:
        return PageDraft(name=name, position=_position(position))
    content = fields["content"]
    if isinstance(content, str):
        return PageDraft(
            name=name, sections=[Section(type="", content=content)], plain=True, position=_position(position)
        )
    return PageDraft(name=name, sections=_sections(content), position=_position(position))


def _sections(content: Any) -> list[Section]:
    if content is None:
        return []
    if isinstance(content, dict) and all(key.isdigit() for key in content):
        content = [content[key] for key in sorted(content, key=lambda key: (len(key), key))]
    if not isinstance(content, list):
        raise InvalidError("content must be text or a list of sections.", field="content")
    return [_section_of(one) for one in content]


def _section_of(one: Any) -> Section:
    if isinstance(one, str):
        return Section(type="", content=one)
    kind = one.get("section_type") if isinstance(one, dict) else None
    if kind in ("rich_text", "html"):
        text = one.get("content")
        if text is None or isinstance(text, str):
            return Section(type=kind, content=text or "")
    elif kind in ("attachment", "submission"):
        target = _integer(one.get(f"{kind}_id"))
        if target is not None:
            return Section(type=kind, target_id=target)
    raise InvalidError("A section of content is not one that Canvas has.", field="content")


def _position(value: Any) -> int | None:
    if value in (None, ""):
        return None
    found = _integer(value)
    if found is None:
        raise InvalidError("position must be a whole number.", field="position", code="not_a_number")
    return found


def _integer(value: Any) -> int | None:
    """A whole number within the range of ids, as JSON or as a form sends it; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 16:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_ID:
        return None
    return value
