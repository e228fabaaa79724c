"""Verifications in Accredit.ly's shapes.

Source
------
accreditly 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from chalicelib.domain import verification
from chalicelib.domain.errors import InvalidError
from chalicelib.domain.verification import Verification


class Status(msgspec.Struct, rename="camel"):
    """Where a user stands."""

    message: str
    verification_status: str


class Image(msgspec.Struct, rename="camel"):
    """An evidence image, at a short-lived address."""

    media_type: str
    size_bytes: int
    url: str


class Decision(msgspec.Struct):
    """The body of a decision."""

    approved: bool
    message: str


MESSAGES = {
    verification.Status.UNSUBMITTED: "Upload your evidence images first.",
    verification.Status.PENDING: "Your request was submitted and waits for review.",
    verification.Status.REJECTED: "Your request was refused; you may try again.",
    verification.Status.APPROVED: "Your identity is verified.",
}
HELD = "Your images were received and your request is not submitted yet. New images cost you your place in the queue."


def status(one: Verification) -> Status:
    """Where a user stands, in words too (accreditly 4.1)."""
    message = MESSAGES[one.status]
    if one.status is verification.Status.UNSUBMITTED and one.images:
        message = HELD
    if one.reason:
        message = f"{message} The reviewer says: {one.reason}"
    return Status(message=message, verification_status=one.status.value)


def images(found: Sequence[tuple[verification.Image, str]]) -> list[Image]:
    """Evidence images."""
    return [Image(media_type=image.media_type, size_bytes=image.size_bytes, url=url) for image, url in found]


def user_id(one: Verification) -> str:
    """How the queue calls somebody: by address, else by number."""
    return one.email or str(one.user_id)


def decision(body: Any) -> Decision:
    """What the body of a decision says. Raises InvalidError."""
    if not isinstance(body, dict):
        raise InvalidError("The body must be a JSON object.")
    said, message = body.get("verificationStatus"), body.get("message")
    if said not in ("approved", "rejected"):
        raise InvalidError("verificationStatus must be approved or rejected.", field="verificationStatus")
    if message is not None and not isinstance(message, str):
        raise InvalidError("message must be a string.", field="message")
    return Decision(approved=said == "approved", message=message or "")
