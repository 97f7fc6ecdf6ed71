"""Which classes are mixed up: triplets inside the margin and mean distances, for every pair of classes.

Classes that lie near each other come next to each other in the order of the leaves of an average-linkage tree over
their mean distances (Bar-Joseph, Gifford and Jaakkola, Fast optimal leaf ordering for hierarchical clustering,
Bioinformatics 2001), so that groups of them show as blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import UNLABELLED, FloatArray, IntArray, frozen
from explorer.core.words import several
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample
from explorer.measure.census import ClassCensus, class_census
from explorer.measure.lifts import Lift
from explorer.measure.pairs import distance_blocks, never

MOST_CLASSES = 2000
"""More classes than this have no matrix that anybody reads; a table of them would take gigabytes."""

BEST_ORDER = 400
"""Up to so many classes the leaves of the tree are turned so that neighbours are as near as possible."""


@dataclass(frozen=True, slots=True)
class ClassPairs:
    """How the classes of a sample lie to each other.

    ``classes`` (C,): their labels, in the order in which the rows and columns of the rest are. ``distances`` (C, C)
    float32: the mean distance of two different items of these classes, NaN where there are none. ``violated`` (C, C)
    float32: of the triplets with an anchor of the row and a negative of the column the share inside the margin, NaN on
    the diagonal and where there are none. ``order`` (C,): rows in an order in which similar classes are neighbours.
    """

    classes: IntArray
    distances: FloatArray
    violated: FloatArray
    order: IntArray


def class_pairs(
    x: FloatArray, labels: npt.ArrayLike, lift: Lift, margin: float, *, cancelled: Callable[[], bool] = never
) -> tuple[ClassPairs, ClassCensus]:
    """Compare the classes of embeddings (M, D) pair by pair; unlabelled items take no part.

    Raises
    ------
    UserError: if there are fewer than two classes, or too many. Cancelled: if ``cancelled()`` turns true.
    """
    every = np.asarray(labels, np.int64)
    kept = np.flatnonzero(every != UNLABELLED)
    kept = kept[np.argsort(every[kept], kind="stable")]
    classes, starts, sizes = np.unique(every[kept], return_index=True, return_counts=True)
    if not 2 <= len(classes) <= MOST_CLASSES:
        remedy = "Measure items of two classes or more" if len(classes) < 2 else "Measure items of fewer classes"
        raise UserError(f"{several(len(classes), 'class has', 'classes have')} no pairs to be shown", remedy=remedy)
    sums = np.zeros((len(classes), len(classes)))
    codes = np.repeat(np.arange(len(classes)), sizes)
    for start, block in distance_blocks(x[kept], np.arange(len(kept)), lift, cancelled):
        rows = np.arange(start, start + len(block))
        block[rows - start, rows] = 0  # an item has no distance to itself, whatever is rounded
        np.add.at(sums, codes[rows], np.add.reduceat(block, starts, axis=1, dtype=np.float64))
    pairs = np.outer(sizes, sizes) - np.diag(sizes)
    distances = np.divide(sums, pairs, out=np.full_like(sums, np.nan), where=pairs > 0)
    census = class_census(x[kept], every[kept], margin, lift, cancelled=cancelled)
    total = census.total
    violated = np.divide(census.violated, total, out=np.full(total.shape, np.nan), where=total > 0)
    found = ClassPairs(
        frozen(classes), frozen(distances, np.float32), frozen(violated, np.float32), frozen(_order(distances))
    )
    return found, census


def _order(distances: npt.NDArray[np.float64]) -> IntArray:
    """Return the classes, by their mean distances (C, C), in an order in which similar ones are neighbours."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(distances) < 3:
        return np.arange(len(distances))
    both = (distances + distances.T) / 2
    np.fill_diagonal(both, 0)
    apart = squareform(both, checks=False)
    apart = apart - min(apart.min(), 0.0)  # dot products may be below zero; an order needs none that is
    tree = linkage(apart, "average", optimal_ordering=len(distances) <= BEST_ORDER)
    return np.asarray(leaves_list(tree), np.int64)


@register("protocol", "class_pairs", title="Class pairs", reference="Bar-Joseph, Gifford and Jaakkola 2001")
class ClassPairsProtocol(Protocol):
    """Which classes are mixed up: triplets inside the margin and mean distances of every pair of classes."""

    class Params(Parameters):
        """Parameters of the protocol."""

        margin: float = parameter(0.2, "A triplet is violated where d_an < d_ap + margin", minimum=0, maximum=1000)
        items: int = parameter(5000, "Items at most, as many of each class", minimum=100, maximum=100_000)

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return the share of violated triplets, mean distances, and of the nearest classes; the matrices beside."""
        labels = np.asarray(sample.labels, np.int64)
        chosen = evenly(labels, self.params.items, effort.seed)
        found, census = class_pairs(
            sample.x[chosen], labels[chosen], sample.lift, self.params.margin, cancelled=effort.cancelled
        )
        counted, apart = census.census, ~np.eye(len(found.classes), dtype=np.bool_)
        within, between = np.diag(found.distances), found.distances[apart]
        violated = found.violated[apart]
        nan = float("nan")
        figures = {
            "violated": counted.violated / counted.total if counted.total else nan,
            "hard": counted.hard / counted.total if counted.total else nan,
            "most_violated_pair": float(np.nanmax(violated)) if np.isfinite(violated).any() else nan,
            "distance_within": float(np.nanmean(within)) if np.isfinite(within).any() else nan,
            "distance_between": float(between.mean()),
            "nearest_classes": float(between.min()),
        }
        return Measured(figures, len(chosen), len(found.classes), details=found)


def evenly(labels: IntArray, most: int, seed: int) -> IntArray:
    """Return up to about ``most`` rows that have a class, sorted; of large classes no more than of the others."""
    known = np.flatnonzero(labels != UNLABELLED)
    if len(known) <= most:
        return known
    shuffled = np.random.default_rng(seed).permutation(known)
    shuffled = shuffled[np.argsort(labels[shuffled], kind="stable")]
    starts, sizes = np.unique(labels[shuffled], return_index=True, return_counts=True)[1:]
    place = np.arange(len(shuffled)) - np.repeat(starts, sizes)
    largest = int(sizes.max())
    each = next(n for n in range(largest, 0, -1) if np.minimum(sizes, n).sum() <= most or n <= 2)
    return np.sort(shuffled[place < each])
