"""Which products and versions are served; needs no credentials (brightspace 2.1)."""

from __future__ import annotations

from typing import Any

import msgspec

from chalicelib.dialects.brightspace import platform_wire, products
from chalicelib.dialects.brightspace.dialect import brightspace
from chalicelib.dialects.call import Call
from chalicelib.domain.access import Permission
from chalicelib.domain.errors import InvalidError, NotFoundError

CHECK_LIMIT = 1000


@brightspace.get("/versions", permission=Permission.SERVICE_DESCRIBE, vendor="/d2l/api/versions/")
def index(call: Call) -> list[platform_wire.ProductVersions]:
    """GET /d2l/api/versions/: every product served, with its versions.

    Source
    ------
    brightspace 2.1.
    """
    return [platform_wire.product_versions(code, versions) for code, versions in products.served(call).items()]


@brightspace.get(
    "/{component}/versions",
    permission=Permission.SERVICE_DESCRIBE,
    vendor="/d2l/api/(productCode)/versions/",
)
def show(call: Call) -> platform_wire.ProductVersions:
    """GET /d2l/api/(productCode)/versions/: one product's versions.

    Source
    ------
    brightspace 2.1.
    """
    code = call.value("component").lower()
    return platform_wire.product_versions(code, _known(call, code))


@brightspace.get(
    "/{component}/versions/{version}",
    permission=Permission.SERVICE_DESCRIBE,
    vendor="/d2l/api/(productCode)/versions/(version)",
)
def show_version(call: Call) -> platform_wire.ProductVersion:
    """GET /d2l/api/(productCode)/versions/(version): whether that version is served; 200 when it is not, too.

    Source
    ------
    brightspace 2.1.
    """
    code, version = call.value("component"), call.value("version")
    return platform_wire.product_version(code, version, _known(call, code.lower()))


@brightspace.post("/versions/check", permission=Permission.SERVICE_DESCRIBE)
def check(call: Call) -> platform_wire.VersionCheck:
    """POST /d2l/api/versions/check: whether all of the listed versions are served, and each.

    Source
    ------
    brightspace 2.1.
    """
    served = products.served(call)
    wanted = _requests(call.json)
    found = [
        platform_wire.product_version(one.ProductCode, one.Version, served.get(one.ProductCode.lower(), ()))
        for one in wanted
    ]
    return platform_wire.VersionCheck(Supported=all(one.Supported for one in found), Versions=found)


def _known(call: Call, code: str) -> tuple[str, ...]:
    versions = products.served(call).get(code)
    if versions is None:
        raise NotFoundError("There is no such product.")
    return versions


def _requests(body: Any) -> list[platform_wire.VersionRequest]:
    try:
        wanted = msgspec.convert(body, list[platform_wire.VersionRequest])
    except msgspec.ValidationError as error:
        raise InvalidError(f"The body must be an array of ProductCode and Version: {error}.") from None
    if len(wanted) > CHECK_LIMIT:
        raise InvalidError(f"Ask for at most {CHECK_LIMIT} versions.")
    return wanted
