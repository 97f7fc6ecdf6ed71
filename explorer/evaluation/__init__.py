"""Protocols: how good an embedding is at what it is for."""
