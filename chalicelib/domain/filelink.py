"""Links to files that carry their caller's right for a while, for browsers, which send no token (canvas-a 5.1).

A link names who it was given to: what they may no longer see, their links no longer open.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from chalicelib.domain.access import Actor

PARTS = 5
DIGITS = 19


def sign(key: bytes, actor: Actor, account_id: int, file_id: int, until: datetime) -> str:
    """The verifier of a link to a file of an account, good until then."""
    facts = f"{actor.user_id}.{actor.real_user_id}.{actor.root_account_id}.{int(until.timestamp())}"
    return f"{facts}.{_signature(key, facts, account_id, file_id)}"


def holder(key: bytes, verifier: str, account_id: str, file_id: str, now: datetime) -> Actor | None:
    """Who the link was given to; None when it is no such link, or its time is over."""
    parts = verifier.split(".")
    numbers = parts[: PARTS - 1]
    if len(parts) != PARTS or not all(one.isascii() and one.isdigit() and len(one) <= DIGITS for one in numbers):
        return None
    user_id, real_user_id, root_id, until = map(int, numbers)
    expected = _signature(key, ".".join(numbers), account_id, file_id)
    given = parts[-1].encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(expected.encode(), given) or until < now.timestamp():
        return None
    return Actor(user_id=user_id, real_user_id=real_user_id, root_account_id=root_id)


def _signature(key: bytes, facts: str, account_id: int | str, file_id: int | str) -> str:
    text = f"file-link/{account_id}/{file_id}/{facts}"
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
