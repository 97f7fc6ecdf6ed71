"""Every miner on one batch: what each of them chooses, so that they can be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from explorer.core.census_margin import census_margin
from explorer.core.recipe import Recipe
from explorer.core.registry import catalogue, create
from explorer.core.text_column import TextColumn
from explorer.core.types import UNLABELLED, FloatArray, IntArray
from explorer.learn.batch import Batch, Triplets
from explorer.learn.device import generator
from explorer.learn.embedding_bank import Memory
from explorer.learn.miners.base import Miner
from explorer.learn.parts import blank_loss, by_steps, make_distance, make_miner
from explorer.learn.parts_of_others import batches_of, chosen_by, made
from explorer.learn.samplers.base import Sampler
from explorer.learn.shown_triplets import LastBatch

LARGEST = 512
"""Rows of a batch that are compared at most: every pair of one class may have a triplet of its own."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The triplets that a miner has chosen of a batch.

    ``anchors``, ``positives`` and ``negatives`` (T,) int64 positions in the training items; ``near`` and ``far`` (T,)
    float32: d_ap and d_an. ``count`` triplets in all, ``violating`` of them with d_an < d_ap + m, and the means of
    d_ap and d_an over all of them; ``listed`` False: there are more than the T that stand for them.
    """

    name: str
    anchors: IntArray
    positives: IntArray
    negatives: IntArray
    near: FloatArray
    far: FloatArray
    count: int
    violating: int
    mean_near: float
    mean_far: float
    listed: bool = True


class Bench:
    """A frozen batch of embeddings, drawn by the sampler of a recipe, and a memory of all of them.

    Parameters
    ----------
    embeddings: (N, D) float32 of the training items. labels: (N,), ``UNLABELLED`` where there is none.
    prepared: they are already as the distance of the recipe compares them.
    columns: further columns, N texts each.

    Attributes
    ----------
    positions: (B,) int64, the rows of the batch; support: how many at its head are that of an episode.
    margin: that of the loss. total: how many triplets the batch has.

    Raises
    ------
    UserError: if the sampler can make no batch of these labels.
    """

    def __init__(
        self,
        recipe: Recipe,
        embeddings: FloatArray,
        labels: IntArray,
        columns: Mapping[str, Sequence[str]],
        *,
        prepared: bool,
    ) -> None:
        self.recipe = recipe
        self.margin = census_margin(recipe.params("loss"))
        known = labels != UNLABELLED
        targets = np.full(len(labels), UNLABELLED, dtype=np.int64)
        targets[known] = np.unique(labels[known], return_inverse=True)[1]
        distance = make_distance(recipe, embeddings.shape[1])
        rows = torch.from_numpy(np.array(embeddings, dtype=np.float32))
        with torch.no_grad():
            rows = rows if prepared else distance.prepare(rows)
        self.memory = Memory(rows, torch.ones(len(rows), dtype=torch.bool), torch.from_numpy(targets))
        self.positions = self._drawn(targets, columns)
        here = torch.from_numpy(self.positions)
        self.batch = Batch(rows[here], self.memory.targets[here], distance, indices=here)
        self.batch.prepared = rows[here]
        self.total = int(self.batch.pairs.total)

    def _drawn(self, targets: IntArray, columns: Mapping[str, Sequence[str]]) -> IntArray:
        """Return the first batch of the sampler, of items with a class."""
        known = np.flatnonzero(targets != UNLABELLED)
        shown = {name: TextColumn.of(values).take(known) for name, values in columns.items()}
        part, draw = self.recipe.sampler, generator(self.recipe.seed)
        sampler = made("sampler", Sampler, part.name, part.params, targets[known], draw, shown)
        sampler.look(self.memory.embeddings[known], self.memory.seen[known])
        self.support = sampler.support
        return known[next(batches_of(sampler))[:LARGEST]]

    @torch.no_grad()
    def choices(self, told: Callable[[str, int, int], None], cancelled: Callable[[], bool]) -> Iterator[Choice]:
        """Yield what every installed miner chooses, with the parameters that the recipe has for its own."""
        entries = {name: entry for name, entry in catalogue("miner").items() if entry.available}
        for done, (name, entry) in enumerate(entries.items()):
            if cancelled():
                return
            told(entry.title, done, len(entries))
            part = self.recipe.miner
            miner = made("miner", Miner, name, part.params if part.name == name else {})
            draw = generator(self.recipe.seed)
            judged = miner.extend(self.batch, self.memory) if miner.uses_memory else self.batch
            mined = chosen_by(miner, judged, self.margin, draw)
            yield self._everything(name, draw) if mined is None else self._chosen(name, judged, mined)

    @torch.no_grad()
    def last(self) -> LastBatch:
        """Return the batch with what the recipe learns from in it, as a step of training would leave it."""
        classes, dimension = len(torch.unique(self.memory.targets)), self.memory.embeddings.shape[1]
        loss = blank_loss(self.recipe, self.batch.distance, classes=classes, dimension=dimension)
        judged = self.batch
        if not by_steps(self.recipe) or not loss.mined:
            return LastBatch.of(judged, None, self.margin)
        miner = make_miner(self.recipe)
        if miner.uses_memory and loss.pairwise:
            judged = miner.extend(judged, self.memory)
        return LastBatch.of(judged, chosen_by(miner, judged, self.margin, generator(self.recipe.seed)), self.margin)

    def _chosen(self, name: str, batch: Batch, mined: Triplets) -> Choice:
        mined = mined.compact()
        items = batch.indices
        assert items is not None
        a, p, n = mined.anchors, mined.positives, mined.negatives
        near, far = batch.distances[a, p], batch.distances[a, n]
        anchors, positives, negatives = (items[rows].numpy() for rows in (a, p, n))
        violating = int((far < near + self.margin).sum())
        mean_near, mean_far = (float(d.double().mean()) if len(d) else 0.0 for d in (near, far))
        count = len(near)
        return Choice(
            name, anchors, positives, negatives, near.numpy(), far.numpy(), count, violating, mean_near, mean_far
        )

    def _everything(self, name: str, draw: torch.Generator) -> Choice:
        """Return all triplets without listing them: a random negative of every pair of one class stands for them."""
        batch, pairs = self.batch, self.batch.pairs
        random: Triplets = create("miner", "random", {})(batch, self.margin, draw)
        sample = self._chosen(name, batch, random)
        d, total = batch.distances.double(), max(self.total, 1)
        negatives = pairs.different.sum(dim=1)
        near = float(((d * batch.same).sum(dim=1) * negatives).sum()) / total
        far = float(((d * pairs.different).sum(dim=1) * pairs.counts).sum()) / total
        return Choice(
            name,
            sample.anchors,
            sample.positives,
            sample.negatives,
            sample.near,
            sample.far,
            self.total,
            int(batch.triplets.violated(self.margin)),
            near,
            far,
            listed=False,
        )
