"""Verification (accreditly 4): the status is published, everything that leads to one is an extension."""

from __future__ import annotations

from chalicelib.dialects.accreditly import wire_verification
from chalicelib.dialects.accreditly.dialect import accreditly
from chalicelib.dialects.call import Call
from chalicelib.domain.access import Permission


@accreditly.get("/profile/verify", permission=Permission.VERIFICATION_REQUEST)
def show(call: Call) -> wire_verification.Status:
    """GET /profile/verify: where the caller stands.

    Source
    ------
    accreditly 4.1.
    """
    return wire_verification.status(call.services.verifications.show(call.actor))


@accreditly.post("/profile/verify", permission=Permission.VERIFICATION_REQUEST, extension=True)
def submit(call: Call) -> wire_verification.Status:
    """POST /profile/verify: ask for a review.

    Source
    ------
    accreditly 4.2.
    """
    return wire_verification.status(call.services.verifications.submit(call.actor))


@accreditly.post("/profile/verify/images", permission=Permission.VERIFICATION_REQUEST, extension=True)
def upload(call: Call) -> wire_verification.Status:
    """POST /profile/verify/images: the caller's evidence, in place of what was there.

    Source
    ------
    accreditly 4.2.
    """
    images = [part.content for part in call.parts if part.name == "file"]
    return wire_verification.status(call.services.verifications.upload(call.actor, images))


@accreditly.get("/profile/verify/images", permission=Permission.VERIFICATION_REQUEST, extension=True)
def images(call: Call) -> list[wire_verification.Image]:
    """GET /profile/verify/images: the caller's evidence, at addresses that live a quarter of an hour.

    Source
    ------
    accreditly 4.2.
    """
    return wire_verification.images(call.services.verifications.images(call.actor))


@accreditly.get("/profile/verify/queue", permission=Permission.VERIFICATION_REVIEW, extension=True)
def queue(call: Call) -> list[str]:
    """GET /profile/verify/queue: who waits, in the order of asking.

    Source
    ------
    accreditly 4.2.
    """
    return [wire_verification.user_id(one) for one in call.services.verifications.queue(call.actor)]


@accreditly.post("/profile/verify/{userId}/decision", permission=Permission.VERIFICATION_REVIEW, extension=True)
def decide(call: Call) -> wire_verification.Status:
    """POST /profile/verify/{userId}/decision: approve or reject who waits.

    Source
    ------
    accreditly 4.2.
    """
    said, who = wire_verification.decision(call.json), call.value("userId")
    decided = call.services.verifications.decide(call.actor, who, approved=said.approved, reason=said.message)
    return wire_verification.status(decided)


@accreditly.get("/profile/verify/{userId}/images", permission=Permission.VERIFICATION_REVIEW, extension=True)
def images_of(call: Call) -> list[wire_verification.Image]:
    """GET /profile/verify/{userId}/images: somebody's evidence, for who reviews them.

    Source
    ------
    accreditly 4.2.
    """
    return wire_verification.images(call.services.verifications.images_of(call.actor, call.value("userId")))
