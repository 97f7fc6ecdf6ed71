"""Pinned queries and their nearest neighbours."""
