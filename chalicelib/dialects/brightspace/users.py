"""Who the caller is (brightspace 2.2)."""

from __future__ import annotations

from chalicelib.dialects.brightspace import platform_wire, products
from chalicelib.dialects.brightspace.dialect import brightspace
from chalicelib.dialects.call import Call
from chalicelib.domain.access import Permission


@brightspace.get(
    "/{component}/{version}/users/whoami",
    permission=Permission.USER_READ,
    vendor="/d2l/api/lp/(version)/users/whoami",
    component=products.PLATFORM,
)
def whoami(call: Call) -> platform_wire.WhoAmI:
    """GET /d2l/api/lp/(version)/users/whoami: the caller; the identifier is what `targetUsers` takes.

    Source
    ------
    brightspace 2.2.
    """
    return platform_wire.whoami(call.services.directory.show(call.actor, "self").user)
