"""The values that travel between threads, processes and panels: slotted, frozen, and read-only inside.

Everything about a run carries ``(run, step)``, so that a panel can say which step it shows and a result of an
old run can be dropped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from explorer.core.result_kinds import result
from explorer.core.sorted_pairs import SortedPairs

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
ByteArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]

UNLABELLED = -1
"""The label of an item without a class."""

DISTRACTORS = frozenset({"distractor", "distractors"})
"""What the column ``split`` says of items of the gallery that are nobody's, and wrong for every query."""

RETRIEVAL, CROSS_MODAL, REGRESSION = "retrieval", "cross_modal", "regression"
"""The protocols of which one stands beside a run: by recall@1 and recall@5, the second for pictures with captions; the
third by how far the mean of the nearest is from the number that an item has."""

COMPARED_PAIRS = 200_000
"""So many pairs of either sort are drawn for ``DistanceHistogram`` unless more are asked for."""

PIXELS_RUN = "pixels"
"""The run id of what is shown before any training: the raw pixels of the dataset, compared by cosine."""


def frozen(array: npt.ArrayLike, dtype: npt.DTypeLike | None = None) -> npt.NDArray[Any]:
    """Return a read-only, contiguous copy of ``array``, safe to hand to another thread."""
    copy = np.array(array, dtype=dtype, copy=True, order="C")
    copy.setflags(write=False)
    return copy


@dataclass(frozen=True, slots=True)
class Skipped:
    """One file that was not imported: its path, and the reason in words a user can act on."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What an import kept and what it skipped, and why; ``read_as``: as what it was read, and what was seen of that."""

    kept: int
    classes: int
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    read_as: str = ""


@dataclass(frozen=True, slots=True)
class TripletCensus:
    """Exact triplet counts.

    Easy: d_an >= d_ap + margin; semi-hard: d_ap <= d_an < d_ap + margin; hard: d_an < d_ap. ``hinge``: the triplet loss
    over all of them, the mean of max(0, d_ap − d_an + margin); NaN where it was not measured.
    """

    margin: float
    easy: int
    semi_hard: int
    hard: int
    hinge: float = field(default=math.nan, compare=False)

    @property
    def total(self) -> int:
        """Number of valid triplets."""
        return self.easy + self.semi_hard + self.hard

    @property
    def violated(self) -> int:
        """Number of triplets inside the margin: semi-hard and hard."""
        return self.semi_hard + self.hard


@result("batched", "run")
@dataclass(frozen=True, slots=True)
class StepMetrics:
    """What one training step measured.

    ``active``: share of the terms of the loss that are not zero. Of the embeddings of the batch: ``spread``, the mean
    standard deviation of a dimension; ``effective_rank``, how many dimensions they use, (Σλ)² / Σλ² of the eigenvalues
    of their covariance; ``hardest_positive`` and ``hardest_negative``, the largest distance within a class and the
    smallest between two. None where there is no such pair, or an older version did not measure it.
    """

    run: str
    step: int
    epoch: int
    loss: float
    active: float
    grad_norm: float
    learning_rate: float
    images_per_second: float
    census: TripletCensus | None = None
    spread: float | None = None
    effective_rank: float | None = None
    hardest_positive: float | None = None
    hardest_negative: float | None = None


@result("latest", "run")
@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. ``seconds_left`` is None until it can be estimated; ``evaluating`` is a share of time.

    ``last_pass``: of the items that are embedded when training is over, how many were, and how many there are.
    ``next_evaluation``: about which step the held-out items are evaluated next, None where that is not known.
    """

    run: str
    step: int
    steps: int
    epoch: int
    epochs: int
    seconds: float
    seconds_left: float | None
    images_per_second: float
    evaluating: float = 0.0
    last_pass: tuple[int, int] | None = None
    next_evaluation: int | None = None


@result("latest", "run")
@dataclass(frozen=True, slots=True)
class Snapshot:
    """Embeddings of some items at one step.

    ``indices`` (M,) int64 into the dataset; ``embeddings`` (M, D) float32, already lifted where the metric is linear.
    ``exact``: every row came from the same weights in evaluation mode; otherwise it came from the bank (shown as ≈).
    ``distance``: the name of the distance, see ``measure.lifts``. ``written`` (M,) uint32: where the rows are no copy,
    but those of a bank of many items that a run goes on writing, when each was written, in ``core.ticks``, as it is by
    now; None: they stay as they are.
    """

    run: str
    step: int
    indices: IntArray
    embeddings: FloatArray
    exact: bool
    distance: str
    written: npt.NDArray[np.uint32] | None = None


@result("latest", "run")
@dataclass(frozen=True, slots=True)
class LearnedMetric:
    """The Mahalanobis matrix that a run has learned, M = LᵀL, as a panel shows it.

    ``matrix`` (n, n) float32, block means where M is larger than what is worth showing; ``size``: rows of the whole M;
    ``eigenvalues`` (r,) float32 of M, largest first, the zeros of a thin L left out; ``over``: what M compares, for
    example ``pixels``; ``diagonal`` float32 of the whole M, (size,), or (H, W) where it is over pixels, the sum over
    their channels.
    """

    run: str
    step: int
    matrix: FloatArray
    eigenvalues: FloatArray
    size: int
    over: str
    diagonal: FloatArray


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How far a map can be trusted, on a sample: both in 0 to 1, higher is better.

    ``trustworthiness`` as Venna and Kaski (2001) define it; ``preserved`` is the mean share of the k true neighbours
    that are among the k neighbours on the map.
    """

    trustworthiness: float
    preserved: float
    neighbours: int
    sample: int


@result("latest", "live")
@dataclass(frozen=True, slots=True)
class Projection:
    """One frame of the map: ``xy`` (M, 2) float32 for the items ``indices`` (M,).

    ``method`` is ``"pca"`` or ``"umap"``; ``epoch`` counts layout epochs since the graph was last swapped;
    ``graph_recall`` is the sampled recall of an approximate neighbour graph (1.0 when exact).
    """

    run: str
    step: int
    indices: IntArray
    xy: FloatArray
    epoch: int
    method: str
    exact: bool
    fidelity: Fidelity | None = None
    graph_recall: float = 1.0


RECALL_SAMPLE, RECALL_OF = 200, 10
"""Of how many items the recall of an approximate search is measured, and of how many neighbours of each."""


@result("latest", "step")
@dataclass(frozen=True, slots=True)
class Neighbours:
    """The k nearest neighbours of some queries, nearest first, the query itself removed.

    ``queries`` (Q,) and ``indices`` (Q, k) int64 into the dataset (-1: fewer than k); ``distances`` (Q, k)
    are true distances, not lifted scores. ``approximate``: not every item was compared; ``recall``: which share of the
    nearest is found then, measured on a sample.
    """

    run: str
    step: int
    queries: IntArray
    indices: IntArray
    distances: FloatArray
    exact: bool = True
    approximate: bool = False
    recall: float = 1.0


EvaluatedPart = Literal["held-out", "train"]


@result("sent", "run", raw=True)
@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of an exact snapshot by a live protocol: the items of ``part`` against each other, or across two sides.

    ``metrics`` of ``retrieval``: ``recall@1, recall@5, map@r, r_precision``, leave one out; empty where no item can be
    asked; of ``cross_modal``: ``recall@1`` and others as means of both ways, and those of each. ``unseen``: whether the
    classes of the part were never trained on. ``items``: how many of them asked, all or a sample. ``lone``: items left
    out because no other item has their class.
    A raw-pixel baseline has ``run == PIXELS_RUN``.
    """

    run: str
    step: int
    part: EvaluatedPart
    metrics: Mapping[str, float]
    items: int
    classes: int
    unseen: bool
    lone: int = 0
    protocol: str = RETRIEVAL


@result("latest", "step")
@dataclass(frozen=True, slots=True)
class DistanceHistogram:
    """Distances between sampled pairs: ``edges`` (B + 1,), ``same`` and ``different`` (B,) as densities.

    ``threshold`` is where false accepts equal false rejects, ``eer`` that error rate, ``auc`` the area under the ROC.
    ``pairs``: all that were drawn, in order, for other thresholds. ``against_gallery``: each is of a query and an item
    of the gallery, as the data name them, and not of any two items.
    """

    run: str
    step: int
    edges: FloatArray
    same: FloatArray
    different: FloatArray
    same_pairs: int
    different_pairs: int
    threshold: float
    eer: float
    auc: float
    pairs: SortedPairs | None = None
    against_gallery: bool = False


@result("latest", "step")
@dataclass(frozen=True, slots=True)
class DatasetCensus:
    """The triplet census of a whole snapshot: exact counts over every triplet of ``anchors`` sampled anchors."""

    run: str
    step: int
    census: TripletCensus
    anchors: int
    items: int


JobState = Literal["running", "finished", "cancelled", "failed"]


@result("latest", "session", by="id")
@dataclass(frozen=True, slots=True)
class JobStatus:
    """A background job as the status bar shows it. ``total`` 0: length unknown.

    ``writes``: the name of a file that somebody waits for, who loses it where the job is ended before.
    """

    id: int
    title: str
    done: int
    total: int
    state: JobState
    cancellable: bool = True
    writes: str = ""

    @property
    def fraction(self) -> float | None:
        """Share done, or None where the length is unknown."""
        return self.done / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Split:
    """Which items train and which are held out; both sorted int64 arrays into the dataset, disjoint.

    ``unseen``: the held-out classes are never trained on.
    """

    kind: str
    train: IntArray
    held_out: IntArray
    unseen: bool
    notes: Sequence[str] = field(default=())
