"""Versions and the caller in Brightspace's shapes; member names are the vendor's.

Source
------
brightspace 2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from chalicelib.domain.person import User


class ProductVersions(msgspec.Struct):
    """A product and its versions."""

    ProductCode: str
    LatestVersion: str
    SupportedVersions: list[str]


class VersionRequest(msgspec.Struct):
    """A product's version that a client asks about."""

    ProductCode: str
    Version: str


class ProductVersion(msgspec.Struct):
    """Whether a version of a product is served."""

    ProductCode: str
    Version: str
    Supported: bool
    LatestVersion: str | None


class VersionCheck(msgspec.Struct):
    """The answer to a check of several versions."""

    Supported: bool
    Versions: list[ProductVersion]


class WhoAmI(msgspec.Struct):
    """The caller."""

    Identifier: str
    FirstName: str
    LastName: str
    UniqueName: str
    ProfileIdentifier: str
    Pronouns: str | None


def product_versions(code: str, versions: Sequence[str]) -> ProductVersions:
    """A product with all of its versions, ascending."""
    return ProductVersions(ProductCode=code, LatestVersion=versions[-1], SupportedVersions=list(versions))


def product_version(code: str, version: str, versions: Sequence[str]) -> ProductVersion:
    """A version of a product, in the spelling of the request; no versions: an unknown product."""
    latest = versions[-1] if versions else None
    return ProductVersion(ProductCode=code, Version=version, Supported=version in versions, LatestVersion=latest)


def whoami(user: User) -> WhoAmI:
    """A user as themselves."""
    return WhoAmI(
        Identifier=str(user.id),
        FirstName=user.first_name,
        LastName=user.last_name,
        UniqueName=user.login_id,
        ProfileIdentifier=hashlib.blake2b(str(user.id).encode(), digest_size=5, person=b"profile").hexdigest(),
        Pronouns=user.pronouns or None,
    )
