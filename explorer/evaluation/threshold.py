"""One distance that tells same from different, chosen on some items and judged on others.

An error that is measured on the very pairs on which the threshold was chosen is too good. So the held-out items are
divided first: those that the data call validation choose, the others judge. Where the data name none, half of the
held-out classes choose, drawn by the seed, and the other half judge: items of one class never stand on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.types import UNLABELLED, FloatArray, IntArray
from explorer.evaluation.comparison import Comparison
from explorer.measure.histograms import verification

VALIDATION = frozenset({"val", "valid", "validation"})
"""What the column ``split`` may call items that are there to choose a threshold on."""


class Division(NamedTuple):
    """Rows that choose the threshold, rows that judge it, and in words how they were told apart."""

    choosing: IntArray
    judging: IntArray
    how: str


class Chosen(NamedTuple):
    """A threshold with the shares of wrong answers at it on other items, and on how many pairs it was chosen."""

    distance: float
    fmr: float
    fnmr: float
    same_pairs: int
    different_pairs: int
    how: str


def divided(
    labels: npt.ArrayLike,
    parts: Sequence[str] | npt.NDArray[np.str_] | None,
    seed: int,
    identities: IntArray | None = None,
) -> Division:
    """Divide held-out items into those that choose a threshold and those that judge it.

    Parameters
    ----------
    labels: (M,) classes, −1 where unlabelled: such items are on neither side.
    parts: (M,) what the column ``split`` says of each; None where there is none.
    identities: (M,) codes of what must stand on one side, such as a writer of several classes; the classes if None.

    Raises
    ------
    UserError: if the data name no validation items, and fewer than four classes have two items.
    """
    classes = np.asarray(labels, np.int64)
    known = classes != UNLABELLED
    named = np.array([text.strip().lower() in VALIDATION for text in parts], np.bool_) if parts is not None else ~known
    if (named & known).any() and (~named & known).any():
        return Division(np.flatnonzero(named & known), np.flatnonzero(~named & known), "validation")
    groups = classes if identities is None else identities
    values, counts = np.unique(groups[known], return_counts=True)
    paired = values[counts > 1]
    if len(paired) < 4:
        raise UserError(
            f"{len(paired)} held-out classes of two or more items are too few to choose a threshold on half of them",
            remedy="Hold out four classes or more, or name a part of the data val",
        )
    order = np.random.default_rng(seed).permutation(len(paired))
    lone = values[counts == 1]
    half = np.concatenate((paired[order[: len(paired) // 2]], lone[::2]))
    chooses = known & np.isin(groups, half)
    return Division(np.flatnonzero(chooses), np.flatnonzero(known & ~chooses), "half of the held-out classes")


def largest_distance(far: FloatArray, fmr: float) -> float:
    """Return the largest distance d for which at most the share ``fmr`` of the different pairs has a distance <= d.

    It lies just below the distance that would be one accept too many, so that pairs at equal distances are accepted
    or refused together: of a collapsed embedding none is accepted.
    """
    allowed = int(fmr * len(far) * (1 + 1e-12))
    if allowed >= len(far):
        return float(np.finfo(np.float32).max)
    beyond = np.partition(np.asarray(far, np.float32), allowed)[allowed]
    return float(np.nextafter(beyond, np.float32(-np.inf)))


def errors_at(near: FloatArray, far: FloatArray, distance: float) -> tuple[float, float]:
    """Return FMR and FNMR: the shares of different pairs (P,) accepted and of same pairs (Q,) refused at a distance."""
    limit = np.float64(distance)  # not rounded to float32, which could reach the next distance
    return float(np.mean(far <= limit)), float(np.mean(near > limit))


def best_distance(near: FloatArray, far: FloatArray, target: float) -> float:
    """Return the threshold at which FMR is at most ``target``; for 0 the one at which both errors are equal.

    Where pairs lie exactly at that and more of them would be accepted wrongly than refused, it lies just below them if
    the errors are no further apart there: equal distances never count for the system.
    """
    if target > 0:
        return largest_distance(far, target)
    equal = verification(near, far)[1]
    below = float(np.nextafter(np.float32(equal), np.float32(-np.inf)))
    (fmr, fnmr), (fewer, more) = errors_at(near, far, equal), errors_at(near, far, below)
    return below if fmr > fnmr and fewer < fmr and abs(fewer - more) <= abs(fmr - fnmr) else equal


def check_enough(different: int, target: float) -> None:
    """Check that there are different pairs enough to choose a threshold for an FMR of ``target``: ten accepts.

    Raises
    ------
    UserError: if there are fewer.
    """
    if target > 0 and different * target < 10 * (1 - 1e-9):
        raise UserError(
            f"{different:,} different pairs are not enough to choose a threshold for an FMR of {target:g}",
            remedy=f"It takes {round(10 / target):,}: hold out more items, or allow more",
        )


def choose(compared: Comparison, division: Division, target: float) -> Chosen:
    """Choose a threshold on one side of a division and judge it on the other.

    Raises
    ------
    UserError: if either side lacks a sort of pair, or has too few different pairs for ``target``.
    """
    choosing, judging = compared.among(division.choosing), compared.among(division.judging)
    check_enough(len(choosing.far), target)
    distance = best_distance(choosing.near, choosing.far, target)
    fmr, fnmr = errors_at(judging.near, judging.far, distance)
    return Chosen(distance, fmr, fnmr, len(choosing.near), len(choosing.far), division.how)
