"""What a threshold gets wrong: FNMR at an FMR, the area under the ROC, and how unevenly it errs among classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.pair_intervals import Clusters, Interval, Values, clustered_wilson, on_logit, rate_interval
from explorer.evaluation.paired import Paired, paired_estimates
from explorer.evaluation.threshold import errors_at, largest_distance
from explorer.measure.histograms import verification

FEWEST_ACCEPTS = 10
UNCERTAIN, SKEWED = 7, 4
"""How much few degrees of freedom f of an FMR widen the interval of FNMR there, so that it covers 95 % in simulations:
a correlation may be larger than it seems by (7 / f)², and FMR larger than it was found by 1 + 4 / f times its error."""
WELL_KNOWN = 0.5
"""An FMR is well known whose interval is no wider, to one side, than this part of it."""
OPIS_FMR = (0.01, 0.1)
OPIS_DISTANCES = 33


class Rate(NamedTuple):
    """A rate with its 95 % interval."""

    value: float
    low: float
    high: float


class Judged:
    """Same and different pairs with their distances ``near`` (P,), ``far`` (Q,), and whose they are (P, 2), (Q, 2)."""

    def __init__(self, near: FloatArray, far: FloatArray, near_ids: IntArray, far_ids: IntArray) -> None:
        self.near, self.far = near, far
        self._near_clusters, self._far_clusters = Clusters(near_ids), Clusters(far_ids)
        self._clusters = Clusters(np.concatenate((near_ids, far_ids)))

    def enough(self, fmr: float) -> bool:
        """Whether there are different pairs enough that ten of them are accepted at this FMR."""
        return len(self.far) * fmr >= FEWEST_ACCEPTS * (1 - 1e-9)

    def fmr(self, distance: float) -> Rate:
        """Return the share of different pairs accepted at a distance that was not chosen on these pairs."""
        accepted = self.far <= np.float64(distance)
        rate = float(accepted.mean())
        spread = self._far_clusters.spread((accepted - rate) / len(self.far))
        return Rate(rate, *on_logit(rate, spread, self._far_clusters.groups))

    def fnmr(self, distance: float) -> Rate:
        """Return the share of same pairs refused at a distance that was not chosen on these pairs."""
        refused = self.near > np.float64(distance)
        return Rate(float(refused.mean()), *rate_interval(refused, self._near_clusters))

    def fnmr_at(self, fmr: float) -> Rate:
        """Return the share of same pairs refused at the largest distance at which the FMR is at most ``fmr``.

        That distance is estimated on the same pairs. Where its FMR is well known, the interval is by the delta method.
        In the tail nothing is as straight: the interval of the distance (Woodruff, 1952; on the scale of the logarithm
        of the FMR), and by how much FNMR changes within it, are joined with that of FNMR at the distance as the squares
        of two errors with their correlation (Zou and Donner, 2008). That is mostly negative: who is far from all others
        is far from itself as well. But where few identities err it is known too badly to make an interval narrower,
        and FMR is more often too small than too large: those that err most were not drawn.
        """
        distance = np.float64(largest_distance(self.far, fmr))
        refused, accepted = self.near > distance, self.far <= distance
        rate, found = float(refused.mean()), float(accepted.mean())
        own = (refused - rate) / len(self.near)
        near = self._near_clusters.spread(own)
        low, high = clustered_wilson(rate, near, len(self.near), self._near_clusters.groups)
        if not found:
            return Rate(rate, low, high)
        of_distance = (accepted - found) / len(self.far)
        far = self._far_clusters.spread(of_distance)
        error = far.error / found
        if error < WELL_KNOWN:
            spread = self._clusters.spread(self._fnmr_at(fmr)[1])
            return Rate(rate, *clustered_wilson(rate, spread, len(self.near), self._near_clusters.groups))
        shares = fmr * np.exp(-error * (1 + SKEWED / far.freedom)), min(1.0, fmr * np.exp(error))
        strict, lax = (errors_at(self.near, self.far, largest_distance(self.far, share))[1] for share in shares)
        scale = np.sqrt(near.variance / far.variance) if far.variance and near.variance else 0.0
        both = self._clusters.spread(np.concatenate((own, scale * of_distance))).variance
        uncertain = (UNCERTAIN / far.freedom) ** 2
        together = min(1.0, max(-1.0, both / (2 * near.variance) - 1 + uncertain)) if scale else 0.0
        below, above = _joined(rate - low, rate - lax, together), _joined(high - rate, strict - rate, together)
        return Rate(rate, max(0.0, rate - below), min(1.0, rate + above))

    def eer(self) -> Rate:
        """Return the equal error rate, and its interval by the delta method.

        At the threshold t the two errors cross, with the slopes f of FMR and −n of FNMR. So where FMR is off by a and
        FNMR by b, the rate is off by (n a + f b) / (n + f), of which pairs that share an identity add dependent parts.
        The slopes are those within a distance that halves one of the errors.
        """
        rate, influence = self._eer()
        return Rate(rate, *on_logit(rate, self._clusters.spread(influence), self._near_clusters.groups))

    def _eer(self) -> tuple[float, Values]:
        """Return the equal error rate, and what each pair, same ones first, adds to its error."""
        rate, threshold, _ = verification(self.near, self.far)
        refused, accepted = self.near > np.float64(threshold), self.far <= np.float64(threshold)
        fnmr, fmr = float(refused.mean()), float(accepted.mean())
        reach = max(
            threshold - float(np.quantile(self.far, fmr / 2)), float(np.quantile(self.near, 1 - fnmr / 2)) - threshold
        )
        slope_near, slope_far = (np.mean(np.abs(values - threshold) <= reach) for values in (self.near, self.far))
        part = slope_near / (slope_near + slope_far) if slope_near + slope_far else 0.5
        of_near, of_far = (refused - fnmr) / len(self.near), (accepted - fmr) / len(self.far)
        return rate, np.concatenate(((1 - part) * of_near, part * of_far))

    def auc(self) -> Rate:
        """Return the share of (same, different) pairs of pairs in the right order, ties half: the area under the ROC.

        Its variance is that of DeLong, DeLong and Clarke-Pearson (1988), with pairs that share an identity dependent.
        """
        area, influence = self._auc()
        return Rate(area, *on_logit(area, self._clusters.spread(influence), self._near_clusters.groups))

    def _auc(self) -> tuple[float, Values]:
        """Return the area under the ROC, and what each pair, same ones first, adds to its error."""
        near, far = np.sort(self.near), np.sort(self.far)
        above = 1 - (np.searchsorted(far, self.near) + np.searchsorted(far, self.near, "right")) / (2 * len(far))
        below = (np.searchsorted(near, self.far) + np.searchsorted(near, self.far, "right")) / (2 * len(near))
        area = float(above.mean())
        return area, np.concatenate(((above - area) / len(near), (below - area) / len(far)))

    def _fnmr_at(self, fmr: float) -> tuple[float, Values]:
        """Return the FNMR at an FMR, and what each pair, same ones first, adds to its error.

        Where the FMR of that distance is off by a, FNMR is off by a as many times as it falls while FMR rises; how
        steep that is, is taken between half and twice the FMR.
        """
        distance = np.float64(largest_distance(self.far, fmr))
        refused, accepted = self.near > distance, self.far <= distance
        (fewer, most), (more, least) = (
            errors_at(self.near, self.far, largest_distance(self.far, share)) for share in (fmr / 2, min(1.0, 2 * fmr))
        )
        slope = (most - least) / (more - fewer) if more > fewer else 0.0
        rate = float(refused.mean())
        of_far = slope * (accepted - accepted.mean()) / len(self.far)
        return rate, np.concatenate(((refused - rate) / len(self.near), of_far))

    def against(self, other: Judged, fmrs: Sequence[float] = ()) -> dict[str, Paired]:
        """Compare with the same pairs in the same order under other distances: EER, area under the ROC, FNMR at FMR.

        Each verifier has the threshold of that FMR on its own distances. FNMR is left out at an FMR for which there
        are too few pairs.
        """
        found = {"eer": self._paired(self._eer(), other._eer()), "auc": self.auc_against(other)}
        return found | {f"fnmr@fmr={fmr:g}": self.fnmr_against(other, fmr) for fmr in fmrs if self.enough(fmr)}

    def auc_against(self, other: Judged) -> Paired:
        """Compare the area under the ROC; see ``against``."""
        return self._paired(self._auc(), other._auc())

    def fnmr_against(self, other: Judged, fmr: float) -> Paired:
        """Compare FNMR at an FMR; see ``against``."""
        return self._paired(self._fnmr_at(fmr), other._fnmr_at(fmr))

    def _paired(self, a: tuple[float, Values], b: tuple[float, Values]) -> Paired:
        """Compare two figures, of which it is known what each pair adds to their errors."""
        return paired_estimates(a[0], b[0], self._clusters.spread(b[1] - a[1]))

    def threshold_interval(self, distance: float, target: float) -> Interval:
        """Return the interval of a threshold that was chosen on these pairs (Woodruff, 1952).

        It was chosen where FMR is ``target`` or, for 0, where FMR and FNMR are equal: its interval ends where what
        should be equal differs by more than chance.
        """
        limit = np.float64(distance)
        accepted, refused = self.far <= limit, self.near > limit
        influence = (accepted - accepted.mean()) / len(self.far)
        other = np.zeros(len(self.near)) if target else -(refused - refused.mean()) / len(self.near)
        error = self._clusters.spread(np.concatenate((other, influence))).error
        levels = np.unique(np.concatenate((self.near, self.far)))
        fmr = np.searchsorted(np.sort(self.far), levels, side="right") / len(self.far)
        fnmr = 1 - np.searchsorted(np.sort(self.near), levels, side="right") / len(self.near)
        gap = fmr - (target or fnmr)
        low = max(0, int(np.searchsorted(gap, -error, side="right")) - 1)
        high = min(len(levels) - 1, int(np.searchsorted(gap, error)))
        return Interval(min(distance, float(levels[low])), max(distance, float(levels[high])))


def in_order(rates: Mapping[float, Rate]) -> dict[float, Rate]:
    """Return FNMR by FMR with intervals made wider where they say that a stricter threshold refused less."""
    found: dict[float, Rate] = {}
    high = 0.0
    for fmr in sorted(rates, reverse=True):
        rate = rates[fmr]
        high = max(high, rate.high)
        low = min(rates[stricter].low for stricter in rates if stricter <= fmr)
        found[fmr] = Rate(rate.value, low, high)
    return found


def _joined(first: float, second: float, correlation: float) -> float:
    """Return the size of the sum of two errors."""
    return float(np.sqrt(max(0.0, first * first + second * second + 2 * correlation * first * second)))


def opis(near: FloatArray, far: FloatArray, near_classes: IntArray, far_classes: IntArray) -> float | None:
    """Return the Operating-Point-Inconsistency-Score: how much one threshold serves the classes differently.

    Zhang et al., Threshold-Consistent Margin Loss for Open-World Deep Metric Learning, arXiv 2307.04047: the variance
    of the operating characteristics across T classes within a range of thresholds d, OPIS = Σ_c ∫ (U_c(d) − Ū(d))² dd /
    (T (d_max − d_min)). A class's utility U_c = 2 φψ / (φ + ψ) joins its specificity φ (the share of its different
    pairs refused) and its sensitivity ψ (that of its same pairs accepted), Ū is the mean over classes, and the range
    goes from the distance of FMR 0.01 to that of FMR 0.1. 0: every class is served alike.

    Parameters
    ----------
    near_classes: (P,) the class of each same pair; far_classes: (Q, 2) both of each different pair: it counts for both.

    Returns None where fewer than two classes have pairs of both sorts.
    """
    low, high = (largest_distance(far, rate) for rate in OPIS_FMR)
    distances = np.linspace(low, high, OPIS_DISTANCES)
    count = int(max(near_classes.max(), far_classes.max())) + 1
    accepted, same = _accepted(near, near_classes, distances, count)
    wrong, different = _accepted(np.repeat(far, 2), far_classes.ravel(), distances, count)
    both = (same > 0) & (different > 0)
    if both.sum() < 2:
        return None
    psi = accepted[both] / same[both, None]
    phi = 1 - wrong[both] / different[both, None]
    utility = np.divide(2 * phi * psi, phi + psi, out=np.zeros_like(phi), where=phi + psi > 0)
    return float(utility.var(axis=0).mean())


def _accepted(values: FloatArray, classes: IntArray, distances: Values, count: int) -> tuple[IntArray, IntArray]:
    """Return how many pairs of every class lie within each of the ``distances``, (C, T), and how many it has, (C,)."""
    width = len(distances) + 1
    places = np.searchsorted(distances, values.astype(np.float64))
    table = np.bincount(classes * width + places, minlength=count * width).reshape(count, width)
    return np.cumsum(table, axis=1)[:, :-1], table.sum(axis=1)
