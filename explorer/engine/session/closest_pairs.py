"""The closest pairs of items across two classes of what is shown, or the farthest ones within a class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.core.errors import Cancelled
from explorer.core.result_kinds import result
from explorer.core.sorted_pairs import Pair
from explorer.core.types import PIXELS_RUN, IntArray
from explorer.engine.datasets.samples import raw_sample_of
from explorer.engine.jobs import Control
from explorer.engine.session.evaluate import items_of, shown_sample
from explorer.engine.session.state import SessionState
from explorer.evaluation.protocol import Sample

MOST_ITEMS = 4000
"""Items of a class that take part at most: their pairs are compared while somebody waits."""


@result("latest", "run", raw=True)
@dataclass(frozen=True, slots=True)
class ClosestPairs:
    """The pairs of items of the classes ``first`` and ``second`` that lie nearest to each other, the nearest first.

    Of a class with itself: the pairs that lie farthest apart, the farthest first.
    """

    run: str
    step: int
    first: int
    second: int
    pairs: tuple[Pair, ...]


def post_closest_pairs(session: SessionState, first: int, second: int, count: int, control: Control) -> None:
    """Find the closest pairs across two classes among the items that are measured, and post them: the work of a job.

    Raises
    ------
    Cancelled: if the job was cancelled.
    """
    with session.lock:
        opened, generation = session.opened, session.generation
    if opened is None:
        return
    items = items_of(opened, "held-out")
    labels = np.asarray(opened.dataset.labels)[items]
    items = np.concatenate([items[labels == label][:MOST_ITEMS] for label in sorted({first, second})])
    shown = shown_sample(session, opened, items, None)
    if shown is None:
        run, step, measured, sample = PIXELS_RUN, 0, items, raw_sample_of(opened.dataset, items, None)
    else:
        run, step, measured, sample = shown.run, shown.step, shown.items, shown.sample
    pairs = closest_pairs(sample, measured, first, second, count, control)
    session.results.post(ClosestPairs(run, step, first, second, pairs), generation)


def closest_pairs(
    sample: Sample, items: IntArray, first: int, second: int, count: int, control: Control
) -> tuple[Pair, ...]:
    """Return the ``count`` closest pairs of ``items`` (M,) of a sample across two classes; of one class the farthest.

    Raises
    ------
    Cancelled: if the job was cancelled.
    """
    from explorer.measure.pairs import distance_blocks  # numba: not at start-up

    labels = np.asarray(sample.labels)
    one, other = np.flatnonzero(labels == first), np.flatnonzero(labels == second)
    sign = -1 if first == second else 1
    found: list[tuple[float, int, int]] = []
    for start, block in distance_blocks(sample.x, one, sample.lift, control.cancelled, other):
        if first == second:  # each pair once, and no item with itself
            block[np.arange(start, start + len(block))[:, None] >= np.arange(len(other))] = -np.inf
        flat = sign * block.ravel()
        best = np.argpartition(flat, count)[:count] if len(flat) > count else np.arange(len(flat))
        there = best[np.isfinite(flat[best])]
        found += [(float(flat[at]), start + at // len(other), at % len(other)) for at in there.tolist()]
        found = sorted(found)[:count]
    if control.cancelled():
        raise Cancelled
    return tuple(Pair(int(items[one[a]]), int(items[other[b]]), sign * value) for value, a, b in found)
