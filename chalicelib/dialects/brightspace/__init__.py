"""The Brightspace dialect: `/d2l/api/…` as brightspace describes it."""

from chalicelib.dialects.brightspace import (
    artifacts,
    collections,
    comments,
    exports,
    imports,
    objects,
    presentations,
    reflections,
    users,
    versions,
)
from chalicelib.dialects.brightspace.dialect import brightspace

__all__ = [
    "artifacts",
    "brightspace",
    "collections",
    "comments",
    "exports",
    "imports",
    "objects",
    "presentations",
    "reflections",
    "users",
    "versions",
]
