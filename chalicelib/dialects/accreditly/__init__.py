"""The Accredit.ly dialect: `/profile/…` and `/accreditation` as accreditly describes them."""
