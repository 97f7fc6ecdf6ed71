"""Values of the map beside its frames: a number an item, true neighbours, triplets, forces, steps that are kept.

Everything carries ``(run, step)``; indices are of the dataset; arrays are read-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from explorer.core.result_kinds import result
from explorer.core.types import BoolArray, FloatArray, IntArray

ItemValueName = Literal["right", "violation", "loss", "fidelity", "hubness", "distance"]


@result("latest", "step")
@dataclass(frozen=True, slots=True)
class ItemValues:
    """One number for each of some items, by which the points can be coloured; NaN where it is not known.

    ``indices`` (M,) int64 and ``values`` (M,) float32. ``name``: ``right``, 1 where the nearest neighbour is of its
    class, else 0; ``violation``, the share of the item's triplets, as anchor, that violate the margin; ``loss``, the
    mean of d_ap − d_an + margin of them, where that is positive, else 0; ``fidelity``, the share of the true
    neighbours that are neighbours on the map; ``hubness``, in how many lists of the nearest of all others an item is
    (its k-occurrence); ``distance``, to the last pinned query. ``about``: a few words on how
    it was measured, for the legend.
    """

    run: str
    step: int
    name: ItemValueName
    indices: IntArray
    values: FloatArray
    exact: bool
    about: str = ""


@result("latest", "step")
@dataclass(frozen=True, slots=True)
class TrueNeighbours:
    """The nearest neighbours of one item among the embeddings, nearest first, and which of them the map keeps near.

    ``indices`` (k,) int64, ``distances`` (k,) float32 and ``kept`` (k,) bool: it is among the k neighbours on the map.
    """

    run: str
    step: int
    item: int
    indices: IntArray
    distances: FloatArray
    kept: BoolArray


@result("latest", "step")
@dataclass(frozen=True, slots=True)
class BatchTriplets:
    """Some triplets of one batch, hardest first: the last one of a run, or one drawn anew from a snapshot (``drawn``).

    ``anchors``, ``positives`` and ``negatives`` (T,) int64 items; ``near`` and ``far`` (T,) float32: d_ap and d_an. A
    triplet is hard where d_an < d_ap, semi-hard where d_an < d_ap + margin, else easy. ``total``: how many the miner
    chose, of which these are the ones that are shown.
    """

    run: str
    step: int
    margin: float
    anchors: IntArray
    positives: IntArray
    negatives: IntArray
    near: FloatArray
    far: FloatArray
    total: int
    drawn: bool = False


@result("latest", "step")
@dataclass(frozen=True, slots=True)
class Forces:
    """Where the gradient of the loss would move some items on the map.

    ``items`` (S,) int64; ``arrows`` (S, 2) float32: from where the item is on the map to where one step against the
    gradient of its embedding would take it, in map units, lengthened by one common factor so that they can be seen;
    the longest are cut;
    ``strength`` (S,) float32: the length of the gradient of the embedding.
    """

    run: str
    step: int
    items: IntArray
    arrows: FloatArray
    strength: FloatArray


@result("sent", "run")
@dataclass(frozen=True, slots=True)
class KeptStep:
    """A step of a run that can be shown again: its embeddings and its map are on disk. ``exact`` as in ``Snapshot``."""

    run: str
    step: int
    exact: bool


@result("sent", "run")
@dataclass(frozen=True, slots=True)
class StepShown:
    """The session shows a kept step of the run now, or follows the newest one again (``step`` −1)."""

    run: str
    step: int


@result("latest", "step")
@dataclass(frozen=True, slots=True)
class ShortFigures:
    """How good the first ``dimensions`` of the ``whole`` numbers of embeddings are for the held-out items of a step.

    ``figures`` and ``of_whole``: of the beginnings, and of the whole embeddings, by the live protocol of the data.
    """

    run: str
    step: int
    dimensions: int
    whole: int
    figures: Mapping[str, float]
    of_whole: Mapping[str, float]
