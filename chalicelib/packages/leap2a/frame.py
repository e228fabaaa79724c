"""The frame of a feed: what stands before the entries and behind them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid5

from chalicelib.packages import names
from chalicelib.packages.leap2a import extension, vocabulary
from chalicelib.packages.leap2a.carried import escape, quote
from chalicelib.packages.leap2a.extension import Extension
from chalicelib.packages.leap2a.model import Owner, PackageContext

FEED_SPACE = UUID("b0f7b1b4-4c0e-5d0c-9a0e-52b9a6c2d9e1")
SELF_ID = "portfolio:person/self"
EXPORTS = "https://folioport.org/export/"
GENERATOR = "Folioport"


def feed_head(ctx: PackageContext) -> bytes:
    """The feed up to its first entry, the account's own person included where no imported one stands for it."""
    key = uuid5(FEED_SPACE, f"{ctx.owner.id}\n{ctx.title}\n{ctx.updated.isoformat()}").hex
    person = SELF_ID if ctx.self_id is None else entry_id(ctx.self_id)
    spaces = "".join(
        f"\n      xmlns:{prefix}={quote(uri)}"
        for prefix, uri in (
            ("rdf", vocabulary.RDF),
            ("leap2", vocabulary.LEAP2),
            ("categories", vocabulary.CATEGORIES),
            ("portfolio", f"{EXPORTS}{key}/"),
            ("mahara", vocabulary.MAHARA),
            ("dcterms", vocabulary.DCTERMS),
            ("thr", vocabulary.THREADING),
            ("folio", vocabulary.FOLIO),
        )
    )
    head = f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns={quote(vocabulary.ATOM)}{spaces}>
  <leap2:version>{vocabulary.VERSION}</leap2:version>
  <id>{EXPORTS}{key}</id>
  <title>{escape(ctx.title)}</title>
  <updated>{utc_time(ctx.updated)}</updated>
  <generator uri="https://folioport.org/">{GENERATOR}</generator>
  <link rel="alternate" type="text/html" href="{names.INDEX_MEMBER}"/>
  <link rel="describedby" type="application/json" href="{names.MANIFEST_MEMBER}"/>
  <author><name>{escape(ctx.owner.name)}</name><uri>{person}</uri></author>
"""
    return (head + (_self_entry(ctx.owner, ctx.updated) if ctx.self_id is None else "")).encode()


def feed_tail() -> bytes:
    """What closes the feed."""
    return b"</feed>\n"


def entry_id(object_id: int) -> str:
    """The id of an object's entry.

    >>> entry_id(7)
    'portfolio:object/7'
    """
    return f"portfolio:object/{object_id}"


def _self_entry(owner: Owner, updated: datetime) -> str:
    """The one Self person, for an account that imported none; marked so that reading leaves it out."""
    facts = (
        ("legal_given_name", owner.first_name),
        ("legal_family_name", owner.last_name),
        ("email", owner.email),
    )
    archived = quote(vocabulary.LEAP2_ARCHIVED)
    data = "".join(
        f'<leap2:persondata xmlns:lx={archived} leap2:field="{field}" lx:field="{field}">{escape(value)}'
        "</leap2:persondata>"
        for field, value in facts
        if value
    )
    return (
        f"  <entry><title>{escape(owner.name)}</title><id>{SELF_ID}</id><updated>{utc_time(updated)}</updated>"
        '<content/><rdf:type rdf:resource="leap2:person"/>'
        f'<category term="Self" scheme="categories:person_type#"/>{data}'
        f"<{extension.ELEMENT}>{escape(extension.encode(Extension(synthetic=True)))}</{extension.ELEMENT}></entry>\n"
    )


def utc_time(moment: datetime) -> str:
    """A date-time as Mahara keeps it: whole seconds, UTC.

    >>> utc_time(datetime(2026, 2, 1, 9, tzinfo=UTC))
    '2026-02-01T09:00:00Z'
    """
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
