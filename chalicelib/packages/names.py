"""Names: of members inside a package, and of the package itself."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from mimetypes import guess_extension
from urllib.parse import quote

from chalicelib.domain.epobject import EpObject, Kind

FEED_MEMBER = "leap2a.xml"
MANIFEST_MEMBER = "manifest.json"
INDEX_MEMBER = "HTML/index.html"
STYLE_MEMBER = "HTML/style.css"
STEM_LIMIT = 60

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\\/:*?"<>|]')


def file_member(obj: EpObject) -> str:
    """The zip member that holds a file's bytes: unique by the id, readable, ASCII.

    Source contract
    ---------------
    leap2a 4: short ASCII-safe names of ours, the original name in `title`.
    """
    name = obj.file.file_name if obj.file else obj.name
    stem, dot, suffix = name.rpartition(".")
    if not dot or not stem or not suffix.isalnum() or not suffix.isascii() or len(suffix) > 10:
        stem = name
        suffix = ((guess_extension(obj.file.media_type) if obj.file else None) or "").lstrip(".")
    safe = _ascii(stem)[:STEM_LIMIT].strip(".-_") or "file"
    return f"export_info/files/{obj.id}-{safe}{'.' if suffix else ''}{suffix}"


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _UNSAFE.sub("-", plain)


def html_member(obj: EpObject) -> str | None:
    """The zip member of an object's page in the offline copy; None for a file, which is linked directly."""
    return None if obj.kind is Kind.FILE else object_page_member(obj.id)


def object_page_member(object_id: int) -> str:
    """The zip member of the page about an object.

    >>> object_page_member(7)
    'HTML/objects/7.html'
    """
    return f"HTML/objects/{object_id}.html"


def package_file_name(first_name: str, last_name: str, finished: datetime) -> str:
    r"""Name of a package; `finished` is already in the service's time zone.

    >>> package_file_name("Mere", "Ta/ne", datetime(2026, 2, 1, 9, 5))
    'eP_Export_Mere_Tane_202602010905.zip'

    Source contract
    ---------------
    brightspace 4.4.
    """
    first, last = (_FORBIDDEN.sub("", name).strip() for name in (first_name, last_name))
    return f"eP_Export_{first}_{last}_{finished:%Y%m%d%H%M}.zip"


def content_disposition(file_name: str) -> str:
    """The Content-Disposition that saves a package under `file_name`.

    >>> print(content_disposition("eP_Ünal.zip"))
    attachment; filename="eP__nal.zip"; filename*=UTF-8''eP_%C3%9Cnal.zip

    Source contract
    ---------------
    brightspace 4.4.
    """
    plain = "".join(one if one.isascii() and one.isprintable() and one not in '"\\' else "_" for one in file_name)
    header = f'attachment; filename="{plain}"'
    return header if plain == file_name else f"{header}; filename*=UTF-8''{quote(file_name, safe='')}"
