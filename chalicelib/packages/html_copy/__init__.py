"""The offline copy of a package: pages that open from a disk, with no script and no request to any host.

The index is written like the feed: a head, an entry for each object, a tail. Pass objects kind by kind in
`INDEX_ORDER`; each call gets the kind of the object before, so that a checkpoint can fall between any two.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.domain.epobject import EpObject, Kind, Section
from chalicelib.packages import markup, names
from chalicelib.packages.leap2a.model import PackageContext

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

FOLDER = Path(__file__).parent
INDEX_ORDER = (
    Kind.PORTFOLIO,
    Kind.PAGE,
    Kind.REFLECTION,
    Kind.COLLECTION,
    Kind.FILE,
    Kind.LINK,
    Kind.ACCREDITATION,
    Kind.FORM,
    Kind.ITEM,
)
"""Order of kinds in the index: what a person looks for first comes first."""
HEADINGS = {
    Kind.PORTFOLIO: "Portfolios",
    Kind.PAGE: "Pages outside portfolios",
    Kind.REFLECTION: "Reflections",
    Kind.COLLECTION: "Journals and collections",
    Kind.FILE: "Files",
    Kind.LINK: "Links",
    Kind.ACCREDITATION: "Accreditations",
    Kind.FORM: "Forms",
    Kind.ITEM: "Other items",
}

SINGULAR = {
    Kind.PORTFOLIO: "Portfolio",
    Kind.PAGE: "Page",
    Kind.REFLECTION: "Reflection",
    Kind.COLLECTION: "Collection",
    Kind.LINK: "Link",
    Kind.ACCREDITATION: "Accreditation",
    Kind.FORM: "Form",
    Kind.ITEM: "Item",
}
_LABELS = {
    "leap2:date": "date",
    "leap2:status": "status",
    "leap2:myrole": "role",
    "leap2:persondata": "",
    "leap2:orgdata": "",
    "atom:rights": "rights",
}


def style() -> bytes:
    """Content of the member `names.STYLE_MEMBER`."""
    return (FOLDER / "style.css").read_bytes()


def index_head(ctx: PackageContext) -> bytes:
    """The start of the member `names.INDEX_MEMBER`."""
    return _template("index_head.html").render(ctx=ctx).encode()


def index_entry(ctx: PackageContext, obj: EpObject, previous: Kind | None) -> bytes:
    """An object's place in the index; empty for what is listed elsewhere (a page, within its portfolio).

    Parameters
    ----------
    previous
        Kind of the last object for which this gave bytes, None for the first one.
    """
    if obj.kind is Kind.PAGE and obj.page is not None and obj.page.portfolio_id is not None:
        portfolio = ctx.describe(obj.page.portfolio_id)
        if portfolio is not None:
            return b""
    pages = []
    if obj.kind is Kind.PORTFOLIO:
        pages = [_part(ctx, target, inside=False) for target in ctx.pages(obj.id)]
    text = _template("index_entry.html").render(
        obj=obj,
        address=_address(ctx, obj.id, inside=False),
        pages=[page for page in pages if page],
        heading=HEADINGS[obj.kind] if obj.kind is not previous else "",
        first=previous is None,
        slug=obj.kind.value,
    )
    return text.encode()


def index_tail(ctx: PackageContext, previous: Kind | None) -> bytes:
    """The end of the index."""
    return _template("index_tail.html").render(ctx=ctx, empty=previous is None).encode()


def object_page(ctx: PackageContext, obj: EpObject) -> bytes | None:
    """The page about an object, the member `names.html_member(obj)`; None for a file, which is linked itself."""
    if names.html_member(obj) is None:
        return None
    parts = (*(ctx.pages(obj.id) if obj.kind is Kind.PORTFOLIO else ()), *obj.targets("has_part"))
    related = [relation.target_id for relation in obj.relations if relation.rel != "has_part"]
    home = obj.page.portfolio_id if obj.page else None
    text = _template("object.html").render(
        ctx=ctx,
        obj=obj,
        kind=(obj.carried.type or SINGULAR[obj.kind]).capitalize() if ":" not in obj.carried.type else "Item",
        home=None if home is None else _part(ctx, home, inside=True),
        body=_safe(_body(ctx, obj)),
        facts=_facts(obj),
        parts=[part for target in parts if (part := _part(ctx, target, inside=True))],
        related=[part for target in dict.fromkeys(related) if (part := _part(ctx, target, inside=True))],
        link=obj.url if obj.url.startswith(("http://", "https://", "mailto:")) else "",
    )
    return text.encode()


def _body(ctx: PackageContext, obj: EpObject) -> str:
    def link(target: int) -> str | None:
        return _address(ctx, target, inside=True)

    if obj.page is not None and obj.page.sections:
        return "\n".join(_section(ctx, section) for section in obj.page.sections)
    content = markup.text_to_html(obj.content) if obj.content_type == "text" else obj.content
    return markup.to_copy(content, link)


def _safe(html: str) -> Markup:
    """HTML that the sanitiser has passed."""
    from markupsafe import Markup

    return Markup(html)  # noqa: S704 - the output of markup.to_copy


def _facts(obj: EpObject) -> list[tuple[str, str]]:
    """Dates, contact data and the like that came with a package, as label and value."""
    found = []
    for element in obj.carried.elements:
        values = dict(element.attributes)
        if element.tag in _LABELS and (text := element.text or values.get("leap2:label") or values.get("leap2:stage")):
            point = values.get("leap2:point") or values.get("leap2:field", "").replace("_", " ")
            found.append((f"{_LABELS[element.tag]} {point}".strip().capitalize(), text))
    return found


def _section(ctx: PackageContext, section: Section) -> str:
    if section.target_id is None:
        return (
            "<section>"
            + markup.to_copy(section.content, lambda target: _address(ctx, target, inside=True))
            + ("</section>")
        )
    part = _part(ctx, section.target_id, inside=True)
    return _template("attachment.html").render(part=part) if part else ""


def _part(ctx: PackageContext, target: int, *, inside: bool) -> dict[str, str] | None:
    ref = ctx.describe(target)
    address = _address(ctx, target, inside=inside)
    if ref is None or address is None:
        return None
    image = ref.kind is Kind.FILE and address.lower().endswith((".png", ".jpg", ".jpeg", ".gif", ".webp"))
    return {"name": ref.name or "(untitled)", "address": address, "image": "yes" if image else ""}


def _address(ctx: PackageContext, target: int, *, inside: bool) -> str | None:
    """Relative address of an object, from a page in `HTML/objects/` (`inside`) or from the index."""
    ref = ctx.describe(target)
    if ref is None:
        return None
    if ref.member is not None:
        return ("../../" if inside else "../") + ref.member
    if ref.kind is Kind.FILE:
        return None
    return f"{target}.html" if inside else f"objects/{target}.html"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)
