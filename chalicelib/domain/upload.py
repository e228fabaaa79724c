"""Packages too large for a request: they are put into the bucket first (design 6)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from msgspec import Struct

from chalicelib.domain.access import Actor
from chalicelib.domain.capability import require_use
from chalicelib.domain.ports import BlobStore, Clock, Ids, ObjectStore, PostForm
from chalicelib.domain.role import Right

KEY_DIGITS = 32
KEY = re.compile(r"uploads/(\d{1,16})/[0-9a-f]{32}")


class Ticket(Struct, frozen=True, kw_only=True):
    """Leave to upload one package: what to post where, until when, and the key to name afterwards."""

    key: str
    form: PostForm
    max_bytes: int
    expires_at: datetime


def owned(actor: Actor, key: str) -> bool:
    """Whether a key is of an upload of the actor's."""
    match = KEY.fullmatch(key)
    return match is not None and int(match[1]) == actor.user_id


class UploadService(Struct, frozen=True):
    """Direct uploads."""

    objects: ObjectStore
    blobs: BlobStore
    clock: Clock
    ids: Ids
    max_bytes: int
    ttl_s: int

    def ticket(self, actor: Actor) -> Ticket:
        """Leave for the actor to upload one package. Raises DeniedError."""
        require_use(self.objects.places(actor, [])[1], Right.IMPORT)
        key = f"uploads/{actor.user_id}/{self.ids.hexadecimal(KEY_DIGITS)}"
        form = self.blobs.post_form(key, max_bytes=self.max_bytes, ttl_s=self.ttl_s)
        expires_at = self.clock.now() + timedelta(seconds=self.ttl_s)
        return Ticket(key=key, form=form, max_bytes=self.max_bytes, expires_at=expires_at)
