"""Accreditations a person received, as objects of a package: they are kept by address, not among their objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chalicelib.domain.accreditation import Accreditation, State
from chalicelib.domain.epobject import AccreditationFacts, EpObject, Kind
from chalicelib.domain.identity import id_in
from chalicelib.domain.portfolio import facts_of
from chalicelib.jobs.run import Run

PLACE = "received#"
"""Before the places of a walk: an export begins with what its owner received."""
BATCH = 100


def received(run: Run, after: str) -> Iterator[tuple[EpObject, str]]:
    """What the owner of an export received, oldest first, and the place behind each; nothing for other places."""
    owner = run.services.people.user(run.job.owner_id)
    if owner is None or not owner.address or (after and not after.startswith(PLACE)):
        return
    last = int(after.removeprefix(PLACE) or 0)
    while True:
        page = run.services.accreditation_store.received(owner.root_account_id, owner.address, last, BATCH)
        for one in page.items:
            last = one.id
            yield as_object(one, owner.id), f"{PLACE}{one.id}"
        if not page.next_cursor:
            return


def held(portfolios: Sequence[EpObject]) -> dict[int, str]:
    """GUIDs of the accreditations those portfolios hold, by id."""
    return {id_in(guid): guid for one in portfolios for guid in facts_of(one).accreditation_ids}


def issued(run: Run, guids: Sequence[str]) -> dict[int, EpObject]:
    """Of those accreditations the ones that were issued here, by id."""
    if not guids:
        return {}
    found, _ = run.services.accreditation_store.gather([(run.job.owner_id, guid) for guid in guids])
    owner_id = run.job.owner_id
    return {one.id: as_object(one, owner_id) for one in found.values() if one.state is not State.IMPORTED}


def as_object(one: Accreditation, owner_id: int) -> EpObject:
    """An accreditation as an object of its recipient."""
    return EpObject(
        id=one.id,
        owner_id=owner_id,
        kind=Kind.ACCREDITATION,
        name=one.title,
        content=one.details,
        content_type="text" if one.details else "html",
        author=one.issuer,
        created_at=one.issued_at,
        updated_at=one.revoked_at or one.issued_at,
        added_at=one.issued_at,
        accreditation=AccreditationFacts(
            guid=one.guid,
            classification=one.classification,
            issuer=one.issuer,
            issued_at=one.issued_at,
            revoked=one.state is State.REVOKED,
        ),
    )
