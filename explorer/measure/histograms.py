"""How far apart items of the same class and of different classes are, and how well one threshold tells them apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from explorer.core.sorted_pairs import SortedPairs
from explorer.core.types import COMPARED_PAIRS, UNLABELLED, BoolArray, DistanceHistogram, FloatArray, IntArray, frozen
from explorer.measure.kernels import score_some
from explorer.measure.lifts import Lift


def distance_histogram(
    x: FloatArray,
    labels: npt.ArrayLike,
    lift: Lift,
    run: str,
    step: int,
    pairs: int = COMPARED_PAIRS,
    seed: int = 0,
    bins: int = 60,
    items: IntArray | None = None,
    parts: tuple[BoolArray, BoolArray] | None = None,
) -> DistanceHistogram | None:
    """Draw pairs of labelled items and describe their distances; None where either kind of pair does not exist.

    Parameters
    ----------
    x: (M, D) embeddings; labels: (M,) classes, unlabelled items (-1) take no part.
    pairs: how many same-class and how many different-class pairs are drawn; where there are fewer, all are taken.
    bins: of the histogram, equal in width from the smallest to the largest distance.
    items: (M,) what the rows are called in ``DistanceHistogram.pairs``; their places if None.
    parts: (M,) which items are queries, and which the gallery that they ask: only pairs of a query and an item of the
        gallery are drawn. None: any two items.
    """
    every = np.asarray(labels, np.int64)
    kept = np.flatnonzero(every != UNLABELLED)
    generator = np.random.default_rng(seed)
    if parts is None:
        same = kept[same_pairs(every[kept], pairs, generator)]
        different = kept[different_pairs(every[kept], pairs, generator)]
        if lift.asymmetric:
            same, different = turned(same, generator), turned(different, generator)
    else:
        asking, asked = (np.intersect1d(kept, np.flatnonzero(part)) for part in parts)
        same, different = pairs_between(every, asking, asked, pairs, generator)
    if not len(same) or not len(different):
        return None
    queries, compared = lift.lift_query(x), lift.lift_item(x)
    near = _distances(queries, compared, same, lift)
    far = _distances(queries, compared, different, lift)
    low, high = min(near.min(), far.min()), max(near.max(), far.max())
    edges = np.linspace(low, high if high > low else low + 1, bins + 1, dtype=np.float32)
    eer, threshold, auc = verification(near, far)
    return DistanceHistogram(
        run=run,
        step=step,
        edges=frozen(edges),
        same=frozen(_density(near, edges)),
        different=frozen(_density(far, edges)),
        same_pairs=len(near),
        different_pairs=len(far),
        threshold=threshold,
        eer=eer,
        auc=auc,
        against_gallery=parts is not None,
        pairs=_in_order(near, far, *((same, different) if items is None else (items[same], items[different]))),
    )


def _in_order(near: FloatArray, far: FloatArray, same: IntArray, different: IntArray) -> SortedPairs:
    """Return pairs nearest first."""
    by_near, by_far = np.argsort(near, kind="stable"), np.argsort(far, kind="stable")
    return SortedPairs(
        near=frozen(near[by_near], np.float32),
        far=frozen(far[by_far], np.float32),
        same=frozen(same[by_near], np.int32),
        different=frozen(different[by_far], np.int32),
    )


def same_pairs(labels: IntArray, count: int, generator: np.random.Generator) -> IntArray:
    """Return up to ``count`` distinct pairs (P, 2) of rows of one class, every pair equally likely; all if fewer."""
    order = np.argsort(labels, kind="stable")
    sizes = np.unique(labels, return_counts=True)[1]
    starts = np.cumsum(sizes) - sizes
    ends = np.cumsum(sizes * (sizes - 1) // 2)
    total = int(ends[-1]) if len(ends) else 0
    number = _some(total, count, generator)
    group = np.searchsorted(ends, number, side="right")
    within = number - (ends[group] - sizes[group] * (sizes[group] - 1) // 2)
    first, second = _unrank(within)
    return np.stack([order[starts[group] + first], order[starts[group] + second]], axis=1)


def different_pairs(labels: IntArray, count: int, generator: np.random.Generator) -> IntArray:
    """Return up to ``count`` pairs (P, 2) of rows of different classes, every pair equally likely; all if few."""
    rows = len(labels)
    total = rows * (rows - 1) // 2
    sizes = np.unique(labels, return_counts=True)[1]
    wanted = total - int((sizes * (sizes - 1) // 2).sum())
    if wanted == 0:
        return np.empty((0, 2), np.int64)
    draws = min(total, int(count * total / wanted * 1.1) + 100)
    if draws > 20 * count:  # nearly all pairs are of one class: draw the odd ones out by their class
        draws = total if total <= 20_000_000 else 20 * count
    first, second = _unrank(_some(total, draws, generator))
    told_apart = np.flatnonzero(labels[first] != labels[second])
    if len(told_apart) > count:
        told_apart = generator.choice(told_apart, count, replace=False)
    return np.stack([first[told_apart], second[told_apart]], axis=1)


def pairs_between(
    labels: IntArray, queries: IntArray, gallery: IntArray, count: int, generator: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Return up to ``count`` pairs of one class and up to ``count`` of two, each of a query and an item of the gallery.

    Rows ``queries`` (Q,) and ``gallery`` (G,) of ``labels`` (M,), of which every pair is equally likely; the query is
    the first of a pair.
    """
    order = gallery[np.argsort(labels[gallery], kind="stable")]
    first, end = (np.searchsorted(labels[order], labels[queries], side) for side in ("left", "right"))
    ends = np.cumsum(end - first)
    total = int(ends[-1]) if len(ends) else 0
    number = _some(total, count, generator)
    asking = np.searchsorted(ends, number, side="right")
    same = np.stack((queries[asking], order[end[asking] - (ends[asking] - number)]), axis=1)
    wrong = len(queries) * len(gallery) - total
    # counted on from the end of its class and round, the k-th wrong item of a query is found without a search
    ends = np.cumsum(len(gallery) - (end - first))
    number = _some(wrong, count, generator)
    asking = np.searchsorted(ends, number, side="right")
    place = end[asking] + (ends[asking] - number - 1)
    return same, np.stack((queries[asking], order[place % max(1, len(order))]), axis=1)


def turned(pairs: IntArray, generator: np.random.Generator) -> IntArray:
    """Return the pairs (P, 2), half of them turned round at random, for distances that have a direction."""
    return np.where(generator.random(len(pairs))[:, None] < 0.5, pairs, pairs[:, ::-1])


def _some(total: int, count: int, generator: np.random.Generator) -> IntArray:
    """Return up to ``count`` distinct numbers below ``total``, sorted; all of them if there are no more."""
    if total <= 2 * count:
        return np.sort(generator.permutation(total)[:count])
    drawn = np.sort(generator.integers(total, size=count + count // 2 + 16))
    drawn = drawn[np.diff(drawn, prepend=-1) > 0]
    return drawn if len(drawn) <= count else np.sort(generator.choice(drawn, count, replace=False))


def _unrank(number: IntArray) -> tuple[IntArray, IntArray]:
    """Return the pair i < j with number j (j - 1) / 2 + i."""
    second = ((1 + np.sqrt(1 + 8 * number.astype(np.float64))) / 2).astype(np.int64)
    second -= second * (second - 1) // 2 > number  # the root is rounded: one off either way at most
    second += (second + 1) * second // 2 <= number
    return number - second * (second - 1) // 2, second


def _distances(queries: FloatArray, items: FloatArray, pairs: IntArray, lift: Lift) -> FloatArray:
    scores = np.empty((len(pairs), 1), np.float32)
    size = 65_536  # so that the copied queries stay small
    for start in range(0, len(pairs), size):
        part = pairs[start : start + size]
        score_some(queries[part[:, 0]], items, part[:, 1:].copy(), lift.metric == "l2", scores[start : start + size])
    return lift.to_distance(scores[:, 0])


def _density(values: FloatArray, edges: FloatArray) -> FloatArray:
    counts, _ = np.histogram(values, edges)
    return np.asarray(counts / (max(1, counts.sum()) * np.diff(edges)), np.float32)


def verification(same: FloatArray, different: FloatArray) -> tuple[float, float, float]:
    """Return the equal error rate, its threshold and the area under the ROC curve, accepting d <= threshold.

    The equal error rate is where the false accepts (different pairs accepted) and the false rejects (same pairs
    refused) cross; between two thresholds it is interpolated. Equal distances count half in the area.
    """
    near, far = np.sort(same), np.sort(different)
    levels = np.unique(np.concatenate([near, far]))
    rejects = np.concatenate([[1.0], 1 - np.searchsorted(near, levels, side="right") / len(near)])
    accepts = np.concatenate([[0.0], np.searchsorted(far, levels, side="right") / len(far)])
    after = int(np.argmax(accepts >= rejects))  # the first threshold at which accepts have caught up; after >= 1
    before = after - 1
    gap_before, gap_after = rejects[before] - accepts[before], rejects[after] - accepts[after]
    share = gap_before / (gap_before - gap_after)
    eer = rejects[before] + share * (rejects[after] - rejects[before])
    threshold = _between(levels, after, gap_after)
    auc = float(np.trapezoid(1 - rejects, accepts))
    return float(eer), threshold, auc


def _between(levels: npt.NDArray[np.float32], after: int, gap_after: float) -> float:
    """Return the threshold: in the middle of the gap to the next distance where the errors are equal at a level."""
    level = float(levels[after - 1])
    if gap_after == 0 and after < len(levels):
        return (level + float(levels[after])) / 2
    return level
