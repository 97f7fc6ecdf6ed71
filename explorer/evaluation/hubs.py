"""The hubs protocol: whether a few items are the neighbours of everybody, and others of nobody.

The k-occurrence N of an item is how many others have it among their k nearest (Radovanović, Nanopoulos and Ivanović,
Hubs in Space, JMLR 2010). Its skewness is that of the distribution of N: 0 where no item is preferred. The Robin Hood
index is the share of all places in lists of neighbours that would have to change hands for everybody to have the same
(Feldbauer, Leodolter, Plant and Flexer 2018). Anti-hubs are in no list. Where several items are equally far at the
last place of a list, each of them has its share of what is left of it, so that the order of the items does not count.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import FloatArray
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample
from explorer.measure.lifts import Lift
from explorer.measure.pairs import distance_blocks, never

Doubles = npt.NDArray[np.float64]

HUB = 2
"""An item that is in so many times more lists than the mean is a hub."""


def occurrences(x: FloatArray, lift: Lift, k: int, *, cancelled: Callable[[], bool] = never) -> Doubles:
    """Return in how many lists of the k nearest each of the embeddings (M, D) is, (M,) float64; the sum is M · k.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    counts = np.zeros(len(x), np.float64)
    for start, block in distance_blocks(x, np.arange(len(x)), lift, cancelled):
        asked = np.arange(len(block))
        block[asked, start + asked] = np.inf
        last = np.partition(block, k - 1, axis=1)[:, k - 1 : k]
        nearer, equal = block < last, block == last
        left = (k - nearer.sum(axis=1)) / equal.sum(axis=1)
        counts += nearer.sum(axis=0) + left @ equal
    return counts


@register("protocol", "hubs", title="Hubs", reference="Radovanović, Nanopoulos and Ivanović 2010")
class HubsProtocol(Protocol):
    """How unevenly items are neighbours of others: skewness of the k-occurrence, Robin Hood index, anti-hubs."""

    class Params(Parameters):
        """Parameters of the protocol."""

        k: int = parameter(10, "How many neighbours a list has", minimum=1, maximum=1000)

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return skewness, Robin Hood index, the shares of anti-hubs and hubs, and the longest k-occurrence."""
        k = int(self.params.k)
        if len(sample.x) <= k:
            raise UserError(
                f"{len(sample.x)} items have no lists of {k} neighbours",
                remedy="Set protocol.k to fewer than the items",
            )
        found = occurrences(sample.x, sample.lift, k, cancelled=effort.cancelled)
        spread = found - k
        deviation = float(np.sqrt(np.mean(spread**2)))
        even = deviation < 1e-9 * k  # every item as often as every other, but for rounding
        figures = {
            "skewness": 0.0 if even else float(np.mean(spread**3)) / deviation**3,
            "robin_hood": float(np.abs(spread).sum()) / (2 * k * len(found)),
            "anti_hubs": float(np.mean(found < 1e-9)),
            "hubs": float(np.mean(found >= HUB * k)),
            "largest": float(found.max()),
        }
        return Measured(figures, len(sample.x), sample.classes)
