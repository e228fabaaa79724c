"""Feeds written by hand, as other programs might."""

from __future__ import annotations

from tests.packages.support import Imported

SPACES = {
    "": "http://www.w3.org/2005/Atom",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "leap2": "http://terms.leapspecs.org/",
    "categories": "http://wiki.leapspecs.org/2A/categories/",
    "mahara": "http://wiki.mahara.org/Developer_Area/Import%2F%2FExport/LEAP_Extensions#",
    "thr": "http://purl.org/syndication/thread/1.0",
    "portfolio": "https://x.example/1/",
}


def feed(body: str, version: str = "http://www.leapspecs.org/2010-07/2A/", **spaces: str) -> bytes:
    declared = " ".join(f'xmlns{":" if key else ""}{key}="{uri}"' for key, uri in (SPACES | spaces).items() if uri)
    head = f"<leap2:version>{version}</leap2:version>" if version else ""
    return (
        f"<feed {declared}>{head}<id>https://x.example/1</id><title>T</title><updated>2026-01-01T00:00:00Z</updated>"
        f"<author><name>Owner</name><uri>portfolio:me</uri></author>{body}</feed>"
    ).encode()


def entry(id: str, body: str = "", *, type: str = "leap2:entry", title: str = "") -> str:
    return (
        f"<entry><title>{title or id}</title><id>portfolio:{id}</id><updated>2026-01-02T03:04:05+02:00</updated>"
        f'<rdf:type rdf:resource="{type}"/>{body}</entry>'
    )


def category(scheme: str, term: str) -> str:
    return f'<category scheme="categories:{scheme}#" term="{term}"/>'


def link(rel: str, target: str, more: str = "") -> str:
    return f'<link rel="{rel}" href="{target if "/" in target else "portfolio:" + target}" {more}/>'


def related(imported: Imported, name: str) -> list[tuple[str, str]]:
    names = {one.id: one.name for one in imported.objects}
    return [(one.rel, names[one.target_id]) for one in imported.named(name).relations]
