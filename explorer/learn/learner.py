"""The parts of a recipe, made and joined: everything of a run that has a state, and one step of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint
from explorer.core.given_tuples import GivenTuples
from explorer.core.label_decisions import DecidedLabels
from explorer.core.live_change import with_live_value
from explorer.core.part_titles import part_title
from explorer.core.recipe import PART_KINDS, Part, Recipe
from explorer.core.registry import Scalar, create
from explorer.core.sides import Sides, sides_of
from explorer.core.targets import Target
from explorer.core.text_column import TextColumn
from explorer.core.types import UNLABELLED, BoolArray, IntArray
from explorer.learn.anchor_blocks import census_in_blocks, judged_in_blocks
from explorer.learn.batch import Batch, BatchTarget, LossOutput, pair_masks
from explorer.learn.batch_maker import Backward, BatchMaker
from explorer.learn.device import generator
from explorer.learn.device_data import DeviceData
from explorer.learn.embedding_bank import Bank, Memory
from explorer.learn.embedding_health import embedding_health
from explorer.learn.folded_encoder import Evaluating, embed_evaluated
from explorer.learn.given import GivenIndex, census_of, needs_with_given
from explorer.learn.global_norms import normalise_over_ranks
from explorer.learn.guarded_optimiser import GuardedOptimiser
from explorer.learn.hidden_layers import check_layer
from explorer.learn.losses.base import Loss
from explorer.learn.meter import StepValues
from explorer.learn.parts import (
    check_length,
    make_augment,
    make_distance,
    make_encoder,
    make_miner,
    needs_of,
    observe,
)
from explorer.learn.parts_of_others import check_sampler, checked, chosen_by, made
from explorer.learn.ranks import Ranks
from explorer.learn.samplers.base import Sampler
from explorer.learn.schedules import Schedule
from explorer.learn.seeding import seeded
from explorer.learn.shown_triplets import LastBatch
from explorer.learn.targets import Targets


class Learner:
    """Encoder, distance, loss, miner, sampler, augmentation, optimiser and schedule of a run, and its randomness.

    While it is ``watched``, every step leaves its batch in ``last``, so that it can be shown.

    Parameters
    ----------
    recipe: what they are.
    pictures: of all items. labels: (N,) of all items. train: (T,) the items to train on.
    modality, columns, label_sets, target: of all items, see ``Task``. given: pairs or triplets to learn from.
    saved: the checkpoint that will be restored.
    observed: the items that an encoder may look at before it begins; None: those to train on.
    precision: of the encoder while it trains; empty: that of the recipe.

    Raises
    ------
    UserError: if there is nothing to learn from these labels.
    """

    def __init__(
        self,
        recipe: Recipe,
        pictures: DeviceData,
        labels: IntArray,
        train: IntArray,
        *,
        modality: str = "pictures",
        columns: Mapping[str, Sequence[str]] | None = None,
        label_sets: BoolArray | None = None,
        target: Target | None = None,
        given: GivenTuples | None = None,
        saved: Checkpoint | None = None,
        observed: IntArray | None = None,
        precision: str = "",
    ) -> None:
        self.recipe = recipe
        self.ranks = Ranks()
        self.precision = precision or recipe.precision
        self.pictures = pictures
        self.device = pictures.device
        self.needs = needs_of(recipe) if given is None else needs_with_given(recipe, given.kind)
        self._target = self._known_target(target)
        self.train = train = train if self._target is None else train[self._target.known[train]]
        self._tuples = given
        self.given = self._index_given()
        self._sides = self._known_sides(columns or {})
        targets = self._make_targets(labels[train], train)
        self.targets = targets.codes
        self._given = (train, labels[train], targets, columns or {}, label_sets)
        self._check_sets(label_sets)
        seeds = np.random.SeedSequence(recipe.seed).generate_state(2).tolist()
        self.host_random = generator(seeds[0])
        self.random = generator(seeds[1], self.device)
        self.sampler = self._make_sampler(columns or {})
        self.encoder = make_encoder(recipe, pictures.shape, saved)
        observe(self.encoder, pictures.pixels, train if observed is None else observed)
        self.encoder.to(self.device)
        self.evaluating = Evaluating(self.encoder)
        distance = make_distance(recipe, self.encoder.dimension)
        if saved is None:
            check_length(distance, self.encoder.dimension)
        self.distance = distance.to(self.device)
        self.miner = make_miner(recipe)
        self.augment = make_augment(recipe, modality, pictures.shape, targets.typical)
        self.loss = self._make_loss(targets.classes * self.augment.class_factor)
        self.optimiser = self._make_optimiser()
        self.schedule: Schedule = create("schedule", recipe.schedule.name, recipe.schedule.params)
        self.bank = Bank(len(pictures), self.encoder.dimension, self.device)
        self.watched = False
        self.last: LastBatch | None = None
        self.memory: Memory | None = None
        if "memory" in self.needs or self.miner.uses_memory or self.sampler.uses_memory:
            self._remember()
        self._batches = self._make_batches(label_sets)

    def share(self, ranks: Ranks) -> None:
        """Train together with other processes from now on, which have the same state; the first announces what it does.

        Raises
        ------
        UserError: if the encoder cannot be trained so.
        """
        if ranks.size > 1:
            normalise_over_ranks(self.encoder, ranks)
            self.evaluating.changed()
        if not ranks.is_first:
            self.bank.let_go()
        self.ranks = ranks
        self._batches = replace(self._batches, ranks=ranks)

    def relabel(self, now: DecidedLabels) -> None:
        """Learn by other labels from the next batch on; what is excluded is not drawn any more.

        Raises
        ------
        UserError: if there is nothing to learn from any more.
        """
        train, labels, targets, columns, label_sets = self._given
        now.check_left(labels, train, by_class="labels" in self.needs)
        self.ranks.say("relabel", now.labels, excluded=np.flatnonzero(now.excluded).tolist())
        self.train = train[~now.excluded[train]]
        if "labels" in self.needs:
            self.targets = targets.decided(labels, now.labels[self.train])
        else:
            self.targets = self._make_targets(now.labels[self.train], self.train).codes
        self.given = self._index_given()
        self.sampler = self._make_sampler(columns)
        if self.memory is not None:
            self.memory.targets.copy_(self._targets_of_all())
        self._batches = self._make_batches(label_sets)

    def _known_target(self, target: Target | None) -> Target | None:
        """Return the number of every item, where the loss orders items by it."""
        if "target" not in self.needs:
            return None
        if target is None:
            raise UserError(
                f"The loss {self._loss_called} learns a number, and none was chosen",
                remedy="Choose the column of the target, or a loss that learns classes",
            )
        return target

    @property
    def _loss_called(self) -> str:
        """What the loss is called where it cannot be used."""
        return part_title("loss", self.recipe.loss.name)

    @property
    def _encoder_called(self) -> str:
        """What the encoder is called where it cannot be used."""
        return part_title("encoder", self.recipe.encoder.name)

    @property
    def _batch_target(self) -> BatchTarget | None:
        """The numbers as losses compare them, on the host."""
        if self._target is None:
            return None
        values, period = self._target.scaled()
        return BatchTarget(torch.from_numpy(values), period)

    def _index_given(self) -> GivenIndex | None:
        """Return the given tuples of the items that are trained on."""
        return None if self._tuples is None else GivenIndex.of(self._tuples, self.train, len(self.pictures))

    def _known_sides(self, columns: Mapping[str, Sequence[str]]) -> Sides | None:
        """Return which items belong together, where the loss asks for it."""
        if "sides" not in self.needs:
            return None
        sides = sides_of(columns)
        if sides is None:
            raise UserError(
                f"The loss {self._loss_called} compares pictures with captions, and these data have one side",
                remedy="Choose the loss InfoNCE / NT-Xent (nt_xent) or SigLIP (siglip), or open pictures with captions",
            )
        return sides

    def _make_targets(self, labels: IntArray, items: IntArray) -> Targets:
        """Return what items with these labels are to be told apart by: classes, what belongs together, or each."""
        if self._sides is not None and "labels" not in self.needs:
            return Targets.of_pairs(self._sides.pairs[items])
        if self._target is not None and "labels" not in self.needs:
            return Targets.of_values(self._target.values[items])
        return Targets.of(labels, by_class="labels" in self.needs)

    def draw_smaller(self, path: str, value: Scalar) -> None:
        """Draw other batches from the next epoch on: ``path`` is a key of the sampler.

        Raises
        ------
        UserError: if the value is not allowed.
        """
        state = self.sampler.state()
        self.recipe = self.recipe.with_value(path, value)
        _, _, _, columns, label_sets = self._given
        self.sampler = self._make_sampler(columns)
        self.sampler.load_state(state)
        self._batches = self._make_batches(label_sets)

    def free_memory(self) -> None:
        """Let go of what a step that did not fit has left on the device."""
        self.optimiser.inner.zero_grad(set_to_none=True)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def _check_sets(self, label_sets: BoolArray | None) -> None:
        if "label_sets" in self.needs and label_sets is None:
            raise UserError(
                f"The loss {self._loss_called} compares sets of labels, and these data have one label an item",
                remedy="Open a table whose label column lists several, or folders in folders",
            )

    def _make_sampler(self, columns: Mapping[str, Sequence[str]]) -> Sampler:
        part = self.recipe.sampler
        if "sides" in self.needs and part.name == "pk":  # of a picture there are not K, and captions are not alike
            part = Part(name="pairs")
        elif self._target is not None and "labels" not in self.needs and part.name == "pk":
            params = self.recipe.params("sampler")
            part = Part(name="spread", params={"items": max(2, params.classes * params.images)})
        elif self.given is not None and part.name == "pk":  # as many items in a batch
            params, size = self.recipe.params("sampler"), self.given.rows.shape[1]
            part = Part(name="given", params={"tuples": max(1, params.classes * params.images // size)})
        elif "labels" not in self.needs and part.name == "pk":  # without classes there are no P of them
            params = self.recipe.params("sampler")
            items = max(2, params.classes * params.images // 2)  # each comes twice
            part = Part(name="shuffled", params={"items": items})
        rows = self.train.tolist()
        shown = {name: TextColumn.of(values).take(rows) for name, values in columns.items()}
        given = None if self.given is None else self.given.rows
        sampler = made("sampler", Sampler, part.name, part.params, self.targets, self.host_random, shown, given)
        check_sampler(sampler)
        return sampler

    def _make_optimiser(self) -> GuardedOptimiser:
        if not self.weights:
            raise UserError(
                f"The encoder {self._encoder_called} has no weights to train",
                remedy="Choose a fitter, for example fitter=lmnn or fitter=identity, or another encoder",
            )
        return GuardedOptimiser(self.recipe.optimiser, self.modules, self.device)

    def _make_batches(self, label_sets: BoolArray | None) -> BatchMaker:
        return BatchMaker(
            self.pictures,
            self.targets,
            None if self._sides is None else self._sides.texts[self.train],
            None if label_sets is None else torch.tensor(label_sets),
            self._batch_target,
            self.needs,
            sampler=self.sampler,
            augment=self.augment,
            encoder=self.encoder,
            distance=self.distance,
            random=self.random,
            precision=self.precision,
            chunk=int(getattr(self.recipe.params("sampler"), "chunk", 0)),
            layers=self.loss.layers,
            ranks=self.ranks,
        )

    def _remember(self) -> None:
        """Begin to remember the embeddings of the training items."""
        if self.augment.class_factor > 1:
            raise UserError(
                "An augmentation that makes new classes does not go with what remembers pictures",
                remedy="Choose another augment, or a loss, miner and sampler without a memory",
            )
        self.memory = Memory.empty(self._targets_of_all().to(self.device), self.encoder.dimension)

    def _targets_of_all(self) -> Tensor:
        """Return the target (N,) of every item, unlabelled where it is not trained on."""
        targets = torch.full((len(self.pictures),), UNLABELLED, dtype=torch.int64)
        targets[torch.tensor(self.train)] = torch.from_numpy(self.targets)
        return targets

    def _make_loss(self, classes: int) -> Loss:
        part = self.recipe.loss
        with seeded(self.recipe.seed + 1):
            loss = made(
                "loss",
                Loss,
                part.name,
                part.params,
                distance=self.distance,
                classes=classes,
                dimension=self.encoder.dimension,
                channels=self.encoder.channels,
            )
        if "maps" in self.needs and not self.encoder.channels:
            raise UserError(
                f"The loss {self._loss_called} looks at feature maps, and the encoder {self._encoder_called} has none",
                remedy="Choose encoder=cnn or encoder=resnet",
            )
        for name in loss.layers:
            check_layer(self.encoder, name)
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
        self.ranks.say("begin_epoch")
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
        self.ranks.say("advance", positions, factor=factor)
        items = self.train[positions]
        batch, backward = self._batches.make(items, positions)
        margin = self.loss.census_margin
        judged, mined = batch, None
        if self.given is not None:
            mined = self.given.mined(positions, self.device)
            batch.same, batch.different = pair_masks(batch, mined)
        elif self.loss.mined:
            if self.memory is not None and self.miner.uses_memory and self.loss.pairwise:
                judged = self.miner.extend(batch, self.memory)
            mined = chosen_by(self.miner, judged, margin, self.random)
        in_blocks = 0 < self._batches.chunk < len(items) and batch.texts is None and self.given is None
        by_anchor = in_blocks and self.loss.by_anchor and mined is None and judged is batch
        output = (
            judged_in_blocks(self.loss, batch)
            if by_anchor
            else checked(self.loss(judged, mined), self.loss, judged.embeddings)
        )
        if self.given is not None and output.census is None:
            output = replace(output, census=census_of(batch, mined, margin))
        norm = self.optimiser.step(output.value, factor, partial(self._backward, backward))
        self.evaluating.changed()
        self.last = LastBatch.of(judged, mined, margin) if self.watched else None
        prepared = batch.prepared[: len(items)]
        self.bank.write(items, prepared)
        if self.memory is not None:
            self.memory.write(torch.from_numpy(items).to(self.device), prepared)
        return self._measured(batch, output, norm, in_blocks=in_blocks)

    def _backward(self, backward: Backward, loss: Tensor) -> None:
        """Leave the gradient of a loss at the weights, of the rows on all ranks."""
        backward(loss)
        if self.ranks.size == 1:
            return
        own, whole = (
            [w.grad for part in parts for w in part.parameters() if w.grad is not None]
            for parts in ([self.encoder], [self.loss, self.distance])
        )
        self.ranks.sum(own)
        self.ranks.mean(whole)

    def _measured(self, batch: Batch, output: LossOutput, norm: Tensor, *, in_blocks: bool) -> StepValues:
        """Return what a step measured."""
        census, margin, hardest = output.census, self.loss.census_margin, None
        if in_blocks:
            counted, hardest = census_in_blocks(batch, margin)
            census = counted if census is None else census
        census = batch.triplets.census(margin) if census is None else census
        return StepValues(output.value.detach(), output.active, norm, census, embedding_health(batch, hardest))

    @torch.inference_mode()
    def embed(self, items: IntArray, *, remember: bool = False) -> Tensor:
        """Return the prepared embeddings of some items in evaluation mode, (M, D) float32, and bank them.

        ``remember``: they are training items, and the memory shall have them too. Those that do not fit on the device
        together are embedded by halves.
        """
        self.ranks.say("embed", items, remember=remember)
        prepared = self._prepared(items)
        if prepared is None:
            self.free_memory()
            halves = np.array_split(items, 2)
            return torch.cat([self.embed(half, remember=remember) for half in halves])
        self.bank.write(items, prepared)
        if remember and self.memory is not None:
            self.memory.write(torch.tensor(items).to(self.device), prepared)
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)  # its time is measured, and a command shall not wait for more
        return prepared

    def _prepared(self, items: IntArray) -> Tensor | None:
        """Return the prepared embeddings of some items, None where several did not fit on the device together."""
        try:
            with self.evaluating.ready(self.device) as encoder:
                own = embed_evaluated(encoder, self.pictures, items[self.ranks.shard(len(items))], self.precision)
                return self.distance.prepare(self.ranks.gather(own, len(items)))
        except torch.OutOfMemoryError:
            if len(items) < 2 or self.ranks.size > 1:
                raise
            return None

    def change(self, path: str, value: Scalar) -> tuple[Scalar, Scalar]:
        """Change a live parameter, or the miner, before the next step; return what it was and what it is.

        Raises
        ------
        UserError: if there is no such parameter, the value is not allowed, or it cannot change while a run trains.
        """
        recipe = with_live_value(self.recipe, path, value)
        self.ranks.say("change", path=path, value=value)
        kind, _, field = path.partition(".")
        before, after = (made.params(kind) if field else made.part(kind) for made in (self.recipe, recipe))
        self.recipe = recipe
        if kind == "miner":
            self.miner = make_miner(recipe)
            if self.miner.uses_memory and self.memory is None:
                self._remember()
        elif kind == "loss":
            self.loss.update(recipe.params("loss"))
        elif kind == "optimiser":
            self.optimiser.rate = float(recipe.params("optimiser").rate)
        return getattr(before, field or "name"), getattr(after, field or "name")

    def current(self, path: str) -> Scalar:
        """Return the present value of a key of the recipe, empty text where there is no such key."""
        kind, _, field = path.partition(".")
        if kind not in PART_KINDS:
            return ""
        value: Scalar = getattr(self.recipe.params(kind), field, "") if field else self.recipe.part(kind).name
        return value
