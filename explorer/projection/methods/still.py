"""What the layouts without forces share: every snapshot says where the points belong, and they travel there."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from explorer.core.types import BoolArray, FloatArray, IntArray, frozen
from explorer.measure.lifts import Lift, laid_out
from explorer.projection.align import registration
from explorer.projection.methods.base import Frame
from explorer.projection.pca import EXTENT, finite, principal_components

TRAVEL_EPOCHS = 12
_THERE = 1e-4 * EXTENT  # nearer to where it belongs a point does not travel


def never() -> bool:
    """Return False: the default of every ``cancelled``."""
    return False


class StillLayout:
    """Points that travel, in ``TRAVEL_EPOCHS`` epochs, to where ``targets`` puts them, and then stand still.

    Positions are kept as they are shown: what a snapshot asks for is turned and shifted to lie on the last frame
    (where ``turns``) once, when it comes. A subclass says what that is.
    """

    turns = True
    """Whether the map may be turned and shifted; not where its axes mean something."""

    def __init__(self, name: str, seed: int = 0) -> None:
        from explorer.projection.positions import Positions  # here, since it brings numba, and a form needs none

        self._name = name
        self._seed = seed
        self._lock = threading.Lock()
        self._known = Positions()  # of every item ever placed
        self._wanted = Positions()  # where every item ever swapped in belongs
        self._indices: IntArray = np.empty(0, np.int64)
        self._asked = self._indices  # the items of the snapshot that is being swapped in, of which targets are asked
        self._xy: FloatArray = np.empty((0, 2), np.float32)
        self._from = self._to = self._xy
        self._holding: IntArray = np.empty(0, np.int64)
        self._step = TRAVEL_EPOCHS
        self._epoch = 0
        self._recall = 1.0
        self._method = "pca"
        self._frozen = False

    def first(self, rows: FloatArray, lift: Lift) -> tuple[FloatArray, str]:
        """Return the first picture (M, 2) of embeddings (M, D), and the name of what placed it: PCA, at once."""
        return principal_components(laid_out(lift, rows), self._seed), "pca"

    def targets(
        self, rows: FloatArray, lift: Lift, labels: IntArray | None, cancelled: Callable[[], bool]
    ) -> tuple[FloatArray, float]:
        """Return where embeddings (M, D) belong, (M, 2), and the recall of the neighbour graph that this rests on.

        Raises
        ------
        Cancelled: if ``cancelled()`` turns true. UserError: if these cannot be laid out so.
        """
        raise NotImplementedError

    @property
    def calm(self) -> bool:
        """Always: every epoch of the travel is worth a frame, and more of them are not needed."""
        return True

    @property
    def done(self) -> bool:
        """Whether all points are where they belong, or frozen."""
        return self._frozen or self._step >= TRAVEL_EPOCHS

    def freeze(self, frozen_now: bool = True) -> None:
        """Keep the points where they are (a new snapshot still says where they belong), or let them go on."""
        self._frozen = frozen_now

    def settle(self) -> None:
        """Let go, so that the epochs that follow bring every point to where it belongs."""
        with self._lock:
            self._frozen = False
            self._depart()

    def hold(self, items: IntArray) -> None:
        """Keep these items (H,) where they are while the others travel; none: let all go."""
        with self._lock:
            self._holding = np.array(items, np.int64)
            self._depart()

    def remember(self, indices: IntArray, xy: FloatArray) -> None:
        """Begin where an earlier map ended: items (M,) that come onto the map start at ``xy`` (M, 2)."""
        with self._lock:
            self._known.set(np.asarray(indices, np.int64), np.array(xy, np.float32), settled=True)

    def place(self, indices: IntArray, x: FloatArray, lift: Lift) -> Frame:
        """Put items (M,) with embeddings (M, D) on the map at once: known ones stay, new ones go where they fit."""
        from explorer.projection.positions import placed_like

        items, rows = np.array(indices, np.int64), finite(x)
        with self._lock:
            known = self._known.known(items)
        flat, method = (self._known.get(items), self._method) if known.all() else self.first(rows, lift)
        with self._lock:
            self._known.set(self._indices, self._xy)
            known = self._known.known(items)
            xy = self._known.get(items)
            if not known.all():
                xy[~known] = placed_like(flat, xy, known)[~known]
            if not known.any():
                self._method = method
            self._indices, self._xy = items, np.ascontiguousarray(xy, np.float32)
            self._known.set(items, self._xy)
            self._depart()
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
        """Take a new snapshot of items (M,) with embeddings (M, D), and let the points travel to where it puts them.

        Raises
        ------
        Cancelled: if ``cancelled()`` turns true; nothing was changed then. UserError: if these cannot be laid out so.
        """
        self._asked = items = np.array(indices, np.int64)
        wanted, recall = self.targets(finite(x), lift, labels, cancelled)
        with self._lock:
            self._known.set(self._indices, self._xy)
            known = self._known.known(items)
            xy = self._known.get(items)
            if self.turns and known.any():
                wanted = registration(wanted[known], xy[known])(wanted)
            xy[~known] = wanted[~known]
            self._wanted.set(items, wanted)
            self._known.set(items, xy)
            self._indices, self._xy = items, np.ascontiguousarray(xy, np.float32)
            self._recall, self._epoch, self._method = recall, 0, self._name
            self._depart()

    def epoch(self) -> None:
        """Move every point one leg of its travel; nothing when all are there."""
        with self._lock:
            if self.done:
                return
            self._step += 1
            self._epoch += 1
            share = self._step / TRAVEL_EPOCHS
            eased = np.float32(share * share * (3 - 2 * share))  # starts and ends at rest
            last = self._step == TRAVEL_EPOCHS
            self._xy = self._to.copy() if last else self._from + (self._to - self._from) * eased

    def frame(self) -> Frame:
        """Return the map as it is."""
        with self._lock:
            xy = self._xy.copy()
            indices, epoch, recall, method = self._indices, self._epoch, self._recall, self._method
        return Frame(frozen(indices), frozen(xy), epoch, recall, method)

    def _depart(self) -> None:
        """Begin the travel from where the points are; the lock is held."""
        wanted: BoolArray = self._wanted.known(self._indices)
        if len(self._holding):
            wanted = wanted & ~np.isin(self._indices, self._holding)
        self._from = self._xy
        self._to = np.where(wanted[:, None], self._wanted.get(self._indices), self._xy)
        near = np.abs(self._to - self._from).max(initial=0) <= _THERE
        self._step = TRAVEL_EPOCHS if near else 0
