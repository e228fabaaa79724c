"""The Canvas dialect: `/api/v1/…` as canvas-a and canvas-b describe it."""
