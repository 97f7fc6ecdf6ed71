"""The hubs protocol: whether a few items are the neighbours of everybody, and others of nobody.

The k-occurrence N of an item is how many others have it among their k nearest (Radovanović, Nanopoulos and Ivanović,
Hubs in Space, JMLR 2010). Its skewness is that of the distribution of N: 0 where no item is preferred. The Robin Hood
index is the share of all places in lists of neighbours that would have to change hands for everybody to have the same
(Feldbauer, Leodolter, Plant and Flexer 2018). Anti-hubs are in no list. Where several items are equally far at the
last place of a list, each of them has its share of what is left of it, so that the order of the items does not count.

A cure to try is to scale distances by how near the neighbours of either item are: r(x) is the mean distance of x to its
k nearest. CSLS (Conneau, Lample, Ranzato, Denoyer and Jégou, Word Translation Without Parallel Data, ICLR 2018) takes
2 d(x, y) − r(x) − r(y), NICDM (Jégou, Harzallah and Schmid, A Contextual Dissimilarity Measure, CVPR 2007) takes
d(x, y) / √(r(x) r(y)). What it does to the hubs, and to recall@1, stands beside the figures as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import UNLABELLED, FloatArray, IntArray
from explorer.core.words import several
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample
from explorer.measure.lifts import Lift
from explorer.measure.pairs import distance_blocks, never

Doubles = npt.NDArray[np.float64]

HUB = 2
"""An item that is in so many times more lists than the mean is a hub."""

CURES = ("csls", "nicdm", "none")
SCALED = ("skewness", "robin_hood", "anti_hubs")
"""The figures that are given again for scaled distances."""

SMALLEST = 1e-12


class Lists(NamedTuple):
    """The lists of the k nearest of M items.

    ``occurrences`` (M,): in how many lists an item is, its share where several are equally far at the last place;
    ``reach`` (M,): its mean distance to those in its own list; ``nearest`` (M,): the nearest of all others, of equally
    near ones the first.
    """

    occurrences: Doubles
    reach: Doubles
    nearest: IntArray


def neighbour_lists(
    x: FloatArray,
    lift: Lift,
    k: int,
    scaled: Callable[[IntArray, FloatArray], FloatArray] | None = None,
    *,
    cancelled: Callable[[], bool] = never,
) -> Lists:
    """Return what the lists of the k nearest among embeddings (M, D) say of each item.

    ``scaled``: is given rows (B,) and their distances (B, M), and returns what these are compared by instead.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    counts, reach, nearest = np.zeros(len(x)), np.zeros(len(x)), np.zeros(len(x), np.int64)
    for start, block in distance_blocks(x, np.arange(len(x)), lift, cancelled):
        asked = np.arange(len(block))
        compared = block if scaled is None else scaled(start + asked, block)
        compared[asked, start + asked] = np.inf
        listed = np.partition(compared, k - 1, axis=1)[:, :k]
        last = listed[:, k - 1 :]
        nearer, equal = compared < last, compared == last
        left = (k - nearer.sum(axis=1)) / equal.sum(axis=1)
        counts += nearer.sum(axis=0) + left @ equal
        reach[start + asked] = listed.mean(axis=1, dtype=np.float64)
        nearest[start + asked] = compared.argmin(axis=1)
    return Lists(counts, reach, nearest)


def occurrences(x: FloatArray, lift: Lift, k: int, *, cancelled: Callable[[], bool] = never) -> Doubles:
    """Return in how many lists of the k nearest each of the embeddings (M, D) is, (M,) float64; the sum is M · k.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    return neighbour_lists(x, lift, k, cancelled=cancelled).occurrences


def csls(rows: IntArray, distances: FloatArray, reach: Doubles) -> FloatArray:
    """Return distances (B, M) of ``rows`` (B,) scaled by how far each item reaches (M,): 2 d − r − r."""
    return np.asarray(2 * distances - reach[rows, None] - reach, np.float32)


def nicdm(rows: IntArray, distances: FloatArray, reach: Doubles) -> FloatArray:
    """Return distances (B, M) of ``rows`` (B,) over the geometric mean of how far both items reach (M,)."""
    return np.asarray(distances / np.sqrt(np.maximum(reach[rows, None] * reach, SMALLEST)), np.float32)


def skewness(found: Doubles) -> float:
    """Return the skewness of k-occurrences (M,), 0 where all are equal but for rounding.

    Their mean is less than k where some lists are shorter than that.
    """
    mean = float(np.mean(found))
    spread = found - mean
    deviation = float(np.sqrt(np.mean(spread**2)))
    return 0.0 if deviation <= 1e-9 * mean else float(np.mean(spread**3)) / deviation**3


@register("protocol", "hubs", title="Hubs", reference="Radovanović, Nanopoulos and Ivanović 2010; Conneau et al. 2018")
class HubsProtocol(Protocol):
    """How unevenly items are neighbours of others, and what local scaling makes of it: skewness, recall@1."""

    class Params(Parameters):
        """Parameters of the protocol."""

        k: int = parameter(10, "How many neighbours a list has", minimum=1, maximum=1000)
        cure: str = parameter("csls", "How distances are scaled by the neighbourhoods, as a cure to try", choices=CURES)

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return skewness, Robin Hood index, anti-hubs, hubs, the longest k-occurrence and recall@1; and scaled."""
        k, cure = int(self.params.k), self.params.cure
        if len(sample.x) <= k:
            raise UserError(
                f"{several(len(sample.x), 'item has', 'items have')} no lists of {several(k, 'neighbour')}",
                remedy="Set protocol.k to fewer than the items",
            )
        found = neighbour_lists(sample.x, sample.lift, k, cancelled=effort.cancelled)
        labels = np.asarray(sample.labels, np.int64)
        figures = _figures(found, k) | {"recall@1": _recall(found.nearest, labels)}
        if cure != "none":
            if cure == "nicdm" and found.reach.min() < 0:
                raise UserError(
                    "NICDM divides by distances, and some of these are below zero", remedy="Set protocol.cure=csls"
                )
            scale = partial(csls if cure == "csls" else nicdm, reach=found.reach)
            scaled = neighbour_lists(sample.x, sample.lift, k, scale, cancelled=effort.cancelled)
            figures |= {f"scaled_{name}": _figures(scaled, k)[name] for name in SCALED}
            figures["scaled_recall@1"] = _recall(scaled.nearest, labels)
        return Measured(figures, len(sample.x), sample.classes)


def _figures(lists: Lists, k: int) -> dict[str, float]:
    found = lists.occurrences
    return {
        "skewness": skewness(found),
        "robin_hood": float(np.abs(found - k).sum()) / (2 * k * len(found)),
        "anti_hubs": float(np.mean(found < 1e-9)),
        "hubs": float(np.mean(found >= HUB * k)),
        "largest": round(float(found.max())),
    }


def _recall(nearest: IntArray, labels: IntArray) -> float:
    """Return the share of items, of those that are not alone in their class, whose nearest one is of their class."""
    known = labels != UNLABELLED
    sizes = np.unique(labels, return_inverse=True, return_counts=True)
    asked = known & (sizes[2][sizes[1]] > 1)
    return float(np.mean(labels[nearest[asked]] == labels[asked])) if asked.any() else float("nan")
