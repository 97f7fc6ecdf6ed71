"""Compiles kernels, so that the first window loads them from the disk: ``python packaging/kernels.py map|figures``.

The two halves take about as long and can be compiled at the same time. What is not compiled here is compiled when it is
needed.
"""

from __future__ import annotations

import importlib
import sys

PARTS = {"map": ("explorer.projection",), "figures": ("explorer.measure",)}
DRAWN = ("explorer.ui.map.canvas.raster", "explorer.ui.map.canvas.thumbnails")
"""What draws the map: compiled as it is imported."""


def main(part: str) -> None:
    """Compile one half."""
    for name in DRAWN if part == "map" else ():
        importlib.import_module(name)
    for name in PARTS[part]:
        importlib.import_module(name).warm()


if __name__ == "__main__":
    main(sys.argv[1])
