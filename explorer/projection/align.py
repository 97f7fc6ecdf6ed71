"""Registering one picture of the map to another, so that nothing spins or flips between frames."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray


class Rigid(NamedTuple):
    """A turn, perhaps a flip, and a shift: ``xy @ turn + shift``. Distances stay as they are."""

    turn: npt.NDArray[np.float64]
    shift: npt.NDArray[np.float64]

    def __call__(self, xy: FloatArray) -> FloatArray:
        """Move points (M, 2)."""
        return (xy.astype(np.float64) @ self.turn + self.shift).astype(np.float32)


def registration(moving: FloatArray, fixed: FloatArray) -> Rigid:
    """Return the rigid motion that brings points (M, 2) nearest to their partners (M, 2), in least squares.

    Procrustes' problem; Schönemann, A generalized solution of the orthogonal Procrustes problem, 1966.
    """
    if not len(moving):
        return Rigid(np.eye(2), np.zeros(2))
    a, b = moving.astype(np.float64), fixed.astype(np.float64)
    from_centre, to_centre = a.mean(axis=0), b.mean(axis=0)
    left, sizes, right = np.linalg.svd((a - from_centre).T @ (b - to_centre))
    turn = left @ right if sizes[0] > 0 else np.eye(2)
    if sizes[0] > 0 and sizes[1] <= 1e-9 * sizes[0] and np.linalg.det(turn) < 0:
        turn = left @ np.diag([1.0, -1.0]) @ right  # on a line both fit equally well: do not flip
    return Rigid(turn, to_centre - from_centre @ turn)
