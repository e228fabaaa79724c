"""Objects in Brightspace's shapes; member names are the vendor's.

Source
------
brightspace 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.domain import epobject
from chalicelib.domain.artifact import ObjectDraft
from chalicelib.domain.association import is_objective
from chalicelib.domain.epobject import EpObject, Kind, Tag
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.paging import Slice
from chalicelib.domain.presentation import Banner

TYPES = {
    Kind.COLLECTION: 110,
    Kind.REFLECTION: 200,
    Kind.ACCREDITATION: 300,
    Kind.ITEM: 300,
    Kind.FILE: 310,
    Kind.FORM: 320,
    Kind.LINK: 340,
    Kind.PORTFOLIO: 400,
}
"""EPOBJ_T of a kind."""
OBJECTIVE = 600
"""EPOBJ_T of a learning objective, which is an item of its own sort."""
ARTIFACTS = (Kind.FILE, Kind.LINK, Kind.FORM, Kind.ACCREDITATION, Kind.ITEM)


class TagText(msgspec.Struct):
    """A tag; `Type` 0 is public, 1 private."""

    Text: str
    Type: int = 0


class GeoTag(msgspec.Struct):
    """A place."""

    Latitude: float | None = None
    Longitude: float | None = None
    Altitude: float | None = None
    Bearing: float | None = None
    Precision: float | None = None


class EpObjectCreate(msgspec.Struct):
    """An object as a client makes it."""

    Name: str
    Description: str | None = None
    Tags: list[TagText] | None = None
    GeoTag: GeoTag | None = None
    AllowComments: bool = True


class EpObjectFetch(msgspec.Struct, kw_only=True):
    """An object as it is shown."""

    ObjectId: int
    ObjectTypeId: int
    Name: str
    Description: str
    Tags: list[TagText]
    GeoTag: GeoTag | None
    AllowComments: bool
    OwnerUserId: int
    CreatedDate: str
    ModifiedDate: str


class FileArtifact(EpObjectFetch, kw_only=True):
    """A file."""

    FileSize: int
    FileName: str
    Extension: str
    UploadKey: str


class UrlArtifact(EpObjectFetch, kw_only=True):
    """A link."""

    Url: str


class Collection(EpObjectFetch, kw_only=True):
    """A collection; `Items` is filled by the contents route only."""

    ItemsCount: int
    ItemIds: list[int]
    Items: list[EpObjectFetch]


class Presentation(EpObjectFetch, kw_only=True):
    """A presentation."""

    BannerTitle: str
    BannerDescription: str


class FormField(msgspec.Struct):
    """An answer in a form."""

    Label: str
    Value: str


class FormArtifact(EpObjectFetch, kw_only=True):
    """A filled form; `Fields` is this service's, as the reference names no member for the answers."""

    Fields: list[FormField]


class PagingInfo(msgspec.Struct):
    """Where a list goes on."""

    Bookmark: str
    HasMoreItems: bool


class ObjectsPage(msgspec.Struct):
    """One page of objects."""

    PagingInfo: PagingInfo
    Items: list[EpObjectFetch]


class Comment(msgspec.Struct):
    """A comment; nobody is known to have made one that came in a package."""

    ObjectId: int
    CommentId: int
    UserId: int | None
    CreatedDate: str
    Body: str


def moment(at: datetime) -> str:
    """A UTCDateTime (brightspace 1.1).

    >>> moment(datetime(999, 2, 3, 4, 5, 6, 7999))
    '0999-02-03T04:05:06.007Z'
    """
    return f"{at.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def draft(body: Any) -> ObjectDraft:
    """What a create call says of an object. Raises InvalidError."""
    try:
        said = msgspec.convert(body, EpObjectCreate)
    except msgspec.ValidationError as error:
        raise InvalidError(f"The body is not an EpObject: {error}.") from None
    return ObjectDraft(
        name=said.Name,
        description=said.Description or "",
        tags=[Tag(tag.Text, private=tag.Type == 1) for tag in said.Tags or ()],
        allow_comments=said.AllowComments,
        geo_tag=_place(said.GeoTag),
    )


def banner(body: Any) -> Banner:
    """The banner in a Presentation. Raises InvalidError."""
    said = {name: body.get(name) if isinstance(body, dict) else None for name in ("BannerTitle", "BannerDescription")}
    for name, text in said.items():
        if text is not None and not isinstance(text, str):
            raise InvalidError(f"{name} must be a string.", field=name)
    return Banner(title=said["BannerTitle"] or "", description=said["BannerDescription"] or "")


def comment_body(body: Any) -> str:
    """The text of a new comment. Raises InvalidError."""
    said = body.get("Body") if isinstance(body, dict) else None
    if not isinstance(said, str):
        raise InvalidError("Body must be a string.", field="Body")
    return said


def url(body: Any) -> str:
    """The address in a UrlArtifact. Raises InvalidError."""
    said = body.get("Url") if isinstance(body, dict) else None
    if not isinstance(said, str):
        raise InvalidError("Url must be a string.", field="Url")
    return said


def _place(said: GeoTag | None) -> epobject.GeoTag | None:
    if said is None:
        return None
    return epobject.GeoTag(
        latitude=said.Latitude,
        longitude=said.Longitude,
        altitude=said.Altitude,
        bearing=said.Bearing,
        precision=said.Precision,
    )


def _geo_tag(place: epobject.GeoTag | None) -> GeoTag | None:
    if place is None:
        return None
    return GeoTag(place.latitude, place.longitude, place.altitude, place.bearing, place.precision)


def fetch(one: EpObject) -> EpObjectFetch:
    """An object in its fetch form."""
    common: dict[str, Any] = {
        "ObjectId": one.id,
        "ObjectTypeId": OBJECTIVE if is_objective(one) else TYPES.get(one.kind, 0),
        "Name": one.name,
        "Description": one.description or ("" if one.form else one.content),
        "Tags": [TagText(Text=tag.text, Type=int(tag.private)) for tag in one.tags],
        "GeoTag": _geo_tag(one.geo_tag),
        "AllowComments": one.allow_comments,
        "OwnerUserId": one.owner_id,
        "CreatedDate": moment(one.created_at),
        "ModifiedDate": moment(one.updated_at),
    }
    if one.file is not None:
        _, dot, extension = one.file.file_name.rpartition(".")
        return FileArtifact(
            **common,
            FileSize=one.file.size_bytes,
            FileName=one.file.file_name,
            Extension=extension if dot else "",
            UploadKey="",
        )
    if one.kind is Kind.COLLECTION:
        parts = list(one.targets("has_part"))
        return Collection(**common, ItemsCount=len(parts), ItemIds=parts, Items=[])
    if one.kind is Kind.LINK:
        return UrlArtifact(**common, Url=one.url)
    if one.portfolio is not None:
        facts = one.portfolio
        return Presentation(**common, BannerTitle=facts.banner_title, BannerDescription=facts.banner_description)
    if one.form is not None:
        return FormArtifact(**common, Fields=[FormField(field.label, field.value) for field in one.form.fields])
    return EpObjectFetch(**common)


def contents(collection: EpObject, items: Sequence[EpObject]) -> EpObjectFetch:
    """A collection with its items."""
    shown = fetch(collection)
    return msgspec.structs.replace(shown, Items=[fetch(one) for one in items])


def objects_page(found: Slice[EpObject]) -> ObjectsPage:
    """A page of a list of objects."""
    where = PagingInfo(Bookmark=found.next_cursor, HasMoreItems=bool(found.next_cursor))
    return ObjectsPage(PagingInfo=where, Items=[fetch(one) for one in found.items])


def comment(one: EpObject, object_id: int) -> Comment:
    """A comment on an object."""
    return Comment(
        ObjectId=object_id,
        CommentId=one.id,
        UserId=one.comment.user_id if one.comment else None,
        CreatedDate=moment(one.created_at),
        Body=one.content,
    )
