"""The colours of classes, told apart by as many readers as possible; nothing here needs Qt."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from explorer.core.types import ByteArray, frozen

FIRST_COLOURS = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#3f7fd6",
    "#d55e00",
    "#cc79a7",
    "#9a9fa8",
    "#8f6bd0",
    "#84bd3a",
)
"""The eight of Okabe and Ito (2008), told apart by colour-blind readers, with a lighter blue and grey for black, to
show on dark; and two more, so that sets of ten classes stay calm."""


@lru_cache(maxsize=1)
def _distinct_colours() -> ByteArray:
    """Return 256 colours (256, 3): the first ten, then the Glasbey colours that are far from what is already used."""
    from colorcet import glasbey_bw_minc_20_minl_30 as glasbey

    first = np.array([[int(hexed[i : i + 2], 16) for i in (1, 3, 5)] for hexed in FIRST_COLOURS], dtype=np.float64)
    rest = np.asarray(glasbey, dtype=np.float64).reshape(-1, 3) * 255.0
    apart = np.linalg.norm(rest[:, None] - first[None], axis=2).min(axis=1)
    readable = (rest @ np.array([0.299, 0.587, 0.114]) > 60) & (rest @ np.array([0.299, 0.587, 0.114]) < 225)
    order = np.argsort(~(readable & (apart > 55)), kind="stable")
    return np.concatenate([first, rest[order]])[:256].round().astype(np.uint8)


def class_colours(n: int) -> ByteArray:
    """Return a colour for each of ``n`` classes, uint8 (n, 3), read-only.

    Okabe–Ito to 8, two more, then Glasbey, Ivic and Glasbey (2007) to 256, then the same again.
    """
    return frozen(_distinct_colours()[np.arange(n) % 256], np.uint8)
