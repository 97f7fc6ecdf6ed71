"""The live map: one continuous motion. A new snapshot swaps the graph under the points and reheats them a little."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import numpy as np

from explorer.core.types import BoolArray, FloatArray, IntArray, frozen
from explorer.measure.cells import Effort
from explorer.measure.knn_graph import knn_graph
from explorer.measure.lifts import Lift, laid_out
from explorer.measure.pairs import never
from explorer.projection.align import Rigid, registration
from explorer.projection.change import Change, Neighbourhood, change
from explorer.projection.curve import fit_curve
from explorer.projection.graph import FuzzySet, attractions
from explorer.projection.landmarks import NEIGHBOURS, Followers, Ties, landmark_rows, tie
from explorer.projection.methods.base import Frame as Frame
from explorer.projection.motion import chances, force_table, tethered, untethered
from explorer.projection.mover import Mover
from explorer.projection.pca import finite, principal_components
from explorer.projection.positions import Positions, placed_by_neighbours, placed_like, renumbered

THREADS = min(2, os.cpu_count() or 1)
"""How many compute a map that is waited for."""

_NEGATIVES = 5
_SMALL, _RATHER_SMALL = 10_000, 20_000  # up to so many cool slowly: when they are first laid out, and later
_FIRST_HEAT = 0.5  # a start from PCA converges as well from here as from 1, in half the epochs, and boils less
_REHEAT = 0.25  # by how much a snapshot with nothing but new neighbours reheats
_CALM = 0.025  # below this the map only drifts, and cools so slowly that it drifts from one snapshot to the next
_HOTTEST, _COOLEST = 0.5, 0.02  # how fast an item goes at first when most, or hardly any, of its neighbours are new
_STAYED, _GONE = 0.3, 0.8  # which shares of new neighbours these are
_HASTE = _REHEAT / _CALM - 1  # what only follows goes by so much faster when all that it follows is new


class LiveLayout:
    """UMAP in motion. ``swap`` may run in one thread while ``epoch`` and ``frame`` run in another.

    Parameters
    ----------
    neighbours: size of the neighbourhood of an item, itself included.
    min_dist, spread: how close points may lie, and at which scale; see ``fit_curve``.
    label_weight: how strongly classes pull their items together, 0 (not at all) to 1; see ``labels_pull``.
    seed: the same calls in the same order give the same map.
    threads: how many compute a first map, or one that settles, which is waited for; one that follows a training takes
        one. The map is the same with any number.
    landmarks_above, landmarks: from how many items on only some are laid out, and how many; the rest follow them.
    """

    def __init__(
        self,
        *,
        neighbours: int = 15,
        min_dist: float = 0.1,
        spread: float = 1.0,
        label_weight: float = 0.0,
        seed: int = 0,
        landmarks_above: int = 200_000,
        landmarks: int = 100_000,
        threads: int = THREADS,
    ) -> None:
        self._neighbours = max(2, neighbours)
        self._label_weight = label_weight
        self._table = force_table(*fit_curve(min_dist, spread))
        self._seed = seed
        self._mover = Mover(self._table, _NEGATIVES, seed)
        self._threads, self._first = max(1, threads), True  # the first map, or one that settles
        self._lock = threading.Lock()
        self._known = Positions()  # of every item ever placed, also of those that are not on the map now
        self._shown = Positions()  # as last published
        self._landmarks = max(NEIGHBOURS, landmarks)
        self._landmarks_above = max(landmarks_above, self._landmarks)
        self._items: IntArray = np.empty(0, np.int64)  # all that are on the map
        self._rows: IntArray | None = None  # which of them are laid out; None: all
        self._rest: IntArray = np.empty(0, np.int64)  # the rows of those that follow
        self._followers = Followers(self._table, _NEGATIVES, seed)
        self._indices: IntArray = np.empty(0, np.int64)  # what is laid out
        self._xy: FloatArray = np.empty((0, 2), np.float32)
        self._graph: FuzzySet | None = None
        self._chance = np.empty(0, np.uint32)
        self._hood: Neighbourhood | None = None  # of the last graph
        self._holding: IntArray = np.empty(0, np.int64)  # the items that are held, on the map or not
        self._held: BoolArray = np.empty(0, np.bool_)  # which of those on the map
        self._free: BoolArray = np.empty(0, np.bool_)  # which of those laid out are not
        self._hot: FloatArray = np.empty(0, np.float32)  # how fast they went when the map was hottest
        self._haste: FloatArray = np.empty(0, np.float32)  # by what those that follow go faster than the map is hot
        self._tethers = untethered(self._xy)
        self._motion: Rigid | None = None  # from where points lie to where they were last shown
        self._effort, self._metric, self._recall = Effort(), "", 1.0
        self._epoch = 0
        self._heat = self._hottest = 0.0
        self._moved = self._frozen = False

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
            self._frozen, self._first = False, True
            self._heat = 0.0
            self._hurry(None, None, _FIRST_HEAT)
            self._tethers = untethered(self._xy)
            self._hold()

    def hold(self, items: IntArray) -> None:
        """Keep these items (H,) where they are, on the screen too, while the others move; none: let all go."""
        with self._lock:
            self._holding = np.array(items, np.int64)
            self._hold()

    def _hold(self) -> None:
        """Find the held items on the map; the lock is held."""
        self._held = np.isin(self._items, self._holding)
        self._free = ~(self._held if self._rows is None else self._held[self._rows])
        self._followers.pace = np.where(self._held[self._rest], np.float32(0), self._haste)

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
        every, vectors = np.array(indices, np.int64), finite(x)
        chosen, rest = self._split(every)
        pulling = None if labels is None or self._label_weight <= 0 else np.array(labels, np.int64)
        laid = slice(None) if chosen is None else chosen
        items, rows, classes = every[laid], vectors[laid], None if pulling is None else pulling[laid]
        near, distances, recall = self._neighbours_of(items, rows, lift, cancelled)
        graph = attractions(near, distances, self._neighbours, classes, self._label_weight)
        ties: Ties | None = None
        if chosen is not None:
            ties = tie(vectors, chosen, rest, lift, pulling, self._label_weight, seed=self._seed, cancelled=cancelled)
        hood = Neighbourhood(items, near, classes)
        new = None if self._hood is None else change(hood, self._hood)
        heat = _FIRST_HEAT if new is None else _REHEAT * new.whole
        placed = None if np.array_equal(every, self._items) else self._start(every, laid_out(lift, vectors))
        with self._lock:
            if placed is not None:
                self._show(*placed)
            self._first = new is None
            calm = self._rates() <= _CALM
            self._hurry(new, ties, max(heat, _CALM if heat > 0 else 0.0))
            self._settle_in(near, ties)
            self._tether(new, calm)
            self._graph, self._chance = graph, chances(graph.weights)
            self._hood, self._recall, self._epoch = hood, recall, 0
            self._hold()
            self._known.set(self._items, self._everywhere(), settled=True)

    def _hurry(self, new: Change | None, ties: Ties | None, heat: float) -> None:
        """Heat up: let items go the faster, the more of their neighbours are new; the lock is held."""
        left = self._rates()
        self._heat = self._hottest = max(self._heat, heat)
        self._hot = np.full(len(self._xy), self._heat, np.float32)
        if new is not None and new.alone:
            gone = np.clip((new.each - _STAYED) / (_GONE - _STAYED), 0, 1)
            self._hot = np.maximum(left, _COOLEST + (_HOTTEST - _COOLEST) * gone).astype(np.float32)
        self._haste = np.ones(len(self._rest), np.float32)
        if ties is not None and len(self._followers.ties.near) == len(ties.near):
            self._haste += np.float32(_HASTE) * ties.renewed(self._followers.ties)

    def _tether(self, new: Change | None, calm: BoolArray) -> None:
        """Draw back to where it is what was calm, as far as its neighbours are the same; the lock is held."""
        self._tethers = untethered(self._xy)
        if new is not None and new.alone:
            known = self._known.settled(self._indices) & calm
            self._tethers = tethered(self._xy, np.where(known, new.each, 1))

    def _rates(self) -> FloatArray:
        """Return the step size (L,) of what is laid out, were none held: all cool down to a drift together."""
        cool = _CALM if self._hottest > _CALM else 0.0
        share = max(0.0, (self._heat - cool) / (self._hottest - cool)) if self._hottest > cool else 0.0
        drift = min(self._heat, _CALM)
        return (drift + (self._hot - drift) * share).astype(np.float32)

    def _settle_in(self, near: IntArray, ties: Ties | None) -> None:
        """Put items that no graph held before among those that one did, if any; the lock is held."""
        known = self._known.settled(self._items)
        some_new = bool(known.any() and not known.all())
        settled = known | self._held
        if some_new:
            placed_by_neighbours(self._xy, near, settled if self._rows is None else settled[self._rows], self._seed)
        if ties is not None:
            self._followers.ties = ties
            new = np.flatnonzero(~settled[self._rest]) if some_new else self._rest[:0]
            self._followers.xy[new] = ties.mean(self._xy, new, self._seed)

    def _split(self, items: IntArray) -> tuple[IntArray | None, IntArray]:
        """Return which rows of the items are laid out, None for all, and which follow."""
        if len(items) <= self._landmarks_above:
            return None, items[:0]
        chosen = landmark_rows(items, self._landmarks, self._seed)
        follow = np.ones(len(items), np.bool_)
        follow[chosen] = False
        return chosen, np.flatnonzero(follow)

    def _everywhere(self) -> FloatArray:
        """Return where all items lie (M, 2), as a copy; the lock is held."""
        if self._rows is None:
            return self._xy.copy()
        xy = np.empty((len(self._items), 2), np.float32)
        xy[self._rows], xy[self._rest] = self._xy, self._followers.xy
        return xy

    def epoch(self) -> None:
        """Move every point by one epoch and cool a little; nothing when there is nothing to move."""
        with self._lock:
            if self.done:
                return
            graph = self._graph
            assert graph is not None
            pace, threads = self._rates() * self._free, self._threads if self._first else 1
            before = self._xy if self._rows is None else self._xy.copy()
            self._mover.move(self._xy, graph, self._chance, pace, self._tethers, threads=threads)
            if self._rows is not None:
                self._followers.move(self._xy, before, np.float32(self._heat), calm=self.calm)
            self._epoch += 1
            self._moved = True
            self._heat = max(0.0, self._heat - self._cooling())

    def _cooling(self) -> float:
        if self.calm:
            return _CALM / 50
        return 1 / (500 if len(self._xy) <= (_SMALL if self._first else _RATHER_SMALL) else 200)

    def frame(self) -> Frame:
        """Return the map as it is, turned and shifted so that it lies on the last, or as that if some are held."""
        with self._lock:
            xy, indices, rows = self._everywhere(), self._items, self._rows
            epoch, recall, moved = self._epoch, self._recall, self._moved
            holds = bool(self._held.any())
        if not holds or self._motion is None:
            fixed = np.arange(len(indices)) if rows is None else rows
            fixed = fixed[self._shown.known(indices[fixed])]
            if len(fixed):
                self._motion = registration(xy[fixed], self._shown.get(indices[fixed]))
            else:
                centre = xy.mean(axis=0, dtype=np.float64) if len(xy) else np.zeros(2)
                self._motion = Rigid(np.eye(2), -centre)
        xy = self._motion(xy)
        self._shown.set(indices, xy, settled=True)
        return Frame(frozen(indices), frozen(xy), epoch, recall, "umap" if moved else "pca")

    def _start(self, items: IntArray, vectors: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return where items start: where they were, or where their embeddings say."""
        with self._lock:
            self._known.set(self._items, self._everywhere())
            known = self._known.known(items)
            xy = self._known.get(items)
        if known.all():
            return items, xy
        flat = principal_components(vectors, self._seed)
        xy[~known] = placed_like(flat, xy, known)[~known]
        return items, xy

    def _show(self, items: IntArray, xy: FloatArray) -> None:
        """Make these the items on the map; the lock is held."""
        self._known.set(self._items, self._everywhere())  # what moved since the start was computed stays where it is
        known = self._known.known(items)
        xy[known] = self._known.get(items[known])
        rows, rest = self._split(items)
        laid, follow = (items, items[:0]) if rows is None else (items[rows], items[rest])
        if self._graph is not None and not np.array_equal(laid, self._indices):
            self._graph, kept = renumbered(self._graph, self._indices, laid)
            self._chance = self._chance[kept]
        followers = self._followers
        if not np.array_equal(items, self._items):
            followers.ties = followers.ties.renumbered((self._indices, self._items[self._rest]), (laid, follow))
        followers.xy = np.ascontiguousarray(xy[rest], np.float32)
        self._items, self._indices, self._rows, self._rest = items, laid, rows, rest
        self._xy = np.ascontiguousarray(xy if rows is None else xy[rows], np.float32)
        self._hot, self._hottest = np.full(len(self._xy), self._heat, np.float32), self._heat
        self._haste, self._tethers = np.ones(len(rest), np.float32), untethered(self._xy)
        self._known.set(items, xy)
        self._hold()

    def _neighbours_of(
        self, items: IntArray, rows: FloatArray, lift: Lift, cancelled: Callable[[], bool]
    ) -> tuple[IntArray, FloatArray, float]:
        """Return the graph of a snapshot, found from the last one where it is of the same items."""
        last = self._hood
        warm = last.near if last is not None and np.array_equal(last.items, items) else None
        if lift.name != self._metric:
            self._effort, self._metric, warm = Effort(), lift.name, None
        k = self._neighbours - 1
        threads = self._threads if last is None else 1
        return knn_graph(
            rows, k, lift, seed=self._seed, cancelled=cancelled, warm=warm, effort=self._effort, threads=threads
        )  # fmt: skip
