"""Pinned queries, filters and the gallery of known identities."""
