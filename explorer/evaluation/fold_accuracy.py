"""The accuracy of verification over the folds of a list of pairs, as view 2 of LFW is measured.

Huang et al., Labeled Faces in the Wild, 2007: of every fold the share of pairs that are told right by the threshold
which is best on all other folds; the mean over the folds, and how sure it is by how they differ.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from explorer.core.types import BoolArray, FloatArray, IntArray
from explorer.evaluation.operating_points import Rate

COVERED = 0.975


def fold_accuracy(near: FloatArray, far: FloatArray, near_folds: IntArray, far_folds: IntArray) -> Rate | None:
    """Return the mean accuracy with its 95 % interval, by the t distribution over the folds.

    Parameters
    ----------
    near, far: distances (P,) of same pairs and (Q,) of different ones; ``near_folds``, ``far_folds``: in which fold
        each is, from 1. None is returned where there are fewer than two folds, or some pair is in none.
    """
    from scipy.stats import t as student  # a second to import

    distances = np.concatenate((near, far)).astype(np.float64)
    same = np.arange(len(distances)) < len(near)
    folds = np.concatenate((near_folds, far_folds))
    every = np.unique(folds)
    if len(every) < 2 or every[0] < 1:
        return None
    found = np.array([_accuracy(distances, same, folds == fold) for fold in every])
    mean = float(found.mean())
    reach = float(student.ppf(COVERED, len(every) - 1) * found.std(ddof=1) / np.sqrt(len(every)))
    return Rate(mean, max(0.0, mean - reach), min(1.0, mean + reach))


def _accuracy(distances: npt.NDArray[np.float64], same: BoolArray, judged: BoolArray) -> float:
    """Return the share of the judged pairs that are told right by what is best for the others."""
    threshold = _best(distances[~judged], same[~judged])
    return float(((distances[judged] <= threshold) == same[judged]).mean())


def _best(distances: npt.NDArray[np.float64], same: BoolArray) -> float:
    """Return the threshold, halfway between two distances, that tells most pairs right: of equal ones the smallest."""
    values, place = np.unique(distances, return_inverse=True)
    right = np.bincount(place[same], minlength=len(values)) - np.bincount(place[~same], minlength=len(values))
    best = int(np.argmax(np.concatenate(([0], np.cumsum(right)))))
    edges = np.concatenate(([-np.inf], (values[:-1] + values[1:]) / 2, [np.inf]))
    return float(edges[best])
