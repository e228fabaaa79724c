"""What an export takes that names objects: those, the pages of portfolios, and the comments on all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from chalicelib.domain.association import commented_id
from chalicelib.domain.epobject import EpObject, Kind
from chalicelib.jobs.received import held, issued
from chalicelib.jobs.run import Run

if TYPE_CHECKING:
    from chalicelib.jobs.snapshot import SnapshotState

NAMED_BATCH = 20
"""Named objects read in one call."""
COMMENTED = ("reflected_on_by", "has_reply")
"""Relations of an object to comments on it, among others."""


def walk(run: Run, state: SnapshotState) -> Iterator[tuple[EpObject | int, str]]:
    """The named objects, and the pages of named portfolios, in the order of keys; the id of one that is gone."""
    blobs, objects, owner_id = run.services.blobs, run.services.objects, run.job.owner_id
    if not state.named:
        keys = _asked_for(run)
        for portfolio_id in [object_id for kind, object_id in keys if kind is Kind.PORTFOLIO]:
            keys |= {(Kind.PAGE, page_id) for page_id in objects.page_ids(owner_id, portfolio_id)}
        guids = _held(run, keys)
        keys |= {(Kind.ACCREDITATION, one) for one in guids}
        blobs.put(run.work_key("held.json"), msgspec.json.encode(guids))
        keys |= _comments(run, keys)
        state.named = run.work_key("named.json")
        blobs.put(state.named, msgspec.json.encode(sorted(keys)))
    named = msgspec.json.decode(blobs.get(state.named), type=list[tuple[Kind, int]])
    start, guids = int(state.after or 0), msgspec.json.decode(blobs.get(run.work_key("held.json")), type=dict[int, str])
    for first in range(start, len(named), NAMED_BATCH):
        part = named[first : first + NAMED_BATCH]
        found = objects.own(owner_id, part)
        found |= issued(run, [guids[one] for _, one in part if one in guids])
        for place, (_, object_id) in enumerate(part, start=first + 1):
            yield found.get(object_id, object_id), str(place)


def _asked_for(run: Run) -> set[tuple[Kind, int]]:
    """The objects that were named."""
    return {(Kind(kind), object_id) for kind, object_id in run.job.parameters.get("keys", ())}


def alone(run: Run, objects: Sequence[EpObject]) -> set[int]:
    """Ids of those that were named themselves: a page needs no portfolio then, a comment only what it is about."""
    asked = _asked_for(run)
    about = {one.id: commented_id(one) for one in objects if (one.kind, one.id) in asked}
    targets = run.services.objects.held(run.job.owner_id, [one for one in about.values() if one])
    there = {one.id for one in targets.values() if not one.deleted}
    return {one for one, target in about.items() if target is None or target in there}


def _held(run: Run, keys: set[tuple[Kind, int]]) -> dict[int, str]:
    """GUIDs of the accreditations that named portfolios hold, by id."""
    found: dict[int, str] = {}
    portfolios = sorted(key for key in keys if key[0] is Kind.PORTFOLIO)
    for first in range(0, len(portfolios), NAMED_BATCH):
        part = run.services.objects.own(run.job.owner_id, portfolios[first : first + NAMED_BATCH])
        found |= held([one for one in part.values() if not one.deleted])
    return found


def _comments(run: Run, keys: set[tuple[Kind, int]]) -> set[tuple[Kind, int]]:
    """The comments on objects, and the comments on those (brightspace 4.5)."""
    found: set[tuple[Kind, int]] = set()
    around = sorted(keys)
    while around:
        met: set[tuple[Kind, int]] = set()
        for first in range(0, len(around), NAMED_BATCH):
            for one in run.services.objects.own(run.job.owner_id, around[first : first + NAMED_BATCH]).values():
                met |= {(Kind.ITEM, other) for rel in COMMENTED for other in one.targets(rel)}
        part = sorted(met - keys - found)
        around = []
        for first in range(0, len(part), NAMED_BATCH):
            for one in run.services.objects.own(run.job.owner_id, part[first : first + NAMED_BATCH]).values():
                if commented_id(one) is not None and not one.deleted:
                    around.append((Kind.ITEM, one.id))
        found.update(around)
    return found
