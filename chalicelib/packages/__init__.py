"""Packages: Leap2A reading and writing, the HTML copy, zip rules. Pure streams in, streams out."""
