"""The Accredit.ly dialect: `/profile/…` and `/accreditation` as accreditly describes them."""

from chalicelib.dialects.accreditly import accreditations, portfolios, verifications
from chalicelib.dialects.accreditly.dialect import accreditly

__all__ = ["accreditations", "accreditly", "portfolios", "verifications"]
