"""Moves the points of a graph epoch by epoch, many of them in two halves at once."""

from __future__ import annotations

import threading

import numpy as np

from explorer.core.types import FloatArray
from explorer.projection.graph import FuzzySet
from explorer.projection.motion import BOUND, Chances, Tethers, run_epoch

_HALVED_FROM = 20_000
"""With fewer points an epoch takes no longer than starting a thread is worth."""


class Mover:
    """Moves points. Many are moved in two halves, each of which sees the other as it was when the epoch began.

    The halves are the same whether one thread moves them or two, and so is the map.

    Parameters
    ----------
    table: of forces, see ``force_table``. negatives: how many random points push for each edge that is drawn.
    seed: of what is random.
    """

    def __init__(self, table: FloatArray, negatives: int, seed: int) -> None:
        self._table, self._negatives = table, negatives
        seeds = [(seed * 2654435761 + 88172645463325252 + part * 0x632BE59BD9B4E019) % 2**64 for part in range(2)]
        self._states = [np.array([each], np.uint64) for each in seeds]
        self._turn = 0

    def move(
        self,
        xy: FloatArray,
        graph: FuzzySet,
        chance: Chances,
        pace: FloatArray,
        tethers: Tethers,
        *,
        threads: int,
    ) -> None:
        """Move points (M, 2) in place by one epoch; see ``run_epoch``."""
        self._turn = (self._turn + 1) % 2**32
        turn, half = np.uint32(self._turn), len(xy) // 2

        def run(points: FloatArray, part: int, first: int, end: int) -> None:
            rules = (chance, self._table, self._negatives, turn, self._states[part], pace, tethers)
            run_epoch(points, graph.starts, graph.tails, *rules, first, end)

        if len(xy) < _HALVED_FROM:
            run(xy, 0, 0, len(xy))
            return
        began, other = xy.copy(), xy.copy()
        if threads > 1:
            thread = threading.Thread(target=run, args=(other, 1, half, len(xy)))
            thread.start()
            run(xy, 0, 0, half)
            thread.join()
        else:
            run(xy, 0, 0, half)
            run(other, 1, half, len(xy))
        xy += other - began  # where a half pushed a point of the other one, both movements count
        np.clip(xy, -BOUND, BOUND, out=xy)
