"""The one entity behind three dialects: an ePortfolio object.

A portfolio, a page, a file, a reflection and an imported résumé line are all objects of one owner. What they share
is on `EpObject`; what only one kind has is in its facts (`PortfolioFacts`, `PageFacts`, `FileFacts`); what Leap2A
says and no dialect shows is kept in `Carried`, so that it leaves again as it came.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

NAME_LIMIT = 255
"""Characters of a name (canvas-a 2.1, accreditly 8)."""
DESCRIPTION_LIMIT = 20_000
"""Characters of a description (accreditly 8)."""
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
"""What a file may claim to be, lower case and without parameters."""


class Kind(StrEnum):
    """What an object is. The order of the values is the order of objects in a package."""

    ACCREDITATION = "accreditation"
    COLLECTION = "collection"
    FILE = "file"
    FORM = "form"
    ITEM = "item"
    """A Leap2A entry with no kind of its own here: an activity, a plan, a person, a comment, …"""
    LINK = "link"
    PAGE = "page"
    PORTFOLIO = "portfolio"
    REFLECTION = "reflection"


INVERSE = {
    "has_part": "is_part_of",
    "reflects_on": "reflected_on_by",
    "supports": "supported_by",
    "has_evidence": "is_evidence_of",
    "has_outcome": "is_outcome_of",
    "has_agenda": "is_agenda_of",
    "attends": "attended_by",
    "has_reply": "in_reply_to",
    "related": "related",
}
INVERSE |= {inverse: forward for forward, inverse in INVERSE.items()}
"""Leap2A relation to its inverse; `related` is its own."""


class Relation(Struct, frozen=True, omit_defaults=True):
    """A link to another object of the same owner, stated on both ends.

    `rel` is a key of `INVERSE`. The order of an object's relations is the order of its parts.
    """

    rel: str
    target_id: int


class Tag(Struct, frozen=True, omit_defaults=True):
    """A free tag as typed; a private one is for its owner only (brightspace 6)."""

    text: str
    private: bool = False


class GeoTag(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where something was (brightspace 6): degrees, metres; None where not said."""

    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    bearing: float | None = None
    precision: float | None = None


class Category(Struct, frozen=True, omit_defaults=True):
    """A Leap2A category: term of a vocabulary, `scheme` being its short name such as `selection_type`.

    A scheme this service does not know is kept as the URI it was written with.
    """

    scheme: str
    term: str
    label: str = ""


class Element(Struct, frozen=True, omit_defaults=True):
    """An XML element as read, without the parser's types: what a package carried and no field here holds.

    `tag` and attribute names are `prefix:local` with the usual prefixes (`leap2:date`, `mahara:view`), or
    `{namespace}local` for a namespace without one; `references` in attribute values and text that name other entries
    of the package are written as `object:{id}`.
    """

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    text: str = ""
    children: tuple[Element, ...] = ()
    tail: str = ""


class Carried(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What Leap2A says of an object beyond the fields of this service (leap2a 3, 5)."""

    type: str = ""
    """Leap2A item type, short (`activity`, `plan`); empty: the kind's own."""
    categories: tuple[Category, ...] = ()
    elements: tuple[Element, ...] = ()
    """Literals, person data, Mahara's markup and unknown elements, in document order."""
    links: tuple[tuple[str, str], ...] = ()
    """Links (relation, address) that lead out of the package."""


class ShareKey(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A key that opens a portfolio without a login (accreditly 2.3)."""

    id: str
    value: str
    label: str
    enabled: bool = True


class Language(Struct, frozen=True):
    """A language by its English name and its ISO 639-1 code."""

    name: str
    code: str


class Analysis(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the accreditations of a portfolio say together (accreditly 5).

    `start` and `end` span the issued ones; None when there is none. `entries` are title and GUID of all of them in
    order of issue; `languages` the most frequent first.
    """

    start: datetime | None = None
    end: datetime | None = None
    entries: tuple[tuple[str, str], ...] = ()
    languages: tuple[Language, ...] = ()


class Insights(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How far a portfolio's accreditations are analysed (accreditly 5).

    `changes` counts changes of the attached set, `covered` is the count at the last analysis, and `revoked` names the
    accreditations that it found revoked: a revocation shows as a difference, without a write to any portfolio.
    """

    changes: int = 0
    covered: int = 0
    revoked: tuple[str, ...] = ()
    updated_at: datetime | None = None
    analysis: Analysis | None = None


class PortfolioFacts(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What only a portfolio has."""

    guid: str
    owner_email: str
    root_account_id: int = 0
    """The owner's; by it reports find the portfolios of an institution."""
    public: bool = False
    spam_status: str | None = None
    shared_publicly: bool = False
    """Accredit.ly's `isPublic`; kept apart from Canvas's `public`, which other logged-in users may read."""
    keys: tuple[ShareKey, ...] = ()
    accreditation_ids: tuple[str, ...] = ()
    """GUIDs of attached accreditations, in order of attachment."""
    insights: Insights = field(default_factory=Insights)
    page_count: int = 0
    banner_title: str = ""
    banner_description: str = ""
    """The banner over a presentation (brightspace 6)."""


class Section(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A section of a page in Canvas's words (canvas-a 2.1).

    `type` is `rich_text` or `html` (then `content` is sanitised HTML), `attachment` (`target_id` is a file object),
    `submission` (`target_id` is a foreign id), or empty for a plain string in the list.
    """

    type: str
    content: str = ""
    target_id: int | None = None


class PageFacts(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What only a page has. A page of no portfolio (Mahara's profile, dashboard) has no `portfolio_id`."""

    portfolio_id: int | None
    position: int
    sections: tuple[Section, ...] = ()
    plain: bool = False
    """The content was given as one string, and is shown as one."""


class FileFacts(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What only a file has; the bytes are a blob addressed by `sha256` (hex)."""

    file_name: str
    media_type: str
    size_bytes: int
    sha256: str


class CommentFacts(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What only a comment made here has: who made it. It never leaves in a package (brightspace 4.5)."""

    user_id: int


class FormField(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An answer in a form. `system` names the fact of its owner that it shows (see `form.SYSTEM_FIELDS`)."""

    label: str
    value: str = ""
    system: str = ""


class FormFacts(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What only a form artifact has; the template's name stays here when the values travel (brightspace 4.5)."""

    template: str = ""
    fields: tuple[FormField, ...] = ()


class AccreditationFacts(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What an accreditation in a package says of its issue. Nothing of it was checked: it came with the person."""

    guid: str = ""
    classification: str = ""
    issuer: str = ""
    issued_at: datetime | None = None
    revoked: bool = False


class EpObject(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One object of one owner.

    `content` is sanitised HTML, or plain text when `content_type` is `text`; `description` and `name` are plain
    text. Times are aware UTC; `added_at` is when this service got the object, the others are the object's own
    history. `version` counts writes, for conditional updates.
    """

    id: int
    owner_id: int
    kind: Kind
    name: str
    description: str = ""
    content: str = ""
    content_type: str = "html"
    tags: tuple[Tag, ...] = ()
    relations: tuple[Relation, ...] = ()
    created_at: datetime
    updated_at: datetime
    added_at: datetime
    deleted_at: datetime | None = None
    version: int = 1
    author: str = ""
    """Name of who wrote it where that is not the owner (a comment's author); never an account."""
    allow_comments: bool = True
    geo_tag: GeoTag | None = None
    url: str = ""
    """Address of a link."""
    portfolio: PortfolioFacts | None = None
    page: PageFacts | None = None
    file: FileFacts | None = None
    form: FormFacts | None = None
    comment: CommentFacts | None = None
    accreditation: AccreditationFacts | None = None
    carried: Carried = field(default_factory=Carried)
    import_id: int = 0
    """The import job that made it; 0 when it was authored here."""
    origin: str = ""
    """Digests of an imported entry's id and of what it said (leap2a 10); they never leave in a package."""

    @property
    def deleted(self) -> bool:
        """Whether it was deleted and waits for restore or expiry."""
        return self.deleted_at is not None

    def targets(self, rel: str) -> tuple[int, ...]:
        """Ids this object is related to by `rel`, in order."""
        return tuple(relation.target_id for relation in self.relations if relation.rel == rel)

    def with_relation(self, rel: str, target_id: int) -> EpObject:
        """The object with the relation added at the end; itself if it is there already."""
        relation = Relation(rel, target_id)
        if relation in self.relations:
            return self
        return replace(self, relations=(*self.relations, relation))

    def without_relation(self, rel: str, target_id: int) -> EpObject:
        """The object without the relation; itself if it was not there."""
        relation = Relation(rel, target_id)
        if relation not in self.relations:
            return self
        return replace(self, relations=tuple(other for other in self.relations if other != relation))
