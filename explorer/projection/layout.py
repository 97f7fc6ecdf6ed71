"""The live map: one continuous motion. A new snapshot swaps the graph under the points and reheats them a little."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from explorer.core.types import BoolArray, FloatArray, IntArray, frozen
from explorer.measure.cells import Effort
from explorer.measure.lifts import Lift, laid_out
from explorer.measure.pairs import never
from explorer.measure.search import knn_graph
from explorer.projection.align import Rigid, registration
from explorer.projection.curve import fit_curve
from explorer.projection.graph import FuzzySet, from_zero, fuzzy_set, labels_pull, without_weak
from explorer.projection.methods.base import Frame as Frame
from explorer.projection.motion import chances, force_table, run_epoch
from explorer.projection.pca import finite, principal_components
from explorer.projection.positions import Positions, placed_by_neighbours, placed_like, renumbered

_NEGATIVES = 5
_SMALL = 10_000
_LEAST_WEIGHT = 1 / 500  # a weaker edge would be drawn less than once while the layout cools
_COMPARED = 2_000
_FIRST_HEAT = 0.5  # a start from PCA converges as well from here as from 1, in half the epochs, and boils less
_REHEAT = 0.25  # by how much a snapshot with nothing but new neighbours reheats
_CALM = 0.06  # below this the map only drifts, and cools so slowly that it drifts from one snapshot to the next


class LiveLayout:
    """UMAP in motion. ``swap`` may run in one thread while ``epoch`` and ``frame`` run in another.

    Parameters
    ----------
    neighbours: size of the neighbourhood of an item, itself included.
    min_dist, spread: how close points may lie, and at which scale; see ``fit_curve``.
    label_weight: how strongly classes pull their items together, 0 (not at all) to 1; see ``labels_pull``.
    seed: the same calls in the same order give the same map.
    """

    def __init__(
        self,
        *,
        neighbours: int = 15,
        min_dist: float = 0.1,
        spread: float = 1.0,
        label_weight: float = 0.0,
        seed: int = 0,
    ) -> None:
        self._neighbours = max(2, neighbours)
        self._label_weight = label_weight
        self._table = force_table(*fit_curve(min_dist, spread))
        self._seed = seed
        self._random = np.array([seed * 2654435761 + 88172645463325252], np.uint64)
        self._lock = threading.Lock()
        self._known = Positions()  # of every item ever placed, also of those that are not on the map now
        self._shown = Positions()  # as last published
        self._indices: IntArray = np.empty(0, np.int64)
        self._xy: FloatArray = np.empty((0, 2), np.float32)
        self._graph: FuzzySet | None = None
        self._chance = np.empty(0, np.uint32)
        self._nearest: tuple[IntArray, IntArray] | None = None  # the items of the last graph and their neighbours
        self._labels: IntArray | None = None  # of the items of the last graph
        self._holding: IntArray = np.empty(0, np.int64)  # the items that are held, on the map or not
        self._held: BoolArray = np.empty(0, np.bool_)  # which of those on the map; (0,) where none is
        self._motion: Rigid | None = None  # from where points lie to where they were last shown
        self._effort, self._metric = Effort(), ""
        self._recall = 1.0
        self._epoch = 0
        self._heat = 0.0
        self._moved = False
        self._frozen = False

    @property
    def heat(self) -> float:
        """The step size now: 0.5 when a first layout starts, 0 when it has cooled down."""
        return self._heat

    @property
    def calm(self) -> bool:
        """Whether the points only drift: one epoch a frame is enough then."""
        return self._heat <= _CALM

    @property
    def done(self) -> bool:
        """Whether there is nothing to move: no graph yet, cooled down, or frozen."""
        return self._graph is None or self._heat <= 0 or self._frozen

    def freeze(self, frozen_now: bool = True) -> None:
        """Keep the points where they are (a new snapshot still swaps the graph), or let them go on."""
        self._frozen = frozen_now

    def settle(self) -> None:
        """Heat up as for a first layout and let go, so that the epochs that follow run to convergence."""
        with self._lock:
            self._frozen = False
            self._heat = _FIRST_HEAT

    def hold(self, items: IntArray) -> None:
        """Keep these items (H,) where they are, on the screen too, while the others move; none: let all go."""
        with self._lock:
            self._holding = np.array(items, np.int64)
            self._hold()

    def _hold(self) -> None:
        """Find the held items on the map; the lock is held."""
        held = np.isin(self._indices, self._holding)
        self._held = held if held.any() else held[:0]

    def remember(self, indices: IntArray, xy: FloatArray) -> None:
        """Begin where an earlier map ended: items (M,) that come onto the map start at ``xy`` (M, 2)."""
        items, places = np.asarray(indices, np.int64), np.array(xy, np.float32)
        with self._lock:
            self._known.set(items, places, settled=True)
        self._shown.set(items, places, settled=True)

    def place(self, indices: IntArray, x: FloatArray, lift: Lift) -> Frame:
        """Put items (M,) with embeddings (M, D) on the map at once: known ones stay, new ones go where PCA says.

        Uses no compiled code, so the first picture does not wait for it.
        """
        start = self._start(np.asarray(indices, np.int64), laid_out(lift, finite(x)))
        with self._lock:
            self._show(start[0], start[1])
        return self.frame()

    def swap(
        self,
        indices: IntArray,
        x: FloatArray,
        lift: Lift,
        *,
        labels: IntArray | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> None:
        """Put the neighbour graph of a new snapshot under the points and reheat by how much it changed.

        Items that no graph held before start at the mean of their neighbours that one did. ``labels`` (M,): the classes
        that pull, −1 where unknown.

        Raises
        ------
        Cancelled: if ``cancelled()`` turns true; nothing was changed then.
        """
        items, rows = np.array(indices, np.int64), finite(x)
        near, distances, recall = self._neighbours_of(items, rows, lift, cancelled)
        graph = fuzzy_set(near, from_zero(distances), self._neighbours)
        pulling = None if labels is None or self._label_weight <= 0 else np.array(labels, np.int64)
        if pulling is not None:
            graph = labels_pull(graph, pulling, self._label_weight)
        graph = without_weak(graph, _LEAST_WEIGHT * float(graph.weights.max(initial=0)))
        change = self._changed(items, near, pulling)
        placed = None if np.array_equal(items, self._indices) else self._start(items, laid_out(lift, rows))
        with self._lock:
            if placed is not None:
                self._show(*placed)
            settled = self._known.settled(items)
            if settled.any() and not settled.all():
                placed_by_neighbours(self._xy, near, settled | self._held if len(self._held) else settled, self._seed)
            self._graph, self._chance = graph, chances(graph.weights)
            self._nearest, self._labels = (items, near), pulling
            self._recall, self._epoch = recall, 0
            self._heat = max(self._heat, change, _CALM if change > 0 else 0.0)
            self._known.set(items, self._xy, settled=True)

    def epoch(self) -> None:
        """Move every point by one epoch and cool a little; nothing when there is nothing to move."""
        with self._lock:
            if self.done:
                return
            graph = self._graph
            assert graph is not None
            rate = np.float32(self._heat)
            run_epoch(self._xy, *graph[:2], self._chance, self._table, rate, _NEGATIVES, self._random, self._held)
            self._epoch += 1
            self._moved = True
            cooling = _CALM / 50 if self.calm else 1 / (500 if len(self._xy) <= _SMALL else 200)
            self._heat = max(0.0, self._heat - cooling)

    def frame(self) -> Frame:
        """Return the map as it is, turned and shifted so that it lies on the last, or as that if some are held."""
        with self._lock:
            xy = self._xy.copy()
            indices, epoch, recall, moved = self._indices, self._epoch, self._recall, self._moved
            holds = len(self._held) > 0
        if not holds or self._motion is None:
            both = self._shown.known(indices)
            if both.any():
                self._motion = registration(xy[both], self._shown.get(indices[both]))
            else:
                centre = xy.mean(axis=0, dtype=np.float64) if len(xy) else np.zeros(2)
                self._motion = Rigid(np.eye(2), -centre)
        xy = self._motion(xy)
        self._shown.set(indices, xy, settled=True)
        return Frame(frozen(indices), frozen(xy), epoch, recall, "umap" if moved else "pca")

    def _start(self, items: IntArray, vectors: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return where items start: where they were, or where their embeddings say."""
        with self._lock:
            self._known.set(self._indices, self._xy)
            known = self._known.known(items)
            xy = self._known.get(items)
        if known.all():
            return items, xy
        flat = principal_components(vectors, self._seed)
        xy[~known] = placed_like(flat, xy, known)[~known]
        return items, xy

    def _show(self, items: IntArray, xy: FloatArray) -> None:
        """Make these the items on the map; the lock is held."""
        if self._graph is not None and not np.array_equal(items, self._indices):
            self._graph, kept = renumbered(self._graph, self._indices, items)
            self._chance = self._chance[kept]
        self._known.set(self._indices, self._xy)  # what moved since the start was computed stays where it is
        known = self._known.known(items)
        xy[known] = self._known.get(items[known])
        self._indices, self._xy = items, np.ascontiguousarray(xy, np.float32)
        self._known.set(items, self._xy)
        self._hold()

    def _neighbours_of(
        self, items: IntArray, rows: FloatArray, lift: Lift, cancelled: Callable[[], bool]
    ) -> tuple[IntArray, FloatArray, float]:
        """Return the graph of a snapshot, found from the last one where it is of the same items."""
        last = self._nearest
        warm = last[1] if last is not None and np.array_equal(last[0], items) else None
        if lift.name != self._metric:
            self._effort, self._metric, warm = Effort(), lift.name, None
        k = self._neighbours - 1
        return knn_graph(rows, k, lift, seed=self._seed, cancelled=cancelled, warm=warm, effort=self._effort)

    def _changed(self, items: IntArray, near: IntArray, labels: IntArray | None) -> float:
        """Return how far to heat up: in proportion to the share of the neighbours, or pulling labels, that is new."""
        if self._nearest is None or near.shape[1] == 0:
            return _FIRST_HEAT
        old_items, old_near = self._nearest
        _, new_rows, old_rows = np.intersect1d(items, old_items, assume_unique=True, return_indices=True)
        if not len(new_rows):
            return _FIRST_HEAT
        chosen = np.random.default_rng(self._seed).permutation(len(new_rows))[:_COMPARED]
        new, old = near[new_rows[chosen]], old_near[old_rows[chosen]]
        new, old = np.where(new >= 0, items[new], -1), np.where(old >= 0, old_items[old], -1)
        kept = (new[:, :, None] == old[:, None, :]).any(axis=2)[new >= 0]
        added = 1 - len(new_rows) / max(1, len(items))
        if labels is not None and self._labels is not None:
            named = float(np.mean(labels[new_rows] != self._labels[old_rows]))
        else:
            named = float(labels is not self._labels)  # they begin to pull, or cease to
        return float(_REHEAT * max(1 - kept.mean() if kept.size else 0.0, added, named))
