"""Which files are compressed by nature."""

from __future__ import annotations

_STORED_TYPES = frozenset(
    [
        "application/zip",
        "application/gzip",
        "application/x-7z-compressed",
        "application/x-rar-compressed",
        "application/vnd.rar",
        "application/java-archive",
        "application/epub+zip",
        "application/x-bzip2",
        "application/x-xz",
        "font/woff",
        "font/woff2",
    ]
)
_STORED_PREFIXES = (
    "video/",
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
)
_DEFLATED_MEDIA = frozenset(
    {"audio/wav", "audio/x-wav", "audio/midi", "image/svg+xml", "image/bmp", "image/x-ms-bmp", "image/tiff"}
)


def stored_for(media_type: str) -> bool:
    """Whether files of this type are compressed by nature, so that deflating them costs time and gains nothing.

    >>> stored_for("image/jpeg"), stored_for("text/plain")
    (True, False)
    """
    kind = media_type.partition(";")[0].strip().lower()
    if kind in _DEFLATED_MEDIA:
        return False
    return kind in _STORED_TYPES or kind.startswith((*_STORED_PREFIXES, "image/", "audio/"))
