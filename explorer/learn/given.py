"""Given pairs and triplets of training items, and which of them a batch holds."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from explorer.core.errors import UserError
from explorer.core.given_tuples import GivenTuples, against_given
from explorer.core.recipe import Recipe
from explorer.core.registry import find
from explorer.core.types import BoolArray, IntArray
from explorer.learn.batch import Batch, Triplets
from explorer.learn.losses.base import Loss
from explorer.learn.parts import needs_of


class GivenIndex:
    """The given tuples of training items, found by the positions of a batch.

    ``rows`` (T, 2) or (T, 3) positions among the training items; ``same`` (T,) of pairs.
    """

    def __init__(self, rows: IntArray, same: BoolArray, items: int) -> None:
        order = np.argsort(rows[:, 0], kind="stable")
        self.rows, self.same = rows[order], same[order]
        self._starts = np.searchsorted(self.rows[:, 0], np.arange(items + 1))

    @classmethod
    def of(cls, given: GivenTuples, train: IntArray, count: int) -> GivenIndex:
        """Return the tuples of nothing but training items ``train`` (T,), of ``count`` items.

        Raises
        ------
        UserError: if there are none.
        """
        inside = given.within(train, count)
        if not inside.any():
            raise UserError(
                f"Every line of {given.name} names an item that is held out, so that there is nothing to train on",
                remedy="Hold out fewer items: split.test is their share",
            )
        place = np.full(count, -1, dtype=np.int64)
        place[train] = np.arange(len(train))
        return cls(place[given.rows[inside]], given.same[inside], len(train))

    def among(self, positions: IntArray) -> IntArray:
        """Return which tuples (M,) are of nothing but the training items at some positions; by their degrees."""
        items = np.unique(positions)
        first, last = self._starts[items], self._starts[items + 1]
        counts = last - first
        if not counts.sum():
            return np.zeros(0, np.int64)
        numbers: IntArray = np.repeat(first - np.r_[0, np.cumsum(counts)[:-1]], counts) + np.arange(counts.sum())
        return numbers[np.isin(self.rows[numbers, 1:], items).all(axis=1)]

    def mined(self, positions: IntArray, device: torch.device) -> Triplets:
        """Return the tuples of a batch in place of what a miner would choose, as rows of the batch."""
        numbers = self.among(positions)
        place = np.zeros(int(positions.max(initial=0)) + 1, dtype=np.int64)
        place[positions] = np.arange(len(positions))
        rows = torch.from_numpy(place[self.rows[numbers]].T.copy()).to(device)
        if len(rows) == 3:
            anchors, nearer, farther = rows
            return Triplets(anchors, nearer, farther, torch.ones_like(anchors, dtype=torch.bool))
        return given_pairs(rows, torch.from_numpy(self.same[numbers]).to(device), len(positions))


def given_pairs(rows: Tensor, same: Tensor, size: int) -> Triplets:
    """Return pairs (2, P) of the rows of a batch of ``size``, and which are the ``same`` (P,), as chosen pairs."""
    chosen = torch.zeros(2, size, size, dtype=torch.bool, device=rows.device)
    chosen[(~same).long(), rows[0], rows[1]] = True
    none = rows.new_zeros(0)
    return Triplets(none, none, none, none.bool(), (chosen[0], chosen[1]), given=True)


def census_of(batch: Batch, mined: Triplets | None, margin: float) -> Tensor:
    """Return (3,) int64: how many given triplets are easy, semi-hard and hard at a margin; zeros of pairs."""
    assert mined is not None
    d = batch.distances.detach()
    gap = d[mined.anchors, mined.negatives] - d[mined.anchors, mined.positives]
    easy, hard = (gap >= margin).sum(), (gap < 0).sum()
    return torch.stack((easy, len(gap) - easy - hard, hard))


def needs_with_given(recipe: Recipe, kind: str) -> frozenset[str]:
    """Return what the loss of a recipe needs of a batch beside given tuples of a ``kind``: no classes.

    Raises
    ------
    UserError: if it does not learn from them, or the augmentation makes new classes.
    """
    part: type[Loss] = find("loss", recipe.loss.name).part
    if kind not in part.takes(recipe.params("loss")):
        raise UserError(against_given(recipe.loss.name, kind))
    return needs_of(recipe) - {"labels"}
