"""What a run is asked to do, and how long that takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from explorer.core.events import Checkpoint, OutsideInputs
from explorer.core.given_tuples import GivenTuples, checks_of
from explorer.core.label_decisions import DecidedLabels
from explorer.core.recipe import Recipe
from explorer.core.targets import Target
from explorer.core.types import BoolArray, ByteArray, FloatArray, IntArray, Snapshot, Split
from explorer.learn.ranks import Ranks

EPOCHS = 10
FEWEST_IMAGES, MOST_IMAGES = 20_000, 360_000
"""How long a run is when the recipe leaves it open: so many epochs, within so many images seen."""


@dataclass(frozen=True, slots=True)
class Task:
    """A run to be trained.

    Parameters
    ----------
    run: its id, carried by every event.
    recipe: what is trained.
    pixels: (N, H, W, C) uint8, all items, or (N, 1, 1, D) float32 for vectors.
    labels: (N,) int64, ``UNLABELLED`` where there is none.
    split: which items train and which are held out.
    threads: of torch on the CPU.
    precision: what that of the recipe came to on this machine; empty: as the recipe says.
    snapshot_seconds: how often the embeddings are published while ``live``, and the shortest time between two
        evaluation passes.
    evaluate_share: the largest share of the time that evaluation passes may take, the last one aside.
    checkpoint_seconds: the shortest time between the checkpoints at the ends of epochs.
    autosave_seconds: the longest time between two checkpoints, also within an epoch: what a crash may cost.
    resume: where to go on from.
    known: the embeddings that are shown of a run that goes on, of the weights there or earlier ones; None: of none.
    seconds: how long it was trained before it goes on.
    live: somebody watches: publish embeddings between evaluation passes.
    modality: what the items are, by which parts know whether they can read them.
    columns: further columns, N texts each, for samplers that know more than classes.
    label_sets: (N, S) bool, which labels every item has, where an item may have several.
    target: a number of every item, for losses that learn it.
    given: pairs or triplets of the items to learn from in place of classes; of must-link lists ``labels`` are the
        groups. Tuples that name an item which is not trained on are kept out, and only measured.
    decided: what was decided about the labels by now, asked before every epoch; None: nothing new.
    triplets_wanted: whether triplets of the last batch shall be published, asked before every step; it may change at
        any time, from any thread, and changes nothing else of the run.
    outside: what shall be embedded along with every snapshot though it is no item; asked and harmless likewise.
    ready: which items are there by now (N,), None once all are: a run may begin before. Others are neither drawn nor
        embedded; their pixels are read from ``pixels`` once they are ready.
    ranks: the processes that train it together.
    """

    run: str
    recipe: Recipe
    pixels: ByteArray | FloatArray
    labels: IntArray
    split: Split
    threads: int
    precision: str = ""
    snapshot_seconds: float = 2.0
    evaluate_share: float = 0.15
    checkpoint_seconds: float = 5.0
    autosave_seconds: float = 30.0
    resume: Checkpoint | None = None
    known: Snapshot | None = None
    seconds: float = 0.0
    live: bool = True
    modality: str = "pictures"
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    label_sets: BoolArray | None = None
    target: Target | None = None
    given: GivenTuples | None = None
    decided: Callable[[], DecidedLabels | None] = lambda: None
    triplets_wanted: Callable[[], bool] = lambda: False
    outside: Callable[[], OutsideInputs] = OutsideInputs
    ready: Callable[[], BoolArray | None] = lambda: None
    ranks: Ranks = field(default_factory=Ranks)

    @property
    def measured(self) -> IntArray:
        """The items that figures are measured on: those held out, and those of the given tuples that are kept out."""
        if self.given is None:
            return self.split.held_out
        checks = checks_of(self.given, self.split.train, len(self.labels))
        measured: IntArray = np.union1d(self.split.held_out, checks.items)
        return measured


def planned_epochs(recipe: Recipe, items: int) -> int:
    """Return the epochs of a run over ``items`` training items: those of the recipe, or as many as they need.

    Small sets get more epochs and large ones fewer, between ``FEWEST_IMAGES`` and ``MOST_IMAGES`` images in all.
    """
    if recipe.epochs:
        return recipe.epochs
    images = min(max(EPOCHS * items, FEWEST_IMAGES), MOST_IMAGES)
    return max(1, math.ceil(images / max(items, 1)))
