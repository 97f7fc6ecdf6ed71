"""The verification protocol: are two items of the same class? One threshold on their distance decides.

The equal error rate (EER) is where the false accepts and the false rejects of that threshold are equal; TAR@FAR is the
share of same pairs accepted at a given share of different pairs accepted. The interval of the EER is a bootstrap over
identities, not over pairs: the pairs of one person are not independent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import UNLABELLED, BoolArray, FloatArray, IntArray
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample
from explorer.evaluation.threshold import errors_at, largest_distance
from explorer.measure.histograms import different_pairs, same_pairs, turned, verification
from explorer.measure.lifts import Lift
from explorer.measure.pairs import never

PAIRS = 1_000_000
RESAMPLES = 200
FARS = (0.1, 0.01, 0.001)
CHUNK = 65_536


class Verification(NamedTuple):
    """What the protocol found.

    ``eer`` with its 95 % interval ``eer_low`` to ``eer_high``; ``threshold`` of the EER; ``auc`` of the ROC; ``tar``
    by FAR, only where there are ten different pairs for one false accept; how many pairs of either sort were compared.
    """

    eer: float
    eer_low: float
    eer_high: float
    auc: float
    threshold: float
    tar: dict[float, float]
    same_pairs: int
    different_pairs: int

    @property
    def metrics(self) -> dict[str, float]:
        """The figures by their names."""
        found = {"eer": self.eer, "eer_low": self.eer_low, "eer_high": self.eer_high, "auc": self.auc}
        return {**found, "threshold": self.threshold, **{f"tar@far={far:g}": tar for far, tar in self.tar.items()}}


def evaluate(
    x: FloatArray,
    labels: npt.ArrayLike,
    lift: Lift,
    *,
    across: npt.ArrayLike | None = None,
    within: npt.ArrayLike | None = None,
    identities: npt.ArrayLike | None = None,
    pairs: int = PAIRS,
    resamples: int = RESAMPLES,
    seed: int = 0,
    cancelled: Callable[[], bool] = never,
) -> Verification:
    """Compare pairs of embeddings (M, D) and return how well one threshold tells same from different.

    Parameters
    ----------
    across: (M,) a condition of each item (camera, medium); where given, only pairs under two conditions count.
    within: (M,) something both of a pair must share (the name that was signed), which makes different pairs harder.
    identities: (M,) what the bootstrap draws; the classes if None.
    pairs: how many of either sort are compared at most, drawn uniformly.

    Raises
    ------
    UserError: if there are no pairs of either sort. Cancelled: if ``cancelled()`` turns true.
    """
    every = np.asarray(labels, np.int64)
    kept = np.flatnonzero(every != UNLABELLED)
    generator = np.random.default_rng(seed)
    codes = np.unique(every[kept] if identities is None else np.asarray(identities)[kept], return_inverse=True)[1]
    same = kept[same_pairs(every[kept], pairs, generator)]
    different = kept[different_pairs(every[kept], pairs, generator)]
    if across is not None:
        condition = np.unique(np.asarray(across), return_inverse=True)[1]
        same, different = (p[condition[p[:, 0]] != condition[p[:, 1]]] for p in (same, different))
    if within is not None:
        shared = np.unique(np.asarray(within), return_inverse=True)[1]
        same, different = (p[shared[p[:, 0]] == shared[p[:, 1]]] for p in (same, different))
    _check_both(same, different)
    if lift.asymmetric:
        same, different = turned(same, generator), turned(different, generator)
    queries, items = lift.lift_query(x), lift.lift_item(x)
    near, far = (_distances(queries, items, p, lift, cancelled) for p in (same, different))
    eer, threshold, auc = verification(near, far)
    of_item = np.zeros(len(every), np.int64)
    of_item[kept] = codes
    low, high = _bootstrap(near, far, of_item[same], of_item[different], resamples, generator, cancelled)
    tar = {rate: 1 - errors_at(near, far, largest_distance(far, rate))[1] for rate in FARS if rate * len(far) >= 10}
    return Verification(eer, low, high, auc, threshold, tar, len(near), len(far))


def pair_distances(
    x: FloatArray, labels: npt.ArrayLike, lift: Lift, pairs: int, seed: int, cancelled: Callable[[], bool] = never
) -> tuple[FloatArray, FloatArray]:
    """Return the distances of up to ``pairs`` same and up to ``pairs`` different pairs of embeddings (M, D).

    Raises
    ------
    UserError: if there are no pairs of either sort. Cancelled: if ``cancelled()`` turns true.
    """
    classes = np.asarray(labels, np.int64)
    generator = np.random.default_rng(seed)
    same, different = same_pairs(classes, pairs, generator), different_pairs(classes, pairs, generator)
    _check_both(same, different)
    if lift.asymmetric:
        same, different = turned(same, generator), turned(different, generator)
    queries, items = lift.lift_query(x), lift.lift_item(x)
    near, far = (_distances(queries, items, p, lift, cancelled) for p in (same, different))
    return near, far


def _check_both(same: IntArray, different: IntArray) -> None:
    if not len(same) or not len(different):
        raise UserError(
            f"there are {len(same)} pairs of one class and {len(different)} of two to compare",
            remedy="Hold out items of several classes, with two or more each",
        )


@register("protocol", "verification", title="Verification")
class VerificationProtocol(Protocol):
    """Pairs are accepted as the same class below one distance: equal error rate, ROC area, accepts at a given FAR."""

    class Params(Parameters):
        """Parameters of the protocol."""

        across: str = parameter("", "Column in which the two of a pair must differ, for example camera or medium")
        within: str = parameter("", "Column that the two of a pair must share, for example the name that was signed")
        identity: str = parameter("", "Column that the interval of the EER is drawn over; empty: the class")
        pairs: int = parameter(PAIRS, "Pairs of either sort at most", minimum=100, maximum=50_000_000, logarithmic=True)

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return EER with its interval, AUC, threshold and TAR@FAR, and how many pairs were compared."""
        found = evaluate(
            sample.x,
            sample.labels,
            sample.lift,
            across=sample.column(self.params.across),
            within=sample.column(self.params.within),
            identities=sample.column(self.params.identity),
            pairs=self.params.pairs,
            seed=effort.seed,
            cancelled=effort.cancelled,
        )
        figures = {**found.metrics, "same_pairs": found.same_pairs, "different_pairs": found.different_pairs}
        return Measured(figures, len(sample.x), sample.classes)


def _distances(
    queries: FloatArray, items: FloatArray, pairs: IntArray, lift: Lift, cancelled: Callable[[], bool]
) -> FloatArray:
    out = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), CHUNK):
        if cancelled():
            raise Cancelled
        first, second = queries[pairs[start : start + CHUNK, 0]], items[pairs[start : start + CHUNK, 1]]
        if lift.metric == "l2":
            out[start : start + CHUNK] = np.square(first - second).sum(axis=1)
        else:
            out[start : start + CHUNK] = np.einsum("ij,ij->i", first, second)
    return lift.to_distance(out)


def _bootstrap(
    near: FloatArray,
    far: FloatArray,
    near_ids: IntArray,
    far_ids: IntArray,
    resamples: int,
    generator: np.random.Generator,
    cancelled: Callable[[], bool],
) -> tuple[float, float]:
    """Return the 95 % interval of the EER over draws of identities with replacement.

    A pair counts as often as both of its identities were drawn; a pair of one identity as often as that one was.
    """
    if resamples < 2:
        return float("nan"), float("nan")
    distances = np.concatenate((near, far))
    order = np.argsort(distances, kind="stable")
    last = np.append(np.diff(distances[order]) > 0, True)  # equal distances are accepted together
    pairs = np.concatenate((near_ids, far_ids))[order]
    is_same = order < len(near)
    count = int(pairs.max()) + 1
    found = []
    for _ in range(resamples):
        if cancelled():
            raise Cancelled
        times = np.bincount(generator.integers(count, size=count), minlength=count)
        first, second = times[pairs[:, 0]], times[pairs[:, 1]]
        weight = np.where(pairs[:, 0] == pairs[:, 1], first, first * second)
        rate = _equal_error_rate(weight, is_same, last)
        if rate is not None:
            found.append(rate)
    if not found:
        return float("nan"), float("nan")
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def _equal_error_rate(weight: IntArray, is_same: BoolArray, last: BoolArray) -> float | None:
    """Return the EER of weighted pairs in the order of their distances; None where a draw has only one sort of pair."""
    same, different = np.cumsum(weight * is_same), np.cumsum(weight * ~is_same)
    if not same[-1] or not different[-1]:
        return None
    rejects = np.concatenate(([1.0], 1 - same[last] / same[-1]))
    accepts = np.concatenate(([0.0], different[last] / different[-1]))
    after = int(np.argmax(accepts >= rejects))
    before = after - 1
    gap_before, gap_after = rejects[before] - accepts[before], rejects[after] - accepts[after]
    return float(rejects[before] + gap_before / (gap_before - gap_after) * (rejects[after] - rejects[before]))
