"""Where the fitting of a linear map is, and how that is told: the features, the map so far, its checkpoint."""

from __future__ import annotations

import math
import time

import numpy as np
import torch

from explorer.core.census_margin import census_margin
from explorer.core.errors import UserError
from explorer.core.events import Checkpoint, ParameterChanged, Set
from explorer.core.given_tuples import GivenTuples, against_fitted
from explorer.core.registry import Scalar, create
from explorer.core.types import UNLABELLED, FloatArray, IntArray, LearnedMetric, Progress, Snapshot, frozen
from explorer.learn.batch import Batch
from explorer.learn.checkpoints import load_module
from explorer.learn.device import choose_device, generator
from explorer.learn.device_data import DeviceData
from explorer.learn.embedding_health import embedding_health
from explorer.learn.folded_encoder import embed_evaluated
from explorer.learn.given import GivenIndex
from explorer.learn.kept_features import KeptFeatures
from explorer.learn.learned_metric import learned_metric
from explorer.learn.linear.base import Fitter, GivenPairs, Iterate, Problem
from explorer.learn.linear.fitted import Fitted
from explorer.learn.linear.lbfgs import State
from explorer.learn.meter import Clock, Meter, StepValues
from explorer.learn.parts import check_length, make_distance, make_encoder, observe
from explorer.learn.run_state import METRIC_SECONDS, Due, elapsed
from explorer.learn.task import Task

STATE = "fitter."
"""Prefix of the tensors that the fitter goes on from."""

WATCHED = 512
"""Training items on which triplets are counted at every iteration: the same all along."""


class FitState:
    """One run of a fitter: its parts and where it is; a step is an iteration.

    The features are those of the frozen encoder, and are kept in memory, (N, d) float32. They are not saved with the
    run; those of an encoder from files are in the cache (``KeptFeatures``), others are computed again.
    """

    def __init__(self, task: Task) -> None:
        if torch.get_num_threads() != task.threads:
            torch.set_num_threads(max(1, task.threads))
        self.task = task
        self.device = choose_device(task.recipe.device)
        self.precision = task.precision or task.recipe.precision
        self.pictures = DeviceData(task.pixels, self.device)
        part = task.recipe.fitter
        self.fitter: Fitter = create("fitter", part.name, part.params)
        self._given = self._taken(task.given)
        self.items, self.targets = self._training_items()
        self.encoder = self._encoder()
        distance = make_distance(task.recipe, self.encoder.dimension)
        if task.resume is None:
            self.fitter.check_dimension(self.encoder.features.dimension)
            check_length(distance, self.encoder.dimension)
        self.distance = distance.to(self.device)
        self.features = torch.zeros(len(self.pictures), self.encoder.features.dimension, device=self.device)
        self.embedded = 0
        self.epoch = self.step = 0  # it has iterations, and no epochs
        self.steps = self.fitter.iterations
        self.fitter_state: State = {}
        if task.resume is not None:
            self._restore(task.resume)
        self.clock = Clock()
        self.meter = Meter(task.run)
        self.due = Due()
        self.begun = self.step
        self.free = 0.0  # seconds of computing features, which do not count against the share for evaluating

    def _taken(self, given: GivenTuples | None) -> GivenTuples | None:
        """Return the given tuples, None where the fitter learns from classes, or from groups in their place."""
        if given is None or not given.tuples:
            return None
        if given.kind not in self.fitter.given:
            raise UserError(against_fitted(self.task.recipe.fitter.name, given.kind))
        return given

    def _training_items(self) -> tuple[IntArray, IntArray]:
        """Return the items to fit to, and their classes 0 …, −1 where there is none."""
        decided, train = self.task.decided(), self.task.split.train
        by_class = self.fitter.labels_needed and self._given is None
        labels = self.task.labels[train]
        if decided is not None:
            decided.check_left(labels, train, by_class=by_class)
            train = train[~decided.excluded[train]]
            labels = decided.labels[train]
        known = labels != UNLABELLED
        # a copy of its own: torch does not take the read-only array of a split
        items = train[known] if by_class else train.copy()
        targets: IntArray = np.full(len(labels), UNLABELLED, dtype=np.int64)
        targets[known] = np.unique(labels[known], return_inverse=True)[1]
        if by_class:
            targets = targets[known]
        if self.fitter.maps and not len(items):
            raise UserError(
                "There is nothing to fit to: no training item has a class"
                if by_class
                else "There is nothing to fit to: no item is left to train on",
                remedy="Choose fitter=identity, which fits nothing, or hold fewer items out",
            )
        return items, targets

    def _encoder(self) -> Fitted:
        encoder = make_encoder(self.task.recipe, self.pictures.shape, self.task.resume)
        assert isinstance(encoder, Fitted)
        shown = self.items if len(self.items) else np.arange(len(self.pictures))
        if len(shown):
            observe(encoder, self.task.pixels, shown)
        return encoder.to(self.device)

    def _restore(self, checkpoint: Checkpoint) -> None:
        load_module(self.encoder, "encoder", checkpoint)
        self.step = checkpoint.step
        for name, array in checkpoint.tensors.items():
            if name.startswith(STATE):
                tensor = torch.from_numpy(np.array(array))
                on_host = name.removeprefix(STATE) in ("iteration", "random")
                self.fitter_state[name.removeprefix(STATE)] = tensor if on_host else tensor.to(self.device)

    @torch.inference_mode()
    def embed(self, items: IntArray) -> None:
        """Compute the features of the items that come next; their time does not count as evaluating."""
        found = embed_evaluated(self.encoder.features, self.pictures, items, self.precision)
        self.features[torch.from_numpy(items).to(self.device)] = found
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)  # its time is measured, and a command shall not wait for more
        self.embedded += len(items)
        self.free += self.clock.lap("evaluating")

    def recall(self) -> bool:
        """Take over the features of all items, where they were kept by a run before; return whether they were."""
        self._kept = KeptFeatures(self.encoder.features, self.task.pixels, self.precision)
        found = self._kept.load()
        if found is None:
            return False
        self.features.copy_(torch.from_numpy(found))
        self.embedded = len(found)
        self.free += self.clock.lap("evaluating")
        return True

    def keep_features(self) -> None:
        """Keep the features of all items for the runs that come."""
        if self.complete:
            self._kept.keep(self.features.cpu().numpy())
            self.free += self.clock.lap("evaluating")

    @property
    def complete(self) -> bool:
        """Whether the features of all items are computed."""
        return self.embedded == len(self.pictures)

    @property
    def affordable(self) -> bool:
        """Whether evaluating has taken less than its share of the time so far."""
        return self.clock.evaluating - self.free <= self.task.evaluate_share * (self.clock.total - self.free)

    def begin(self) -> None:
        """Centre the features, and choose what is watched."""
        rows = torch.from_numpy(self.items).to(self.device)
        if self.encoder.map is not None and self.step == 0:
            total = torch.zeros(self.features.shape[1], dtype=torch.float64, device=self.device)
            for piece in rows.split(16384):
                total += self.features[piece].double().sum(dim=0)
            self.encoder.centre.copy_(total / len(rows))
            if bool((self.features[rows] == self.features[rows[0]]).all()):
                raise UserError(
                    "There is nothing to fit to: to the encoder all training items are the same",
                    remedy="Choose another encoder, or other data",
                )
        drawn = np.random.default_rng(self.task.recipe.seed).permutation(len(self.items))[:WATCHED]
        self._watched = rows[torch.from_numpy(drawn).to(self.device)]
        targets = self.targets[drawn].copy()
        none = targets == UNLABELLED
        targets[none] = len(self.targets) + np.arange(int(none.sum()))  # each is like no other
        self._watched_targets = torch.from_numpy(targets).to(self.device)
        self._problem_rows = rows

    def problem(self) -> Problem:
        """Return what the map is fitted to."""
        centre = self.encoder.centre if self.encoder.map is not None else 0.0
        return Problem(
            self.features[self._problem_rows] - centre,
            torch.from_numpy(self.targets).to(self.device),
            self.encoder.dimension,
            generator(int(np.random.SeedSequence(self.task.recipe.seed).generate_state(1)[0])),
            self.distance,
            self._pairs(),
        )

    def _pairs(self) -> GivenPairs | None:
        """Return the given pairs of the items that are fitted to."""
        if self._given is None:
            return None
        index = GivenIndex.of(self._given, self.items, len(self.pictures))
        return GivenPairs(torch.from_numpy(index.rows), torch.from_numpy(index.same))

    def take(self, found: Iterate) -> None:
        """Take over the map of an iteration, and note what it came to.

        Raises
        ------
        UserError: if the map is not finite; the one before is kept.
        """
        map = self.encoder.map
        if map is not None:
            if not bool(self.fitter_state["map"].isfinite().all()) or not math.isfinite(found.loss):
                raise UserError(
                    f"The map was not finite after iteration {self.step + 1}",
                    remedy="Check the data for extreme values, or choose another fitter or encoder",
                )
            map.weight.copy_(self.fitter_state["map"])
        self.step += 1
        self.meter.add(self.step, self.step, found.rate, self._margin(), found.items, self._values(found))

    def _margin(self) -> float:
        """Return the margin at which triplets are counted: that of the loss, as everywhere else in the window."""
        return census_margin(self.task.recipe.params("loss"))

    @torch.inference_mode()
    def _values(self, found: Iterate) -> StepValues:
        z = self.encoder.project(self.features[self._watched])
        batch = Batch(z, self._watched_targets, self.distance)
        census = batch.triplets.census(self._margin())
        loss, active, norm = (torch.tensor(v, dtype=torch.float64) for v in (found.loss, found.active, found.grad_norm))
        return StepValues(loss, active, norm, census, embedding_health(batch))

    @torch.inference_mode()
    def _embeddings(self) -> FloatArray:
        pieces = [self.distance.prepare(self.encoder.project(z)).cpu() for z in self.features.split(8192)]
        return frozen(torch.cat(pieces).numpy() if pieces else np.zeros((0, self.encoder.dimension), np.float32))

    def snapshot(self) -> Snapshot:
        """Return the embeddings of all items, as they are compared: each needs but one product."""
        self.clock.lap("training")
        indices: IntArray = frozen(np.arange(len(self.pictures)))
        made = Snapshot(self.task.run, self.step, indices, self._embeddings(), True, self.distance.lift)
        self.clock.lap("evaluating")
        self.due.snapshot = time.perf_counter()
        return made

    def learned(self) -> LearnedMetric | None:
        """Return the matrix that was fitted so far; None where nothing is linear."""
        started = time.perf_counter()
        found = learned_metric(self.encoder, self.distance, self.task.run, self.step)
        self.due.metric = started + max(METRIC_SECONDS, 50 * elapsed(started))  # at most 2 % of the time
        return found

    def converged(self) -> None:
        """Note that nothing is left to gain: the run ends at this step."""
        self.steps = self.step

    def change(self, command: Set) -> ParameterChanged:
        """Answer a change: nothing of a fitter can change while it fits."""
        kind, _, field = command.path.partition(".")
        recipe = self.task.recipe
        old: Scalar = ""
        if kind in type(recipe).model_fields and hasattr(getattr(recipe, kind), "params"):
            old = getattr(recipe.params(kind), field, "") if field else recipe.part(kind).name
        return ParameterChanged(self.task.run, self.step + 1, command.path, old, old, recipe)

    def progress(self) -> Progress:
        """Return how far the run is."""
        clock, left, done = self.clock, None, self.step - self.begun
        if done:
            left = (self.steps - self.step) * clock.training / done
        rate = self.meter.rate or (self.embedded / clock.total if clock.total else 0.0)
        return Progress(
            self.task.run,
            self.step,
            self.steps,
            self.step,
            self.steps,
            clock.total,
            left,
            rate,
            clock.evaluating_share,
        )

    def checkpoint(self) -> Checkpoint:
        """Return encoder, map and the state of the fitter, as of the last iteration."""
        tensors = {f"encoder.{name}": tensor for name, tensor in self.encoder.state_dict().items()}
        tensors |= {STATE + name: tensor for name, tensor in self.fitter_state.items()}
        arrays = {name: frozen(tensor.detach().cpu().numpy().copy()) for name, tensor in tensors.items()}
        return Checkpoint(self.task.run, self.step, self.step, arrays, {"position": 0})
