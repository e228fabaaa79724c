"""Fixtures of `tests.world`, for stores and jobs."""

from tests.world import ada, bo, clock, cloud, engine, services

__all__ = ["ada", "bo", "clock", "cloud", "engine", "services"]
