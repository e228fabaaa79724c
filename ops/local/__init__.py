"""The whole service on one machine: an embedded AWS, the gateway in front of the app, and the workers behind it."""
