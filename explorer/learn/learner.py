"""The parts of a recipe, made and joined: everything of a run that has a state, and one step of training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.core.errors import UserError
from explorer.core.recipe import PART_KINDS, Recipe
from explorer.core.registry import Scalar, create, find
from explorer.core.types import UNLABELLED, IntArray
from explorer.learn.augments.base import Augment
from explorer.learn.bank import Bank
from explorer.learn.batch import Batch
from explorer.learn.device import generator, mixed_precision
from explorer.learn.distances.base import Distance
from explorer.learn.encoders.base import Encoder
from explorer.learn.losses.base import Loss
from explorer.learn.miners.base import Miner
from explorer.learn.pictures import Pictures
from explorer.learn.samplers.base import Sampler
from explorer.learn.schedules import Schedule
from explorer.learn.triplets import ClassPairs

OBSERVED = 4096
"""How many training pictures the mean and the deviation of the pixels are measured on."""


class NotFiniteError(Exception):
    """The loss or its gradient is not a finite number; the weights were left as they were."""


@dataclass(frozen=True, slots=True)
class StepValues:
    """What a step measured, still on the device: loss (), active (), grad_norm (), census (3,)."""

    loss: Tensor
    active: Tensor
    grad_norm: Tensor
    census: Tensor


def make_encoder(recipe: Recipe, shape: tuple[int, int, int]) -> Encoder:
    """Return an encoder with the first weights of a recipe's seed, channels last in memory."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(recipe.seed)
        encoder: Encoder = create("encoder", recipe.encoder.name, recipe.encoder.params, shape=shape)
    return encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def make_distance(recipe: Recipe) -> Distance:
    """Return the distance of a recipe."""
    distance: Distance = create("distance", recipe.distance.name, recipe.distance.params)
    return distance


def make_miner(recipe: Recipe) -> Miner:
    """Return the miner of a recipe."""
    miner: Miner = create("miner", recipe.miner.name, recipe.miner.params)
    return miner


class Learner:
    """Encoder, distance, loss, miner, sampler, augmentation, optimiser and schedule of a run, and its randomness.

    Parameters
    ----------
    recipe: what they are.
    pictures: of all items. labels: (N,) of all items. train: (T,) the items to train on.

    Raises
    ------
    UserError: if there is nothing to learn from these labels.
    """

    def __init__(self, recipe: Recipe, pictures: Pictures, labels: IntArray, train: IntArray) -> None:
        self.recipe = recipe
        self.pictures = pictures
        self.device = pictures.device
        self.train = train
        known = labels[train] != UNLABELLED
        classes, codes, counts = np.unique(labels[train][known], return_inverse=True, return_counts=True)
        self.targets: IntArray = np.full(len(train), UNLABELLED, dtype=np.int64)
        self.targets[known] = codes
        seeds = np.random.SeedSequence(recipe.seed).generate_state(2).tolist()
        self.host_random = generator(seeds[0])
        self.random = generator(seeds[1], self.device)
        part = recipe.sampler
        self.sampler: Sampler = create("sampler", part.name, part.params, self.targets, self.host_random)
        self.encoder = make_encoder(recipe, pictures.shape)
        if len(train):
            shown = train[np.linspace(0, len(train) - 1, min(OBSERVED, len(train))).astype(np.int64)]
            self.encoder.observe(Pictures(pictures.pixels, torch.device("cpu")).batch(shown))
        self.encoder.to(self.device)
        self.distance = make_distance(recipe)
        self.loss = self._make_loss(len(classes))
        self.miner = make_miner(recipe)
        part = recipe.augment
        typical = float(np.median(counts)) if len(counts) else float("inf")
        self.augment: Augment = create(
            "augment", part.name, part.params, shape=pictures.shape, images_per_class=typical
        )
        part = recipe.optimiser
        maker = create("optimiser", part.name, part.params)
        self.rate = float(maker.params.rate)
        self.optimiser: torch.optim.Optimizer = maker.make([self.encoder, self.loss], self.device)
        self.schedule: Schedule = create("schedule", recipe.schedule.name, recipe.schedule.params)
        self.bank = Bank(len(pictures), self.encoder.dimension, self.device)
        self._bad = torch.zeros((), device=self.device)

    def _make_loss(self, classes: int) -> Loss:
        part = self.recipe.loss
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.recipe.seed + 1)
            loss: Loss = create(
                "loss",
                part.name,
                part.params,
                distance=self.distance,
                classes=classes,
                dimension=self.encoder.dimension,
            )
        return loss.to(self.device)

    @property
    def weights(self) -> int:
        """Number of trainable weights."""
        modules = (self.encoder, self.loss)
        return sum(w.numel() for module in modules for w in module.parameters() if w.requires_grad)

    def advance(self, positions: IntArray, factor: float) -> StepValues:
        """Train one step on the training items at ``positions``, with ``factor`` times the learning rate.

        Raises
        ------
        NotFiniteError: before the step, if the loss or its gradient is not finite. On a GPU nothing waits for that:
        the step is skipped on the device, with all that follow, and ``StepValues`` says so once it is read.
        """
        items, labels = self.train[positions], torch.from_numpy(self.targets[positions])
        pictures = self.augment(self.pictures.batch(items), self.random)
        with mixed_precision(self.device):
            embeddings = self.encoder(pictures.contiguous(memory_format=torch.channels_last))
        batch = Batch(
            embeddings.float(),
            labels.to(self.device, non_blocking=True),
            self.distance,
            pairs=ClassPairs.of(labels).to(self.device),
            indices=torch.from_numpy(items),
        )
        margin = self.loss.census_margin
        mined = self.miner(batch, margin, self.random) if self.loss.mined else None
        output = self.loss(batch, mined)
        self.optimiser.zero_grad(set_to_none=True)
        output.value.backward()
        norm = self._guarded_step(output.value.detach(), factor)
        self.bank.write(items, batch.prepared)
        census = output.census if output.census is not None else batch.triplets.census(margin)
        return StepValues(output.value.detach(), output.active, norm, census)

    def _guarded_step(self, loss: Tensor, factor: float) -> Tensor:
        """Take the optimiser's step unless loss or gradient are not finite; return the length of the gradient."""
        gradients = [w.grad for group in self.optimiser.param_groups for w in group["params"] if w.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        good = torch.isfinite(loss + norm)
        if self.device.type == "cpu":
            if not good:
                raise NotFiniteError
        else:  # once bad, always bad: the flag makes fused optimisers skip the step without a wait for the device
            self._bad = torch.maximum(self._bad, 1.0 - good.float())
            self.optimiser.found_inf = self._bad  # type: ignore[attr-defined]
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * factor
        self.optimiser.step()
        return norm

    @torch.inference_mode()
    def embed(self, items: IntArray) -> Tensor:
        """Return the prepared embeddings of some items in evaluation mode, (M, D) float32, and bank them."""
        self.encoder.eval()
        try:
            with mixed_precision(self.device):
                embeddings = self.encoder(self.pictures.batch(items))
            prepared = self.distance.prepare(embeddings.float())
        finally:
            self.encoder.train()
        self.bank.write(items, prepared)
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)  # its time is measured, and a command shall not wait for more
        return prepared

    def change(self, path: str, value: Scalar) -> tuple[Scalar, Scalar]:
        """Change a live parameter, or the miner, before the next step; return what it was and what it is.

        Raises
        ------
        UserError: if there is no such parameter, the value is not allowed, or it cannot change while a run trains.
        """
        recipe = self.recipe.with_value(path, value)
        kind, _, field = path.partition(".")
        if kind != "miner" and not self._live(kind, field):
            raise UserError(f"{path} cannot change while a run trains", remedy="Stop the run and start another")
        before, after = (made.params(kind) if field else made.part(kind) for made in (self.recipe, recipe))
        self.recipe = recipe
        if kind == "miner":
            self.miner = make_miner(recipe)
        elif kind == "loss":
            self.loss.update(recipe.params("loss"))
        elif kind == "optimiser":
            self.rate = float(recipe.params("optimiser").rate)
        return getattr(before, field or "name"), getattr(after, field or "name")

    def current(self, path: str) -> Scalar:
        """Return the present value of a key of the recipe, empty text where there is no such key."""
        kind, _, field = path.partition(".")
        if kind not in PART_KINDS:
            return ""
        value: Scalar = getattr(self.recipe.params(kind), field, "") if field else self.recipe.part(kind).name
        return value

    def _live(self, kind: str, field: str) -> bool:
        if kind not in ("loss", "optimiser") or not field:
            return False
        entry = find(kind, self.recipe.part(kind).name)
        return any(info.live for info in entry.parameters if info.name == field)
