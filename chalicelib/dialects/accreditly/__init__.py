"""The Accredit.ly dialect: `/profile/…` as accreditly describes it."""

from chalicelib.dialects.accreditly import portfolios
from chalicelib.dialects.accreditly.dialect import accreditly

__all__ = ["accreditly", "portfolios"]
