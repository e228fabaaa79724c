"""Leap2A 2010-07: reading feeds of any producer, and writing ones that Mahara imports whole."""

from chalicelib.packages.leap2a.index import Index
from chalicelib.packages.leap2a.model import Note, Owner, PackageContext, Planned, Ref, Report
from chalicelib.packages.leap2a.reader import read_objects
from chalicelib.packages.leap2a.survey import survey
from chalicelib.packages.leap2a.writer import feed_entry, feed_head, feed_tail

__all__ = [
    "Index",
    "Note",
    "Owner",
    "PackageContext",
    "Planned",
    "Ref",
    "Report",
    "feed_entry",
    "feed_head",
    "feed_tail",
    "read_objects",
    "survey",
]
