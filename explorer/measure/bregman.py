"""Projections of a metric onto one bound of a distance after the other (Bregman, 1967), by LogDet divergence."""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

_ROWS, _MATRIX = nb.f8[::1], nb.f8[:, ::1]


@nb.njit(
    nb.void(_MATRIX, _MATRIX, _ROWS, _ROWS, _ROWS, nb.f8), nogil=True, cache=True, fastmath={"reassoc", "contract"}
)
def project(metric: Doubles, v: Doubles, sign: Doubles, multipliers: Doubles, slacks: Doubles, gamma: float) -> None:
    """Project a metric onto the constraint of every pair once, in turn: all arrays are changed in place, O(w²) a pair.

    Parameters
    ----------
    metric: M (w, w), symmetric. v: (P, w) differences of the pairs. sign: (P,) 1 of pairs that shall be near, −1 of
    others. multipliers: (P,) λ. slacks: (P,) ξ. gamma: γ (Davis et al., 2007, algorithm 1).
    """
    width, share = metric.shape[0], gamma / (gamma + 1.0)
    image = np.empty(width)
    for at in range(v.shape[0]):
        p = 0.0
        for i in range(width):
            total = 0.0
            for j in range(width):
                total += metric[i, j] * v[at, j]
            image[i] = total
            p += total * v[at, i]
        if p <= 0.0:  # below the rounding error
            continue
        alpha = min(multipliers[at], sign[at] * share * (1.0 / p - 1.0 / slacks[at]))
        if alpha == 0.0:
            continue
        multipliers[at] -= alpha
        slacks[at] = 1.0 / (1.0 / slacks[at] + sign[at] * alpha / gamma)
        factor = sign[at] * alpha / (1.0 - sign[at] * alpha * p)
        for i in range(width):
            scaled = factor * image[i]
            for j in range(width):
                metric[i, j] += scaled * image[j]
