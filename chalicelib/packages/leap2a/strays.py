"""Members of a package that its feed does not mention: they stay behind, and the person should know."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.packages.archive import Archive
from chalicelib.packages.leap2a.model import Report

IGNORED_MEMBERS = ("HTML/", "__MACOSX/", "manifest.json", "leap.xml", "leap2.xml", "leap2a.xml")
MAX_NAMED = 10_000


def note_strays(report: Report, archive: Archive, is_used: Callable[[str], bool]) -> None:
    """Note the members that no entry refers to."""
    count = 0
    for name in archive.names():
        if name.startswith(IGNORED_MEMBERS) or is_used(name):
            continue
        count += 1
        if count <= MAX_NAMED:
            report.note("left_out", "", name[-120:], "No entry of the feed refers to this file.")
        else:
            report.outcomes["left_out"] += 1
