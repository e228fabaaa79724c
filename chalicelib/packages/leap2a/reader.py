"""stub"""
from __future__ import annotations
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO
from chalicelib.packages.archive import Archive
from chalicelib.packages.leap2a.index import Index
from chalicelib.packages.leap2a.model import Owner, Planned

def read_objects(feed: Callable[[], BinaryIO], index: Index, *, archive: Archive, owner: Owner,
                 mint: Callable[[int], int], import_id: int, now: datetime) -> Iterator[Planned]:
    raise NotImplementedError
