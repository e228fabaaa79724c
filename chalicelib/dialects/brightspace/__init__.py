"""The Brightspace dialect: `/d2l/api/…` as brightspace describes it."""
