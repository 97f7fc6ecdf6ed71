"""Where items belong that are known by triplets alone: no feature of them is looked at."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled
from explorer.core.types import IntArray

Doubles = npt.NDArray[np.float64]
STARTS = 3
"""Places that it begins at, drawn by chance: the least of the ends is taken, since some get stuck."""
ITERATIONS = 500
"""Steps of L-BFGS from each, at most."""


def t_ste(flat: Doubles, triplets: IntArray, alpha: float) -> tuple[float, Doubles]:
    """Return −mean log p over triplets (T, 3) of points (2N,), and its gradient (2N,).

    Of the triplet (i, j, k), i nearer to j than to k, p = s_ij / (s_ij + s_ik) with s = (1 + d² / α)^(−(α + 1) / 2),
    the kernel of Student's t (van der Maaten and Weinberger 2012, t-STE).
    """
    xy = flat.reshape(-1, 2)
    i, j, k = triplets.T
    to_near, to_far = xy[i] - xy[j], xy[i] - xy[k]
    near, far = (np.einsum("td,td->t", v, v) for v in (to_near, to_far))
    half = (alpha + 1) / 2
    odds = half * (np.log1p(near / alpha) - np.log1p(far / alpha))  # of the other order, as a logarithm
    wrong = np.exp(-np.logaddexp(0.0, -odds))  # 1 − p, without overflow
    pull = (wrong * 2 * half / (alpha + near))[:, None] * to_near
    push = (wrong * 2 * half / (alpha + far))[:, None] * to_far
    items = len(xy)
    slope = np.stack(
        [
            np.bincount(i, (pull - push)[:, axis], items)
            - np.bincount(j, pull[:, axis], items)
            + np.bincount(k, push[:, axis], items)
            for axis in (0, 1)
        ],
        axis=1,
    )
    return float(np.logaddexp(0.0, odds).mean()), slope.ravel() / len(triplets)


def triplet_map(triplets: IntArray, items: int, alpha: float, seed: int, cancelled: Callable[[], bool]) -> Doubles:
    """Return points (N, 2) of ``items`` N, all of which are named by triplets (T, 3), with the least ``t_ste`` found.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    from scipy.optimize import minimize  # a second to import

    def stop(_at: object) -> None:
        if cancelled():
            raise Cancelled

    draw = np.random.default_rng(seed)
    found = []
    for _ in range(STARTS):
        stop(None)
        start = draw.normal(scale=0.1, size=2 * items)
        found.append(
            minimize(
                t_ste,
                start,
                (triplets, alpha),
                jac=True,
                method="L-BFGS-B",
                callback=stop,
                options={"maxiter": ITERATIONS},
            )
        )
    best: Doubles = min(found, key=lambda one: float(one.fun)).x.reshape(-1, 2)
    centred: Doubles = best - best.mean(axis=0)
    return centred


def held_share(xy: Doubles, triplets: IntArray) -> float:
    """Return the share of triplets (T, 3) whose first item is nearer to the second than to the third on a map."""
    i, j, k = triplets.T
    near, far = np.square(xy[i] - xy[j]).sum(axis=1), np.square(xy[i] - xy[k]).sum(axis=1)
    return float((near < far).mean()) if len(triplets) else 1.0
