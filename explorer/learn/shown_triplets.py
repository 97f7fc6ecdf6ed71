"""Some triplets of a batch that can be looked at: the hardest first, but every sort of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.core.map_values import BatchTriplets
from explorer.core.types import BoolArray, FloatArray, IntArray, frozen
from explorer.learn.batch import Batch, Triplets

MOST = 300
"""Triplets of a batch that are shown at most."""

MOST_ROWS = 2048
"""Of a batch whose triplets are all trained on, at most so many rows are looked at."""

SHARE = 6
"""Each sort of triplets has one place in so many for itself, if it has that many."""


@dataclass(frozen=True, slots=True)
class LastBatch:
    """What a step has learned from, without its gradient; nothing is copied.

    ``prepared`` (B, D) rows as the distance compares them; ``batch``: the same rows with their labels and items;
    ``mined``: what the miner chose, None: all triplets; ``margin``: at which they were looked at.
    """

    batch: Batch
    mined: Triplets | None
    margin: float

    @classmethod
    def of(cls, batch: Batch, mined: Triplets | None, margin: float) -> LastBatch:
        """Return a batch that was just trained on, cut off from what made it; of a very large one some rows."""
        rows = batch.prepared.detach()
        if mined is None and len(rows) > MOST_ROWS:
            assert batch.indices is not None
            rows = rows[:MOST_ROWS]
            kept = Batch(rows, batch.labels[:MOST_ROWS], batch.distance, indices=batch.indices[:MOST_ROWS])
        else:
            kept = Batch(rows, batch.labels, batch.distance, pairs=batch.pairs, indices=batch.indices)
        kept.prepared = rows
        return cls(kept, mined, margin)


@torch.no_grad()
def shown_triplets(last: LastBatch, run: str, step: int, *, most: int = MOST, drawn: bool = False) -> BatchTriplets:
    """Return triplets of a batch to be shown, at most ``most``; on a GPU this waits for it.

    Of a miner that lists its choice these are some of it. Of all triplets they are, for every anchor, the hardest one
    where it violates the margin, one whose negative lies just beyond a random positive, and a random one. Random draws
    come from the step alone, so that a run goes on as if nobody had looked.
    """
    batch, margin = last.batch, last.margin
    assert batch.indices is not None
    items = batch.indices.cpu().numpy()
    distances: FloatArray = batch.distances.float().cpu().numpy()
    if last.mined is None:
        rows = _of_all(distances, batch.pairs.different.cpu().numpy(), _same(batch), margin, step)
        total = int(batch.pairs.total)
    else:
        mined = last.mined.compact()
        rows = np.stack([mined.anchors.cpu().numpy(), mined.positives.cpu().numpy(), mined.negatives.cpu().numpy()])
        total = rows.shape[1]
    near, far = distances[rows[0], rows[1]], distances[rows[0], rows[2]]
    chosen = mixture(near, far, margin, most)
    anchors, positives, negatives = (frozen(items[row[chosen]], np.int64) for row in rows)
    return BatchTriplets(
        run, step, margin, anchors, positives, negatives, frozen(near[chosen]), frozen(far[chosen]), total, drawn
    )


def _same(batch: Batch) -> BoolArray:
    same: Tensor = batch.labels[:, None] == batch.labels[None]
    found: BoolArray = same.fill_diagonal_(False).cpu().numpy()
    return found


def _of_all(distances: FloatArray, different: BoolArray, same: BoolArray, margin: float, step: int) -> IntArray:
    """Return rows (3, T) of triplets that stand for all of them, each once."""
    anchors = np.flatnonzero(same.any(axis=1) & different.any(axis=1))
    if not len(anchors):
        return np.zeros((3, 0), np.int64)
    d, same, different = distances[anchors], same[anchors], different[anchors]
    draw = np.random.default_rng(step)
    others = np.where(different, d, np.inf)
    furthest, nearest = np.where(same, d, -np.inf).argmax(axis=1), others.argmin(axis=1)
    positive, negative = (np.where(mask, draw.random(d.shape), -1.0).argmax(axis=1) for mask in (same, different))
    each = np.arange(len(anchors))
    violates = d[each, nearest] < d[each, furthest] + np.float32(margin)
    beyond = np.where(others >= d[each, positive][:, None], others, np.inf)
    behind = beyond.argmin(axis=1)
    real = np.isfinite(beyond[each, behind])
    rows = np.concatenate(
        [
            np.stack([anchors, furthest, nearest])[:, violates],
            np.stack([anchors, positive, behind])[:, real],
            np.stack([anchors, positive, negative]),
        ],
        axis=1,
    )
    found: IntArray = np.unique(rows, axis=1)
    return found


def mixture(near: FloatArray, far: FloatArray, margin: float, most: int) -> IntArray:
    """Return which of T triplets are shown, hardest first: a share of every sort that occurs, then the hardest.

    ``near`` and ``far`` (T,) float32: d_ap and d_an. The share of a sort lies evenly from its hardest to its easiest.
    """
    order = np.argsort(far - near, kind="stable")
    if len(order) <= most:
        return order
    near, far = near[order], far[order]
    hard, inside = far < near, far < near + np.float32(margin)
    taken = np.zeros(len(order), np.bool_)
    for sort in (hard, inside & ~hard, ~inside):
        places = np.flatnonzero(sort)
        if len(places):
            taken[places[np.linspace(0, len(places) - 1, min(len(places), most // SHARE)).astype(np.int64)]] = True
    left = np.flatnonzero(~taken)[: most - int(taken.sum())]
    taken[left] = True
    return order[taken]
