"""Integer ids: unique in the service, time-ordered, at most 53 bits, made without a counter.

An id is 41 bits of milliseconds since 2020 and 12 bits that tell apart ids of one millisecond. It is written with a
not-exists condition; the rare clash is retried with another id. Imported objects get ids derived from (job, entry),
so that a repeated import step makes the same ids.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

EPOCH_MS = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1000)
LOW_BITS = 12
LOW_MASK = (1 << LOW_BITS) - 1
MAX_ID = (1 << 53) - 1

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

OBJECT_PATH = "/d2l/api/eP/2.5/object/{id}/content"
"""Address of an object's content: what links inside stored HTML point at (brightspace 6.1)."""


def mint(now: datetime, randbits: Callable[[int], int]) -> int:
    """A fresh id for `now`; `randbits(n)` gives n random bits."""
    return (_milliseconds(now) << LOW_BITS) | randbits(LOW_BITS)


def derive(started: datetime, job_id: int, ordinal: int, salt: int = 0) -> int:
    """The id of entry `ordinal` of job `job_id`: ascending in `ordinal`, the same at each call.

    All ids of a job share their low bits, so two jobs of the same time meet in one case of 4,096, however long they
    are. `salt` makes another set of ids, for a job whose first set met an id already taken.
    """
    return ((_milliseconds(started) + ordinal) << LOW_BITS) | _low_bits(job_id, salt)


@lru_cache(maxsize=16)
def _low_bits(job_id: int, salt: int) -> int:
    digest = hashlib.blake2b(f"{job_id}/{salt}".encode(), digest_size=2).digest()
    return int.from_bytes(digest, "big") & LOW_MASK


def object_path(object_id: int) -> str:
    """Address of an object's content, relative to the service.

    >>> object_path(7)
    '/d2l/api/eP/2.5/object/7/content'
    """
    return OBJECT_PATH.format(id=object_id)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000) - EPOCH_MS


def guid_for(object_id: int, entropy: int) -> str:
    """The GUID of a portfolio or accreditation: a version 8 UUID that holds the integer id and 69 bits of `entropy`.

    Holding the id saves a look-up: `id_in` finds the item, which is then compared with the whole GUID.
    """
    high, low = divmod(object_id, 1 << 5)
    bits = high << 80 | 8 << 76 | low << 71 | (entropy >> 62 & 0x7F) << 64 | 0b10 << 62 | entropy & ((1 << 62) - 1)
    return str(uuid.UUID(int=bits))


def id_in(guid: str) -> int:
    """The integer id a GUID of `guid_for` holds; of any other GUID a number that is no such item's.

    >>> id_in(guid_for(MAX_ID, 5)) == MAX_ID
    True
    """
    bits = uuid.UUID(guid).int
    return (bits >> 80) << 5 | (bits >> 71) & 0b11111


def parse_guid(text: str) -> str | None:
    """`text` as a lower-case 8-4-4-4-12 GUID, or None when it is not one (accreditly 1)."""
    return text.lower() if GUID.fullmatch(text) else None
