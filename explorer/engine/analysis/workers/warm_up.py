"""Compiling the kernels before the first click needs them."""

from __future__ import annotations


def warm(*, live: bool) -> None:
    """Compile, or load from the cache on disk, every kernel that the analysis process uses.

    ``live``: those of the map as well.
    """
    if live:  # first: the points of the first map wait for it, the figures may come later
        import explorer.projection

        explorer.projection.warm()
    import explorer.measure

    explorer.measure.warm()
