"""Credits: a bucket an application, refilled each minute.

Source
------
brightspace 1.4.
"""

from __future__ import annotations

from contextlib import suppress

from chalicelib.dialects.call import Call
from chalicelib.domain.errors import DomainError

MINUTE_S = 60


class LimitError(DomainError):
    """The application has spent its minute's credits."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("The application's credits for this minute are spent.")
        self.retry_after_s = retry_after_s


def charge(call: Call, bucket: str) -> None:
    """Charge a bucket for the call. Raises LimitError when it is empty."""
    services = call.services
    settings = services.settings
    spent = services.credentials.charge(bucket, settings.brightspace_rate_cost, services.clock.now())
    charged(call, spent)


def charged(call: Call, spent: int) -> None:
    """Keep what a bucket has spent. Raises LimitError when that is more than it holds."""
    call.spent = spent
    if spent > call.services.settings.brightspace_rate_credits:
        raise LimitError(_refill_s(call))


def headers(call: Call, status: int) -> dict[str, str]:
    """What every answer but a 429 says of the bucket; a call that charged nobody yet charges its address."""
    if status == 429:
        return {}
    settings = call.services.settings
    if call.spent is None:
        with suppress(LimitError):
            charge(call, f"addr/{call.incoming.source_ip}")
    return {
        "X-Rate-Limit-Remaining": str(max(0, settings.brightspace_rate_credits - (call.spent or 0))),
        "X-Rate-Limit-Reset": str(_refill_s(call)),
        "X-Request-Cost": str(settings.brightspace_rate_cost),
    }


def _refill_s(call: Call) -> int:
    return MINUTE_S - int(call.services.clock.now().timestamp()) % MINUTE_S
