"""The parts of a recipe, made and joined: everything of a run that has a state, and one step of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint
from explorer.core.formula import check_change
from explorer.core.recipe import PART_KINDS, Part, Recipe
from explorer.core.registry import Scalar, create, find
from explorer.core.types import UNLABELLED, BoolArray, IntArray
from explorer.learn.augments.base import Augment
from explorer.learn.bank import Bank, Memory
from explorer.learn.batch import Batch
from explorer.learn.device import generator, mixed_precision
from explorer.learn.health import embedding_health
from explorer.learn.losses.base import Loss
from explorer.learn.parts import make_distance, make_encoder, make_miner, needs_of
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
    """What a step measured, still on the device: loss (), active (), grad_norm (), census (3,), health (4,)."""

    loss: Tensor
    active: Tensor
    grad_norm: Tensor
    census: Tensor
    health: Tensor


class Learner:
    """Encoder, distance, loss, miner, sampler, augmentation, optimiser and schedule of a run, and its randomness.

    Parameters
    ----------
    recipe: what they are.
    pictures: of all items. labels: (N,) of all items. train: (T,) the items to train on.
    columns, label_sets: of all items, see ``Task``. saved: the checkpoint that will be restored.

    Raises
    ------
    UserError: if there is nothing to learn from these labels.
    """

    def __init__(
        self,
        recipe: Recipe,
        pictures: Pictures,
        labels: IntArray,
        train: IntArray,
        *,
        columns: Mapping[str, Sequence[str]] | None = None,
        label_sets: BoolArray | None = None,
        saved: Checkpoint | None = None,
    ) -> None:
        self.recipe = recipe
        self.pictures = pictures
        self.device = pictures.device
        self.train = train
        known = labels[train] != UNLABELLED
        classes, codes, counts = np.unique(labels[train][known], return_inverse=True, return_counts=True)
        self.needs = needs_of(recipe)
        self.targets: IntArray = np.full(len(train), UNLABELLED, dtype=np.int64)
        self.targets[known] = codes
        if "labels" not in self.needs:  # every picture is its own class, and its views are the images of that class
            self.targets, classes = np.arange(len(train)), np.arange(len(train))
        self.label_sets = None if label_sets is None else torch.tensor(label_sets)
        if "label_sets" in self.needs and label_sets is None:
            raise UserError(
                f"the loss {recipe.loss.name} compares sets of labels, and these data have one label an item",
                remedy="Open a table whose label column lists several, or folders in folders",
            )
        seeds = np.random.SeedSequence(recipe.seed).generate_state(2).tolist()
        self.host_random = generator(seeds[0])
        self.random = generator(seeds[1], self.device)
        self.sampler = self._make_sampler(columns or {})
        self.encoder = make_encoder(recipe, pictures.shape, saved)
        if len(train):
            shown = train[np.linspace(0, len(train) - 1, min(OBSERVED, len(train))).astype(np.int64)]
            self.encoder.observe(Pictures(pictures.pixels, torch.device("cpu")).batch(shown))
        self.encoder.to(self.device)
        self.distance = make_distance(recipe, self.encoder.dimension).to(self.device)
        self.miner = make_miner(recipe)
        part = recipe.augment
        typical = float(np.median(counts)) if len(counts) else float("inf")
        self.augment: Augment = create(
            "augment", part.name, part.params, shape=pictures.shape, images_per_class=typical
        )
        self.loss = self._make_loss(len(classes) * self.augment.class_factor)
        part = recipe.optimiser
        maker = create("optimiser", part.name, part.params)
        self.rate, self.clip = float(maker.params.rate), float(maker.params.clip)
        if not self.weights:
            raise UserError(
                f"the encoder {recipe.encoder.name} has no weights to train",
                remedy="Choose a fitter, for example fitter=lmnn or fitter=identity, or another encoder",
            )
        self.optimiser: torch.optim.Optimizer = maker.make(self.modules, self.device)
        self.schedule: Schedule = create("schedule", recipe.schedule.name, recipe.schedule.params)
        self.bank = Bank(len(pictures), self.encoder.dimension, self.device)
        self.memory: Memory | None = None
        if "memory" in self.needs or self.miner.uses_memory or self.sampler.uses_memory:
            self._remember()
        self._bad = torch.zeros((), device=self.device)

    def _make_sampler(self, columns: Mapping[str, Sequence[str]]) -> Sampler:
        part = self.recipe.sampler
        if "labels" not in self.needs and part.name == "pk":  # without classes there are no P of them
            params = self.recipe.params("sampler")
            items = max(2, params.classes * params.images // 2)  # each comes twice
            part = Part(name="shuffled", params={"items": items})
        rows = self.train.tolist()
        shown = {name: [values[i] for i in rows] for name, values in columns.items()}
        sampler: Sampler = create("sampler", part.name, part.params, self.targets, self.host_random, shown)
        return sampler

    def _remember(self) -> None:
        """Begin to remember the embeddings of the training items."""
        if self.augment.class_factor > 1:
            raise UserError(
                "an augmentation that makes new classes does not go with what remembers pictures",
                remedy="Choose another augment, or a loss, miner and sampler without a memory",
            )
        targets = torch.full((len(self.pictures),), UNLABELLED, dtype=torch.int64)
        targets[torch.tensor(self.train)] = torch.from_numpy(self.targets)
        self.memory = Memory.empty(targets.to(self.device), self.encoder.dimension)

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
                channels=self.encoder.channels,
            )
        if "maps" in self.needs and not self.encoder.channels:
            raise UserError(
                f"the loss {part.name} looks at feature maps, and the encoder {self.recipe.encoder.name} has none",
                remedy="Choose encoder=cnn or encoder=resnet",
            )
        return loss.to(self.device)

    @property
    def modules(self) -> dict[str, nn.Module]:
        """Everything that has weights, by the name under which they are saved."""
        return {"encoder": self.encoder, "loss": self.loss, "distance": self.distance}

    @property
    def weights(self) -> int:
        """Number of trainable weights."""
        return sum(w.numel() for module in self.modules.values() for w in module.parameters() if w.requires_grad)

    def begin_epoch(self) -> None:
        """Let loss and sampler look at what is remembered of the training items."""
        if self.memory is None:
            return
        if "memory" in self.needs:
            self.loss.on_epoch(self.memory, self.random)
        if self.sampler.uses_memory:
            rows = torch.tensor(self.train).to(self.device)
            self.sampler.look(self.memory.embeddings[rows].cpu(), self.memory.seen[rows].cpu())

    def advance(self, positions: IntArray, factor: float) -> StepValues:
        """Train one step on the training items at ``positions``, with ``factor`` times the learning rate.

        Raises
        ------
        NotFiniteError: before the step, if the loss or its gradient is not finite. On a GPU nothing waits for that:
        the step is skipped on the device, with all that follow, and ``StepValues`` says so once it is read.
        """
        items = self.train[positions]
        batch = self._batch(items, positions)
        margin = self.loss.census_margin
        judged, mined = batch, None
        if self.loss.mined:
            if self.memory is not None and self.miner.uses_memory and self.loss.pairwise:
                judged = self.miner.extend(batch, self.memory)
            mined = self.miner(judged, margin, self.random)
        output = self.loss(judged, mined)
        self.optimiser.zero_grad(set_to_none=True)
        output.value.backward()
        norm = self._guarded_step(output.value.detach(), factor)
        prepared = batch.prepared[: len(items)]
        self.bank.write(items, prepared)
        if self.memory is not None:
            self.memory.write(torch.from_numpy(items).to(self.device), prepared)
        census = output.census if output.census is not None else batch.triplets.census(margin)
        return StepValues(output.value.detach(), output.active, norm, census, embedding_health(batch))

    def _batch(self, items: IntArray, positions: IntArray) -> Batch:
        """Return the batch of some training items, augmented and embedded; with two views, each item comes twice."""
        host = torch.from_numpy(self.targets[positions])
        pictures, rows = self.pictures.batch(items), torch.from_numpy(items)
        sets = None if self.label_sets is None else self.label_sets[rows].to(self.device, non_blocking=True)
        pairs: ClassPairs | None = None
        if "views" in self.needs:
            pictures = torch.cat([self.augment(pictures, self.random) for _ in range(2)])
            host, rows = host.repeat(2), rows.repeat(2)
            sets = sets if sets is None else sets.repeat(2, 1)
            labels = host.to(self.device, non_blocking=True)
        else:
            labels = host.to(self.device, non_blocking=True)
            pictures, labels = self.augment.relabelled(pictures, labels, self.random)
        if self.augment.class_factor == 1:
            pairs = ClassPairs.of(host).to(self.device)
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        maps = None
        with mixed_precision(self.device):
            if "maps" in self.needs:
                maps = self.encoder.maps(pictures)
                embeddings = self.encoder.pooled(maps)
            else:
                embeddings = self.encoder(pictures)
        support = torch.arange(len(labels), device=self.device) < self.sampler.support if self.sampler.support else None
        return Batch(
            embeddings.float(),
            labels,
            self.distance,
            pairs=pairs,
            indices=rows.to(self.device, non_blocking=True),
            support=support,
            maps=None if maps is None else maps.float(),
            label_sets=sets,
        )

    def _guarded_step(self, loss: Tensor, factor: float) -> Tensor:
        """Take the optimiser's step unless loss or gradient are not finite; return the length of the gradient."""
        weights = [w for group in self.optimiser.param_groups for w in group["params"]]
        gradients = [w.grad for w in weights if w.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        if self.clip:
            torch.nn.utils.clip_grads_with_norm_([w for w in weights if w.grad is not None], self.clip, norm)
        good = torch.isfinite(loss + norm)
        if self.device.type == "cpu":
            if not good:
                raise NotFiniteError
        else:  # once bad, always bad: the flag makes fused optimisers skip the step without a wait for the device
            self._bad = torch.maximum(self._bad, 1.0 - good.float())
            self.optimiser.found_inf = self._bad  # type: ignore[attr-defined]
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * factor * group["scale"]
        self.optimiser.step()
        return norm

    @torch.inference_mode()
    def embed(self, items: IntArray, *, remember: bool = False) -> Tensor:
        """Return the prepared embeddings of some items in evaluation mode, (M, D) float32, and bank them.

        ``remember``: they are training items, and the memory shall have them too.
        """
        self.encoder.eval()
        try:
            with mixed_precision(self.device):
                embeddings = self.encoder(self.pictures.batch(items))
            prepared = self.distance.prepare(embeddings.float())
        finally:
            self.encoder.train()
        self.bank.write(items, prepared)
        if remember and self.memory is not None:
            self.memory.write(torch.tensor(items).to(self.device), prepared)
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
        check_change(self.recipe, recipe)
        before, after = (made.params(kind) if field else made.part(kind) for made in (self.recipe, recipe))
        self.recipe = recipe
        if kind == "miner":
            self.miner = make_miner(recipe)
            if self.miner.uses_memory and self.memory is None:
                self._remember()
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
