"""stub"""
from __future__ import annotations
from chalicelib.domain.epobject import EpObject
from chalicelib.packages.leap2a.model import PackageContext
def feed_head(ctx: PackageContext) -> bytes: raise NotImplementedError
def feed_entry(ctx: PackageContext, obj: EpObject) -> bytes: raise NotImplementedError
def feed_tail() -> bytes: raise NotImplementedError
