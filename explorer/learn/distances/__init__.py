"""Distances between embeddings: one file each, registered as kind `distance`."""
