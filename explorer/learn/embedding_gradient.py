"""Where a loss would move embeddings that are stored: its gradient, without an encoder and without a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint
from explorer.core.part_titles import part_title
from explorer.core.recipe import Recipe
from explorer.core.types import UNLABELLED, BoolArray, FloatArray, IntArray
from explorer.learn.batch import Batch
from explorer.learn.checkpoints import load_module
from explorer.learn.device import generator
from explorer.learn.distances.base import Distance
from explorer.learn.embedding_bank import Memory
from explorer.learn.losses.base import Loss
from explorer.learn.miner_choices import Bench
from explorer.learn.parts import blank_loss, by_steps, make_distance, make_miner, needs_of

M = TypeVar("M", Distance, Loss)

MATES = 4
"""Training items of each class that is asked about which are in the batch at least, where there are so many."""

UNIT = 1e-3
"""How far the length of a row may be from one that it counts as unit length."""


class EmbeddingGradient:
    """The loss of a recipe over stored embeddings.

    Parameters
    ----------
    pool: (P, D) embeddings of training items; labels: (P,) their classes; columns: further columns, P texts each.
    classes: the classes that were trained on, ascending, as the run counts them.
    weights: the last checkpoint of the run, None where there is none; asked if loss or distance have learned weights.
    prepared: the embeddings are already as the distance compares them.
    factor: how many classes the augmentation makes of one. label_sets: (P, S) bool, which labels the items have.

    Raises
    ------
    UserError: if the loss cannot be evaluated on stored embeddings alone, or its weights are not known.
    """

    def __init__(
        self,
        recipe: Recipe,
        pool: FloatArray,
        labels: IntArray,
        columns: Mapping[str, Sequence[str]],
        *,
        classes: IntArray,
        weights: Callable[[], Checkpoint | None],
        prepared: bool,
        factor: int = 1,
        label_sets: BoolArray | None = None,
    ) -> None:
        refuse(recipe, label_sets)
        self.recipe, self.classes, self.factor, self.label_sets = recipe, classes, factor, label_sets
        self.distance = _learned(make_distance(recipe, pool.shape[1]), "distance", weights)
        loss = blank_loss(recipe, self.distance, classes=len(classes) * factor, dimension=pool.shape[1])
        if not loss.pairwise and self.distance.state_dict():
            raise UserError(
                f"Forces of the loss {part_title('loss', recipe.loss.name)} are felt before the metric, and stored is "
                "what comes after it"
            )
        self.loss: Loss = _learned(loss, "loss", weights)
        bench = Bench(recipe, pool, labels, columns, prepared=prepared)
        self.prepared = prepared
        self.labels = labels
        self.memory = Memory(bench.memory.embeddings, bench.memory.seen, torch.from_numpy(self._codes(labels)))
        self.positions = bench.positions
        self.support = bench.support

    def _codes(self, labels: IntArray) -> IntArray:
        """Return classes as the run counts them; those never trained on come after, where the loss compares rows."""
        place = np.searchsorted(self.classes, labels).clip(max=len(self.classes) - 1)
        known = self.classes[place] == labels
        further = len(self.classes) + labels if self.loss.pairwise else np.full_like(labels, UNLABELLED)
        codes = np.where(labels == UNLABELLED, UNLABELLED, np.where(known, place, further)).astype(np.int64)
        return np.where(codes < 0, codes, codes * self.factor)

    def gradient(
        self, embeddings: FloatArray, labels: IntArray, own: IntArray, label_sets: BoolArray | None = None
    ) -> FloatArray:
        """Return the gradient of the loss for some items, (S, D), in one batch with others that the sampler drew.

        ``embeddings`` (S, D); ``labels`` (S,); ``own`` (S,) where they are in the pool, −1: they are not; their
        ``label_sets`` (S, L). Rows of unit length have a gradient along the sphere. It is zero for an item whose class
        means nothing to the loss.
        """
        codes = torch.from_numpy(self._codes(labels))
        rows = torch.from_numpy(np.array(embeddings, np.float32))
        if not self.prepared:
            with torch.no_grad():
                rows = self.distance.prepare(rows)
        asked = (codes != UNLABELLED).nonzero().squeeze(1)
        context = torch.from_numpy(self._context(labels, own))
        leaf = torch.cat((self.memory.embeddings[context], rows[asked])).requires_grad_()
        sets = None
        if label_sets is not None and self.label_sets is not None:
            sets = torch.from_numpy(np.concatenate([self.label_sets[context.numpy()], label_sets[asked.numpy()]]))
        targets = torch.cat((self.memory.targets[context], codes[asked]))
        batch = self._batch(leaf, targets, torch.cat((context, torch.from_numpy(own)[asked])), sets)
        found = torch.zeros_like(rows)
        found[asked] = self._backward(batch, leaf)[len(context) :]
        unit = (rows.norm(dim=1, keepdim=True) - 1.0).abs() < UNIT
        along = (found * rows).sum(dim=1, keepdim=True) * rows
        result: FloatArray = torch.where(unit, found - along, found).numpy()
        return result

    def _context(self, labels: IntArray, own: IntArray) -> IntArray:
        """Return the positions of the pool that share the batch: what the sampler drew, and some of each class."""
        draw = np.random.default_rng(self.recipe.seed)
        mates = []
        for label in np.unique(labels[labels != UNLABELLED]).tolist():
            members = np.setdiff1d(np.flatnonzero(self.labels == label), own)
            mates.append(draw.choice(members, min(MATES, len(members)), replace=False))
        drawn = self.positions
        # the head of an episode stays as it is: the classes are known by it, also by an item that is asked about
        inside = np.isin(drawn, own) & (np.arange(len(drawn)) >= self.support)
        further = np.setdiff1d(np.concatenate(mates), drawn) if mates else drawn[:0]
        return np.concatenate([drawn[~inside], further]).astype(np.int64)

    def _batch(self, rows: Tensor, labels: Tensor, items: Tensor, sets: Tensor | None) -> Batch:
        support = torch.arange(len(labels)) < self.support if self.support else None
        batch = Batch(rows, labels, self.distance, indices=items, support=support, label_sets=sets)
        batch.prepared = rows
        return batch

    def _backward(self, batch: Batch, leaf: Tensor) -> Tensor:
        judged, mined, loss = batch, None, self.loss
        draw = generator(self.recipe.seed)
        if loss.mined:
            miner = make_miner(self.recipe)
            if miner.uses_memory and loss.pairwise:
                judged = miner.extend(batch, self.memory)
            mined = miner(judged, loss.census_margin, draw)
        value = loss(judged, mined).value
        if not value.requires_grad:
            return torch.zeros_like(leaf)
        (found,) = torch.autograd.grad(value, leaf, allow_unused=True)
        return torch.zeros_like(leaf) if found is None else found.nan_to_num(0.0, 0.0, 0.0)


def refuse(recipe: Recipe, label_sets: BoolArray | None) -> None:
    """Raise a ``UserError`` where the loss of a recipe needs more than stored embeddings."""
    if not by_steps(recipe):
        raise UserError(
            f"The fitter {part_title('fitter', recipe.fitter.name)} has no gradient for single items",
            remedy="Choose fitter=none to see any",
        )
    needs, name = needs_of(recipe), part_title("loss", recipe.loss.name)
    if "views" in needs:
        raise UserError(f"Forces of the loss {name} need two views of a picture, and one embedding of each is stored")
    if "target" in needs:
        raise UserError(f"Forces of the loss {name} need the numbers of a batch, which are not kept with embeddings")
    if "hidden" in needs:
        raise UserError(f"Forces of the loss {name} need a hidden layer of the encoder, which is not stored")
    if "maps" in needs:
        raise UserError(f"Forces of the loss {name} need feature maps, which are not stored")
    if "label_sets" in needs and label_sets is None:
        raise UserError(f"Forces of the loss {name} need sets of labels, and these data have one label an item")


def _learned(module: M, name: str, weights: Callable[[], Checkpoint | None]) -> M:
    """Return a loss or a distance with what the run has learned of it."""
    if not module.state_dict():
        return module
    saved = weights()
    if saved is None:
        raise UserError(
            f"Forces need the weights of the {name}, which are known from the first checkpoint of a run on",
            remedy="Pause the run, which saves one, or wait",
        )
    module.to_empty(device="cpu")
    try:
        load_module(module, name, saved)
    except UserError as error:
        raise UserError(
            f"The weights of the {name} that the run has learned do not fit the recipe as it is now",
            remedy=f"Choose the {name} that it was trained with to see its forces",
        ) from error
    return module
