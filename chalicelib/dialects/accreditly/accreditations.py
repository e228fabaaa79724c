"""Accreditations (accreditly 6): extensions, because no public page describes how one is issued."""

from __future__ import annotations

from chalicelib.dialects.accreditly import wire
from chalicelib.dialects.accreditly.dialect import accreditly
from chalicelib.dialects.call import Call
from chalicelib.dialects.route import Answer
from chalicelib.domain.access import Permission


@accreditly.post("/accreditation", permission=Permission.ACCREDITATION_ISSUE, extension=True)
def issue(call: Call) -> wire.Accreditation:
    """POST /accreditation: a new accreditation, issued by the caller.

    Source
    ------
    accreditly 6, 8.
    """
    said = wire.accreditation_write(call.json)
    return wire.accreditation(call.services.accreditations.issue(call.actor, **said))


@accreditly.get("/accreditation", permission=Permission.ACCREDITATION_READ, extension=True)
def index(call: Call) -> Answer:
    """GET /accreditation: what the caller received or issued, newest first; a long list goes on behind a Link header.

    Source
    ------
    accreditly 6.
    """
    side, before = wire.side(call.query("role")), wire.before(call.query("before"))
    found = call.services.accreditations.index(call.actor, side, before)
    link = f'<{call.url}?role={side.value}&before={found.next_cursor}>; rel="next"'
    return Answer(
        value=[wire.accreditation(one) for one in found.items], headers={"Link": link} if found.next_cursor else {}
    )


@accreditly.get("/accreditation/{id}", permission=Permission.ACCREDITATION_READ, extension=True)
def show(call: Call) -> wire.Accreditation:
    """GET /accreditation/{id}: for its issuer and its recipient.

    Source
    ------
    accreditly 6.
    """
    return wire.accreditation(call.services.accreditations.show(call.actor, call.value("id")))


@accreditly.post("/accreditation/{id}/revoke", permission=Permission.ACCREDITATION_ISSUE, extension=True)
def revoke(call: Call) -> wire.Accreditation:
    """POST /accreditation/{id}/revoke: by its issuer; once more is no change.

    Source
    ------
    accreditly 6.
    """
    return wire.accreditation(call.services.accreditations.revoke(call.actor, call.value("id")))
