"""How many items have each value, counted so that of many millions neither a copy is made nor the interpreter held."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from explorer.core.types import IntArray

AT_ONCE = 1 << 18
"""Items that are counted in one go: the interpreter waits while numpy counts, so two thousandths of a second."""


def tally(codes: npt.NDArray[np.integer], values: int, among: IntArray | None = None) -> IntArray:
    """Return how many of ``codes`` (N,), from -1 up, are -1, 0, … and ``values`` - 1, (values + 1,) int64.

    ``among``: only those of these rows (K,).

    Raises
    ------
    ValueError: if a code is below -1, or not below ``values``.
    """
    counts = np.zeros(values + 1, np.int64)
    for start in range(0, len(codes if among is None else among), AT_ONCE):
        piece = slice(start, start + AT_ONCE)
        some = codes[piece if among is None else among[piece]]
        counts += np.bincount(some.astype(np.int64) + 1, minlength=values + 1)
    return counts
