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


class Similarity(NamedTuple):
    """A scale, a turn, perhaps a flip, and a shift: ``scale * xy @ turn + shift``. Shapes stay as they are."""

    scale: float
    turn: npt.NDArray[np.float64]
    shift: npt.NDArray[np.float64]

    def __call__(self, xy: FloatArray) -> FloatArray:
        """Move points (M, 2)."""
        return (self.scale * xy.astype(np.float64) @ self.turn + self.shift).astype(np.float32)


def similarity(moving: FloatArray, fixed: FloatArray) -> Similarity:
    """Return the similarity that brings points (M, 2) nearest to their partners (M, 2), in least squares.

    As ``registration``, but other maps may be of another size: the scale is that of Schönemann and Carroll, Fitting one
    matrix to another under choice of a central dilation and a rigid motion, 1970.
    """
    turn = registration(moving, fixed).turn
    if not len(moving):
        return Similarity(1.0, turn, np.zeros(2))
    a, b = moving.astype(np.float64), fixed.astype(np.float64)
    from_centre, to_centre = a.mean(axis=0), b.mean(axis=0)
    a, b = (a - from_centre) @ turn, b - to_centre
    size = float((a * a).sum())
    scale = float((a * b).sum()) / size if size > 0 else 1.0
    return Similarity(scale, turn, to_centre - scale * from_centre @ turn)
