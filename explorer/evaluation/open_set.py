"""The open-set protocol: find who it is among the enrolled, and say "unknown" of everybody else.

Identities are drawn apart by the seed into known and unknown ones; a few items of each known one are enrolled as the
gallery, and all other items are queries. The false alarm rate (FAR) of a threshold is the share of queries of unknown
identities whose nearest enrolled item is within it; the detection and identification rate (DIR, at rank 1) the share of
queries of known identities whose nearest enrolled item is within it and of the right identity (Phillips, Grother and
Micheals, Evaluation Methods in Face Recognition, Handbook of Face Recognition 2011). The threshold at a FAR is the
largest at which the FAR is not exceeded; equal distances never count for the system: a right item must be nearer than
all wrong ones, and queries at one distance are accepted together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import UNLABELLED, FloatArray, IntArray
from explorer.core.words import several
from explorer.evaluation.intervals import wilson
from explorer.evaluation.operating_points import Judged
from explorer.evaluation.paired import Paired, paired_means
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample
from explorer.evaluation.threshold import largest_distance
from explorer.measure.lifts import Lift
from explorer.measure.pairs import distance_blocks, never

FARS = (0.01, 0.1)
ENROLLED = 3
UNKNOWN = 0.5
CURVE = 201
FEWEST_QUERIES, FEWEST_ALARMS = 100, 10
"""With fewer queries of known identities, or fewer false alarms at a rate, a figure says little."""


class Draw(NamedTuple):
    """Rows of the enrolled items, of queries of known and of queries of unknown identities."""

    gallery: IntArray
    known: IntArray
    unknown: IntArray


class OpenSet(NamedTuple):
    """What the protocol found.

    ``at``: DIR by FAR; ``rank_1``: DIR where everything is accepted; ``auc``: the area under DIR over FAR; ``curve``:
    FAR and DIR of some thresholds; ``queries`` of known and ``unknown_queries`` of unknown identities.
    """

    at: dict[float, float]
    rank_1: float
    auc: float
    curve: tuple[list[float], list[float]]
    queries: int
    unknown_queries: int


def drawn(labels: npt.ArrayLike, unknown: float = UNKNOWN, enrolled: int = ENROLLED, seed: int = 0) -> Draw:
    """Draw identities (M,) apart: the share ``unknown`` of those with two items, and all with one, are unknown.

    Of each known identity ``enrolled`` items are enrolled, or all but one where it has not more.

    Raises
    ------
    UserError: if there are not two identities with two items each.
    """
    every = np.asarray(labels, np.int64)
    generator = np.random.default_rng(seed)
    values, counts = np.unique(every[every != UNLABELLED], return_counts=True)
    paired = generator.permutation(values[counts > 1])
    if len(paired) < 2:
        raise UserError(
            f"{len(paired)} held-out classes of two or more items are too few to draw known and unknown ones",
            remedy="Hold out two classes or more with two items each",
        )
    count = min(max(round(unknown * len(paired)), 1), len(paired) - 1)
    gallery: list[IntArray] = []
    asked: list[IntArray] = []
    for label in paired[count:]:
        rows = generator.permutation(np.flatnonzero(every == label))
        first = min(enrolled, len(rows) - 1)
        gallery.append(rows[:first])
        asked.append(rows[first:])
    strangers = np.concatenate((paired[:count], values[counts == 1]))
    return Draw(
        np.sort(np.concatenate(gallery)), np.sort(np.concatenate(asked)), np.flatnonzero(np.isin(every, strangers))
    )


def evaluate(
    x: FloatArray,
    labels: npt.ArrayLike,
    lift: Lift,
    draw: Draw,
    *,
    fars: Sequence[float] = FARS,
    cancelled: Callable[[], bool] = never,
) -> OpenSet:
    """Identify the queries of ``draw`` among embeddings (M, D) by their nearest enrolled item.

    With fewer than 1 / FAR queries of unknown identities none of these may be accepted, so that the DIR is a low one.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    answered, strangers = distances(x, labels, lift, draw, cancelled)
    count = len(answered)
    near, far = np.sort(answered[np.isfinite(answered)]), np.sort(strangers)

    def rate(limit: float) -> float:
        return float(np.searchsorted(near, np.float64(limit), side="right")) / count

    beyond = len(far) - np.searchsorted(far, near, side="right")  # unknown queries that lie farther than a right answer
    axis = np.linspace(0, 1, CURVE).tolist()
    return OpenSet(
        {share: rate(largest_distance(far, share)) for share in fars},
        len(near) / count,
        float(beyond.sum()) / (count * len(far)),
        (axis, [rate(largest_distance(far, share)) for share in axis]),
        count,
        len(far),
    )


def distances(
    x: FloatArray, labels: npt.ArrayLike, lift: Lift, draw: Draw, cancelled: Callable[[], bool] = never
) -> tuple[FloatArray, FloatArray]:
    """Return the distances (K,) of known queries to their right answer, and (U,) of unknown ones to the nearest item.

    That of a known query is infinite where a wrong item is as near as the right one.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    every = np.asarray(labels, np.int64)
    queries = np.concatenate((draw.known, draw.unknown))
    enrolled = every[draw.gallery]
    right, wrong = np.empty(len(queries), np.float32), np.empty(len(queries), np.float32)
    for start, block in distance_blocks(x, queries, lift, cancelled, draw.gallery):
        rows = slice(start, start + len(block))
        same = every[queries[rows], None] == enrolled
        right[rows] = np.where(same, block, np.inf).min(axis=1)
        wrong[rows] = np.where(same, np.inf, block).min(axis=1)
    count = len(draw.known)
    return np.where(right[:count] < wrong[:count], right[:count], np.float32(np.inf)), wrong[count:]


def compared(
    first: tuple[FloatArray, FloatArray],
    second: tuple[FloatArray, FloatArray],
    known: IntArray,
    unknown: IntArray,
    seed: int = 0,
) -> dict[str, Paired]:
    """Compare two embeddings by ``distances`` of the same draw: DIR at each FAR, the area ``auc`` and rank-1.

    A known query that is refused is what a same pair that is refused is to verification, and an unknown one that is
    accepted a different pair that is. A DIR is left out where fewer than ten false alarms are allowed.

    Parameters
    ----------
    known, unknown: (K,), (U,) the identities of the queries, which are what is drawn.
    """
    ids = np.stack((known, known), axis=1), np.stack((unknown, unknown), axis=1)
    a, b = Judged(*first, *ids), Judged(*second, *ids)
    found = {f"dir@far={far:g}": _turned(a.fnmr_against(b, far)) for far in FARS if a.enough(far)}
    # at equal distances the unknown query counts as the nearer one, not as half of it
    a, b = (Judged(near, np.nextafter(far, np.float32(-np.inf)), *ids) for near, far in (first, second))
    found["auc"] = a.auc_against(b)
    right, also_right = (np.isfinite(near).astype(np.float64) for near, _ in (first, second))
    return {**found, "rank-1": paired_means(right, also_right, known, seed=seed)}


def _turned(paired: Paired) -> Paired:
    """Return the comparison of 1 − a with 1 − b."""
    a, b, difference, low, high, p = paired
    return Paired(1 - a, 1 - b, -difference, -high, -low, p)


def _warnings(found: OpenSet) -> list[str]:
    """Return in words which figures rest on few queries."""
    words = []
    if found.queries < FEWEST_QUERIES:
        words.append(f"DIR rests on {several(found.queries, 'query', 'queries')} of known identities only")
    few = [f"{far:g}" for far in found.at if found.unknown_queries * far < FEWEST_ALARMS * (1 - 1e-9)]
    if few:
        rates = " or ".join(few)
        few_unknown = several(
            found.unknown_queries, "query of an unknown identity is", "queries of unknown identities are"
        )
        words.append(f"{few_unknown} few for a FAR of {rates}")
    return words


@register("protocol", "open_set", title="Open set", reference="Phillips, Grother and Micheals 2011")
class OpenSetProtocol(Protocol):
    """Known identities are to be found, unknown ones refused: DIR at FAR, identities drawn apart; ties never help."""

    class Params(Parameters):
        """Parameters of the protocol."""

        unknown: float = parameter(UNKNOWN, "Share of the identities that are not enrolled", minimum=0.01, maximum=0.99)
        enrolled: int = parameter(ENROLLED, "Items enrolled of each known identity", minimum=1, maximum=1000)

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return DIR at each FAR with its 95 % interval, rank-1, the area ``auc`` and the curve ``dir``."""
        draw = drawn(sample.labels, self.params.unknown, self.params.enrolled, effort.seed)
        found = evaluate(sample.x, sample.labels, sample.lift, draw, cancelled=effort.cancelled)
        figures: dict[str, float | int] = {f"dir@far={far:g}": share for far, share in found.at.items()}
        figures |= {"auc": found.auc, "rank-1": found.rank_1}
        for far, share in found.at.items():
            low, high = wilson(share, found.queries)
            figures |= {f"dir@far={far:g}_low": low, f"dir@far={far:g}_high": high}
        figures |= {"known_queries": found.queries, "unknown_queries": found.unknown_queries}
        how = "; ".join([f"{several(len(draw.gallery), 'item')} enrolled", *_warnings(found)])
        items = len(draw.gallery) + found.queries + found.unknown_queries
        return Measured(figures, items, sample.classes, how=how, curves={"dir": found.curve})

    def paired(self, a: Sample, b: Sample, effort: Effort) -> dict[str, Paired]:
        """Compare two embeddings by the same draw of known and unknown identities."""
        labels = np.asarray(a.labels, np.int64)
        draw = drawn(labels, self.params.unknown, self.params.enrolled, effort.seed)
        first, second = (distances(sample.x, labels, sample.lift, draw, effort.cancelled) for sample in (a, b))
        return compared(first, second, labels[draw.known], labels[draw.unknown], effort.seed)
