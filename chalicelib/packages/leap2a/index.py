"""stub"""
from __future__ import annotations
from collections.abc import Callable
from typing import BinaryIO
from chalicelib.packages.archive import Archive
from chalicelib.packages.leap2a.model import Report

class Index:
    """stub"""
    title: str
    feed_id: str
    report: Report
    count: int
    """Objects the package makes: ordinals are 0 to count - 1."""

def survey(feed: Callable[[], BinaryIO], *, archive: Archive | None = None) -> Index:
    raise NotImplementedError
