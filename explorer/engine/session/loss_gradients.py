"""Force arrows: where the gradient of the loss would move some items, as far as the map can show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint
from explorer.core.item_rows import rows_of
from explorer.core.map_values import Forces
from explorer.core.recipe import Recipe
from explorer.core.types import UNLABELLED, BoolArray, FloatArray, IntArray, Projection, Snapshot, frozen
from explorer.engine.datasets.loading import Opened
from explorer.engine.events import Notice
from explorer.engine.jobs import Control, Jobs
from explorer.engine.session.follow_job import FollowJob
from explorer.engine.session.miner_bench import embedded
from explorer.engine.session.state import SessionState
from explorer.runs.folder import RunFolder

if TYPE_CHECKING:
    from explorer.learn.embedding_gradient import EmbeddingGradient

MOST = 256
"""Items that may be asked about at a time."""

SECONDS = 1.0
"""Least time between two answers."""

NEIGHBOURS = 15
"""Nearest items from which it is learned which way of the embedding is which way on the map."""

RIDGE = 0.1
"""How strongly the local linear map is held back, as a share of the mean squared distance of the neighbours."""

REFERENCES = 100_000
"""Items among which neighbours are sought, at most."""

AT_ONCE = 32
"""Queries at a time: so many are answered by our own kernels, and this process never loads faiss."""

LENGTH, CUT = 0.04, 2.5
"""Median length of the arrows as a share of the width of the map, and how many times that the longest may be."""


def local_arrows(
    snapshot: Snapshot, projection: Projection, items: IntArray, directions: npt.NDArray[np.float64]
) -> FloatArray:
    """Return where directions (S, D) of the embeddings of ``items`` point on the map, (S, 2), in its units.

    A linear map is fitted to the nearest items of each by ridge regression, xy ≈ J e, and the arrow is J times the
    direction. All ``items`` are in both.
    """
    from explorer.measure.index import build_index  # numba: not on the GUI thread
    from explorer.measure.lifts import lift

    both, in_rows, in_map = np.intersect1d(snapshot.indices, projection.indices, return_indices=True)
    if len(both) > REFERENCES:
        some = np.random.default_rng(0).choice(len(both), REFERENCES, replace=False)
        some = np.union1d(some, np.searchsorted(both, items))
        both, in_rows, in_map = both[some], in_rows[some], in_map[some]
    x, xy = snapshot.embeddings[in_rows], projection.xy[in_map].astype(np.float64)
    index = build_index(x, lift(snapshot.distance), exact=True)
    own = np.searchsorted(both, items)
    arrows = np.zeros((len(items), 2), np.float32)
    for first in range(0, len(items), AT_ONCE):
        rows = own[first : first + AT_ONCE]
        near, _ = index.search(x[rows], NEIGHBOURS, exclude=rows)
        near = near[:, (near >= 0).all(axis=0)]
        away = x[near].astype(np.float64) - x[rows][:, None]
        shift = xy[near] - xy[rows][:, None]
        gram = away @ away.transpose(0, 2, 1)
        held = RIDGE * np.trace(gram, axis1=1, axis2=2) / max(near.shape[1], 1) + 1e-12
        gram += held[:, None, None] * np.eye(near.shape[1])
        along = np.einsum("skd,sd->sk", away, directions[first : first + AT_ONCE])
        weights = np.linalg.solve(gram, along[..., None])[..., 0]
        arrows[first : first + AT_ONCE] = np.einsum("sk,skc->sc", weights, shift)
    return arrows


def lengthened(arrows: FloatArray, width: float) -> FloatArray:
    """Return the arrows (S, 2) times one factor that gives those that are not zero a median length to be seen.

    The longest are cut to ``CUT`` times that: a few items are pulled many times as hard as most, across the whole map.
    """
    lengths = np.linalg.norm(arrows.astype(np.float64), axis=1)
    if not (lengths > 0).any():
        return frozen(np.zeros_like(arrows))
    median = float(np.median(lengths[lengths > 0]))
    cut = np.minimum(1.0, CUT * median / np.maximum(lengths, 1e-30))
    return frozen(arrows * (LENGTH * width / median * cut)[:, None], np.float32)


def forces_of(
    opened: Opened,
    recipe: Recipe,
    snapshot: Snapshot,
    projection: Projection,
    asked: IntArray,
    weights: Callable[[], Checkpoint | None],
) -> Forces:
    """Return the forces on those of the items that have an embedding and a place on the map. Torch is imported here.

    Raises
    ------
    UserError: if the loss cannot be evaluated on stored embeddings, see ``EmbeddingGradient``, or there is
        nothing to compare with.
    """
    items = np.intersect1d(np.intersect1d(asked[:MOST], snapshot.indices), projection.indices)
    if not len(items):
        return Forces(snapshot.run, snapshot.step, frozen(items), frozen(np.zeros((0, 2), np.float32)), _none())
    gradient = _gradient(opened, recipe, snapshot, items, weights)
    arrows = local_arrows(snapshot, projection, items, -gradient.astype(np.float64))
    strength = np.linalg.norm(gradient, axis=1)
    arrows[strength == 0] = 0.0
    width = float(np.ptp(projection.xy[:, 0])) if len(projection.xy) else 0.0
    return Forces(
        snapshot.run,
        snapshot.step,
        frozen(items),
        lengthened(arrows, width),
        frozen(strength, np.float32),
    )


def _none() -> FloatArray:
    return frozen(np.zeros(0, np.float32))


def _gradient(
    opened: Opened, recipe: Recipe, snapshot: Snapshot, items: IntArray, weights: Callable[[], Checkpoint | None]
) -> FloatArray:
    """Return the gradient of the loss with respect to the embeddings of some items, (S, D)."""
    from explorer.data.labels.labelling import label_sets_of
    from explorer.learn.parts import needs_of

    if opened.split is None:
        raise UserError(opened.problem or "there are no training items")
    pool, rows = embedded(opened, snapshot, recipe.seed)
    if not len(pool):
        raise UserError("No training item has an embedding yet", remedy="Wait for the first snapshot of the run")
    sets = label_sets_of(opened.dataset) if "label_sets" in needs_of(recipe) else None
    pull = _pull(opened, recipe, snapshot, (pool, rows), None if sets is None else sets[pool], weights)
    own = rows_of(pool, items)
    mine = snapshot.embeddings[rows_of(snapshot.indices, items)]
    labels = np.asarray(opened.dataset.labels, np.int64)[items]
    return pull.gradient(mine, labels, own, None if sets is None else sets[items])


def _pull(
    opened: Opened,
    recipe: Recipe,
    snapshot: Snapshot,
    pool: tuple[IntArray, FloatArray],
    sets: BoolArray | None,
    weights: Callable[[], Checkpoint | None],
) -> EmbeddingGradient:
    """Return the loss over a pool of training items and their embeddings."""
    from explorer.learn.embedding_gradient import EmbeddingGradient
    from explorer.learn.parts import make_augment, make_distance

    assert opened.split is not None
    dataset, (items, rows) = opened.dataset, pool
    labels = np.asarray(dataset.labels, np.int64)
    trained = np.unique(labels[opened.split.train])
    return EmbeddingGradient(
        recipe,
        rows,
        labels[items],
        {name: values.take(items) for name, values in dataset.columns.items()},
        classes=trained[trained != UNLABELLED],
        weights=weights,
        prepared=snapshot.distance == make_distance(recipe, rows.shape[1]).lift,
        factor=make_augment(recipe, dataset.modality.name, dataset.shape, 1.0).class_factor,
        label_sets=sets,
    )


class ForceWatch:
    """Keeps the forces on some items, ``Forces``, coming while they are wanted: now, and with all that is shown."""

    def __init__(self, session: SessionState, jobs: Jobs) -> None:
        self._session = session
        self._items: IntArray = np.empty(0, np.int64)
        self._following = FollowJob(jobs, "Compute forces", self._work, seconds=SECONDS)
        self._told = ""
        self._answered: tuple[object, ...] = ()
        self._saved: tuple[str, int, Checkpoint | None] = ("", -1, None)
        session.watchers.append(self._look)

    def want(self, items: Sequence[int] | IntArray) -> None:
        """Send the forces on these items (at most ``MOST`` of them) from now on; none: no more."""
        chosen = np.unique(np.asarray(items, np.int64))[:MOST]
        with self._session.lock:
            self._items, self._told, self._answered = chosen, "", ()
        self._look()

    def _look(self) -> None:
        if len(self._items):
            self._following.ask()

    def _work(self, _control: Control) -> None:
        session = self._session
        with session.lock:
            opened, recipe, generation, items = session.opened, session.recipe, session.generation, self._items
            snapshot, projection = session.in_view()
            key = (generation, recipe, snapshot and (snapshot.run, snapshot.step, snapshot.exact))
        if opened is None or not len(items) or key == self._answered:
            return
        try:
            if snapshot is None:
                raise UserError("Forces are those of a loss that is learned from", remedy="Train first")
            if projection is None or projection.run != snapshot.run:
                return  # the map is on its way, and the next snapshot asks again
            found = forces_of(opened, recipe, snapshot, projection, items, partial(self._weights, snapshot))
        except UserError as error:
            self._tell(str(error))
            return
        with session.lock:
            if self._items is items and session.results.post(found, generation):
                self._answered = key

    def _tell(self, reason: str) -> None:
        """Say once why there are no forces."""
        if reason != self._told:
            self._told = reason
            self._session.lanes.post(Notice(reason, "warning"))

    def _weights(self, snapshot: Snapshot) -> Checkpoint | None:
        """Return what the run had learned at a snapshot: its last checkpoint, or the newest one up to a kept step."""
        session = self._session
        with session.lock:
            running, path, kept = session.running, session.run_path, session.kept is not None
        if not kept and running is not None and running.run == snapshot.run and running.checkpoint is not None:
            return running.checkpoint
        if path is None:
            return None
        until = snapshot.step if kept else -1
        if self._saved[:2] != (snapshot.run, until):
            folder = RunFolder.open(path)
            if folder.run != snapshot.run:  # another run was opened meanwhile
                return None
            found = folder.latest_checkpoint(until) if kept else None
            found = found or folder.latest_checkpoint()
            self._saved = (snapshot.run, until, found)
        return self._saved[2]
