"""What Leap2A cannot say and a round trip needs: one small JSON document in an element of our own namespace.

It is written only as far as the rest of the entry does not say it already, and read with the same distrust as
everything else in a package.
"""

from __future__ import annotations

import re

import msgspec

from chalicelib.domain.page import POSITION_LIMIT
from chalicelib.packages import markup

ELEMENT = "folio:object"
PORTFOLIO_ID = "portfolio:object/{id}"
"""Id of an entry that this service wrote."""


class SectionFacts(msgspec.Struct, frozen=True, omit_defaults=True, rename={"type": "t", "target": "i"}):
    """A section of a page. Its HTML is in the page's next text block; `target` is an object's id in the package."""

    type: str
    target: int | None = None
    foreign: bool = False
    """`target` is not an object of the package but an id elsewhere (a submission)."""
    text: bool = False
    """It has content, which is in a text block."""


class Extension(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    kw_only=True,
    rename={
        "kind": "k",
        "name": "n",
        "file_name": "f",
        "media_type": "mt",
        "description": "d",
        "content": "tx",
        "author": "au",
        "url": "w",
        "content_type": "ct",
        "created": "c",
        "updated": "u",
        "no_comments": "nc",
        "place": "q",
        "tags": "t",
        "portfolio_id": "p",
        "position": "o",
        "plain": "pl",
        "loose": "l",
        "sections": "s",
        "form": "fo",
        "banner": "b",
        "accreditation": "a",
        "held": "h",
        "generated": "g",
        "self_at": "sa",
        "synthetic": "x",
    },
):
    """The document. Ids are those of the exporting service: entry `portfolio:object/{id}`."""

    kind: str = ""
    name: str | None = None
    file_name: str | None = None
    media_type: str | None = None
    description: str | None = None
    content: str | None = None
    author: str | None = None
    url: str | None = None
    """These four only where they have characters that XML cannot hold."""
    content_type: str | None = None
    created: str | None = None
    updated: str | None = None
    no_comments: bool = False
    place: tuple[float | None, float | None, float | None, float | None, float | None] | None = None
    """A GeoTag: latitude, longitude, altitude, bearing, precision."""
    tags: list[tuple[str, bool]] | None = None
    portfolio_id: int | None = None
    position: int | None = None
    plain: bool = False
    loose: bool = False
    """A page of no portfolio, and meant to be."""
    sections: list[SectionFacts] | None = None
    form: list[tuple[str, str, str]] | None = None
    """Label, value and system field of each answer in a form."""
    banner: tuple[str, str] | None = None
    """Title and description over a presentation."""
    accreditation: tuple[str, str, str, bool] | None = None
    """Classification, issuer, when issued, whether revoked: what an accreditation says of itself."""
    held: list[int] | None = None
    """Ids of the accreditations a portfolio holds, in order."""
    generated: list[str] = []
    """What the writer made up for readers like Mahara: names of elements, or `content`, or a category's scheme."""
    self_at: int | None = None
    """Place of the Self category, which only one person of a package may show."""
    synthetic: bool = False
    """An entry about the account's owner, not an object."""

    @property
    def valid_position(self) -> int | None:
        """The page's position, where it is one that a page may have."""
        return self.position if self.position is not None and 0 <= self.position <= POSITION_LIMIT else None


_DECODER = msgspec.json.Decoder(Extension)
_ENCODER = msgspec.json.Encoder()
_ILLEGAL = re.compile("[\ufffe\uffff]")
"""What XML forbids and JSON does not write as an escape by itself."""


def encode(extension: Extension) -> str:
    r"""The document as text, which XML can hold.

    >>> encode(Extension(name="a\x01\uffff"))
    '{"n":"a\\u0001\\uffff"}'
    """
    text = _ENCODER.encode(extension).decode()
    return text if markup.strip_illegal(text) == text else _ILLEGAL.sub(lambda one: f"\\u{ord(one[0]):04x}", text)


def decode(text: str | None) -> Extension | None:
    """The document, or None when it is missing or not one of ours."""
    if not text:
        return None
    try:
        return _DECODER.decode(text)
    except msgspec.DecodeError:
        return None
