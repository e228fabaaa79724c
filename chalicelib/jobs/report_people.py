"""Reports about what people have: ePortfolios, access tokens (docs/reports.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from chalicelib.jobs.report import Part, Rows, Table
from chalicelib.jobs.report_context import NOBODY, Context, moment, time
from chalicelib.jobs.report_walks import Remembered
from chalicelib.storage import census

WHO = ("canvas_user_id", "user_id", "login_id", "user_name")


class _Facts(Struct, frozen=True):
    guid: str = ""
    public: bool = False
    spam_status: str | None = None
    page_count: int = 0


class _Portfolio(Struct, frozen=True):
    id: int
    owner_id: int
    name: str
    created_at: str
    updated_at: str
    deleted_at: str | None = None
    portfolio: _Facts = _Facts()


class _Token(Struct, frozen=True):
    id: int
    user_id: int
    purpose: str
    created_at: str
    hint: str
    scopes: tuple[str, ...] = ()
    workflow_state: str = "active"
    expires_at: str | None = None
    app_name: str = "User-Generated"


_portfolio, _token = msgspec.json.Decoder(_Portfolio), msgspec.json.Decoder(_Token)


def eportfolios(context: Context) -> list[Table]:
    """`eportfolio_report_csv`: portfolios of the root account's people (canvas-a 5.4)."""
    columns = ("eportfolio_id", "name", "public", "spam_status", "pages", "status", "created_at", "updated_at")
    return [Table("eportfolios.csv", (*columns, "deleted_at", *WHO), lambda place: _portfolios(context, place))]


def tokens(context: Context) -> list[Table]:
    """`user_access_tokens_csv`: tokens of people who are associated with the report's account."""
    columns = ("token_id", "token_hint", "purpose", "app_name", "status", "scopes")
    times = ("created_at", "expires_at", "last_used_at")
    return [Table("user_access_tokens.csv", (*WHO, *columns, *times), lambda place: _tokens(context, place))]


def _portfolios(context: Context, place: str) -> Iterator[Part]:
    deleted, alone = context.on("include_deleted"), context.on("no_enrollments")
    for page in census.pages(context.tables, context.tables.objects, "portfolio", context.root_id, place):
        found = [_portfolio.decode(_text(context, item)) for item in page.items]
        found = [one for one in found if bool(one.deleted_at) is deleted]
        people = context.people(one.owner_id for one in found)
        rows: Rows = []
        for one in found:
            owner, item = people.get(one.owner_id, (NOBODY, {}))
            if alone and item.get("course_paths"):
                continue
            facts = one.portfolio
            rows.append(
                (
                    one.id,
                    one.name,
                    "true" if facts.public else "false",
                    facts.spam_status,
                    facts.page_count,
                    "deleted" if one.deleted_at else "active",
                    time(one.created_at),
                    time(one.updated_at),
                    time(one.deleted_at),
                    one.owner_id,
                    owner.sis_id,
                    owner.login_id,
                    owner.name,
                )
            )
        yield Part(rows, page.place, page.passed)


def _tokens(context: Context, place: str) -> Iterator[Part]:
    deleted = context.on("include_deleted")
    known, everyone = Remembered(context), context.report.account_id == context.root_id
    for page in census.pages(context.tables, context.tables.people, "token", context.root_id, place):
        pairs = [(_token.decode(item["document"]["S"]), item) for item in page.items]
        pairs = [(one, item) for one, item in pairs if deleted or one.workflow_state != "deleted"]
        people = known.people(one.user_id for one, _ in pairs)
        rows: Rows = []
        for one, item in pairs:
            owner = people.get(one.user_id)
            if owner is None or not (everyone or owner.within(context.report.account_path)):
                continue
            who = (one.user_id, owner.user.sis_id, owner.user.login_id, owner.user.name)
            times = (time(one.created_at), time(one.expires_at), moment(item.get("used_at")))
            rows.append(
                (*who, one.id, one.hint, one.purpose, one.app_name, one.workflow_state, " ".join(one.scopes), *times)
            )
        yield Part(rows, page.place, page.passed)


def _text(context: Context, item: dict[str, Any]) -> str | bytes:
    """An object's document, fetched from the bucket when it is large."""
    if "document" in item:
        text: str = item["document"]["S"]
        return text
    return context.run.services.blobs.get(item["overflow"]["S"])
