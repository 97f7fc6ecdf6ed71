"""t-SNE in motion, as a projection."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.core.errors import Cancelled
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import BoolArray, FloatArray, IntArray
from explorer.measure.lifts import Lift, laid_out
from explorer.projection.align import registration
from explorer.projection.methods.still import StillLayout, never
from explorer.projection.pca import EXTENT, finite, principal_components

_FEWEST = 4  # of fewer items every one is the neighbour of every other
_EARLY, _LATE = 250, 500  # iterations: of openTSNE
_EARLY_EXAGGERATION = 12.0
_LEAST_RATE = 50.0
_LONGEST_STEP = 5.0
_LEAST_GAIN = 0.01
_SMALL_START = 1e-4
_EXACT_UP_TO = 10_000  # beyond that by interpolation (Linderman et al. 2019), before by trees
_COMPARED = 2_000
_FOLLOWED = 0.2  # of the way to where the gradient has them the shown points go an epoch: its first steps are leaps

Points = npt.NDArray[np.float64]


@register(
    "projection",
    "tsne",
    title="t-SNE",
    reference="van der Maaten and Hinton 2008; Poličar, Stražar and Zupan 2019",
    requires=("openTSNE",),
)
class Tsne(StillLayout):
    """Near items stay near, and clusters are told apart more sharply than their distances say; by openTSNE.

    The first snapshot starts from where the points are, with early exaggeration; later ones move them on from there,
    the longer the more neighbours are new. The map is shown at one size while it grows.
    """

    class Params(Parameters):
        """Parameters of the projection."""

        perplexity: float = parameter(
            30.0, "How many neighbours an item has, about", minimum=2.0, maximum=100.0, logarithmic=True
        )
        exaggeration: float = parameter(
            1.0, "How much tighter clusters are drawn together; 1 is plain t-SNE", minimum=1.0, maximum=12.0, step=0.5
        )

    def __init__(self, params: Params, *, seed: int = 0) -> None:
        super().__init__("tsne", seed)
        self.params = params
        self._pairs: Any = None  # the affinities of the items on the map, sparse (M, M)
        self._pulls: Any = None  # the same, exaggerated
        self._pulled = 0.0  # by how much
        self._nearest: tuple[IntArray, IntArray] | None = None  # the items of the last graph and their neighbours
        self._y: Points = np.empty((0, 2))  # the points as the gradient knows them
        self._update: Points = np.empty((0, 2))
        self._gains: Points = np.empty((0, 2))
        self._scale = 0.0  # of the shown map over that; 0 before the first snapshot
        self._centre: Points = np.zeros(2)  # where its middle is shown
        self._size = 0.0  # how large it is shown: its radius
        self._held: BoolArray = np.empty(0, np.bool_)
        self._early = self._late = 0  # iterations to come

    @property
    def calm(self) -> bool:
        """Never: it is quick or done."""
        return False

    @property
    def done(self) -> bool:
        """Whether no iterations are to come, or frozen."""
        return self._frozen or self._pairs is None or self._early + self._late <= 0

    def settle(self) -> None:
        """Let go, for as many iterations as a first map takes once its clusters are there."""
        with self._lock:
            self._frozen = False
            self._late = _LATE

    def swap(
        self,
        indices: IntArray,
        x: FloatArray,
        lift: Lift,
        *,
        labels: IntArray | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> None:
        """Put the affinities of a new snapshot under the points.

        Raises
        ------
        Cancelled: if ``cancelled()`` turns true; nothing was changed then.
        """
        from explorer.measure.knn_graph import knn_graph
        from explorer.projection.graph import from_zero

        items, rows = np.array(indices, np.int64), finite(x)
        wanted = min(math.ceil(3 * self.params.perplexity), len(items) - 1)
        near, distances, recall = knn_graph(rows, max(0, wanted), lift, seed=self._seed, cancelled=cancelled)
        pairs = affinities(near, from_zero(distances), self.params.perplexity) if len(items) >= _FEWEST else None
        if cancelled():
            raise Cancelled
        flat = principal_components(laid_out(lift, rows), self._seed)
        with self._lock:
            self._enter(items, near, flat)
            changed = self._changed(items, near)
            self._early = _EARLY if self._scale == 0 else self._early
            self._late = _LATE if self._scale == 0 else max(self._late, math.ceil(_LATE / 2 * changed))
            self._nearest, self._pairs, self._pulled = (items, near), pairs, 0.0
            self._recall, self._epoch, self._method = recall, 0, "tsne"
            self._begin()
            self._known.set(items, self._xy, settled=True)

    def epoch(self) -> None:
        """Go a few iterations down the gradient (one of a large map); nothing when none are to come."""
        with self._lock:
            if self.done:
                return
            for _ in range(min(self._early + self._late, 5 if len(self._y) <= 2_000 else 1)):
                self._iterate()
            self._show()
            self._epoch += 1

    def _depart(self) -> None:
        held = np.isin(self._indices, self._holding) if len(self._holding) else np.empty(0, np.bool_)
        self._held = held if held.any() else held[:0]
        if self._nearest is None or not np.array_equal(self._indices, self._nearest[0]):
            self._pairs = self._pulls = None  # it waits for the affinities of the items that are shown now

    def _enter(self, items: IntArray, near: IntArray, flat: FloatArray) -> None:
        """Make these the items on the map, new ones at the mean of their neighbours; the lock is held."""
        from explorer.projection.positions import placed_by_neighbours, placed_like

        self._known.set(self._indices, self._xy)
        known, settled = self._known.known(items), self._known.settled(items)
        xy = self._known.get(items)
        xy[~known] = placed_like(flat, xy, known)[~known]
        if settled.any() and not settled.all():
            held = np.isin(items, self._holding)
            placed_by_neighbours(xy, near, settled | (held & known), self._seed)
        self._indices, self._xy = items, np.ascontiguousarray(xy, np.float32)

    def _begin(self) -> None:
        """Start from where the points are shown; the lock is held."""
        shown = self._xy.astype(np.float64)
        self._centre = shown.mean(axis=0) if len(shown) else np.zeros(2)
        self._size = _radius(shown - self._centre)
        if self._scale == 0 and self._pairs is not None:
            self._scale = max(self._size, 1e-6) / _SMALL_START
        self._y = (shown - self._centre) / (self._scale or 1.0)
        self._update, self._gains = np.zeros_like(self._y), np.ones_like(self._y)
        self._depart()

    def _iterate(self) -> None:
        """One step of gradient descent with momentum and gains, as in openTSNE; the lock is held."""
        from openTSNE.tsne import kl_divergence_bh, kl_divergence_fft

        early = self._early > 0
        exaggeration = _EARLY_EXAGGERATION if early else self.params.exaggeration
        if self._pulled != exaggeration:
            self._pulls, self._pulled = self._pairs * exaggeration, exaggeration
        fft = {"n_interpolation_points": 3, "min_num_intervals": 50, "ints_in_interval": 1}
        descent = kl_divergence_bh if len(self._y) < _EXACT_UP_TO else kl_divergence_fft
        _, gradient = descent(self._y, self._pulls, dof=1, bh_params={"theta": 0.5}, fft_params=fft, n_jobs=1)
        turned = np.sign(self._update) != np.sign(gradient)
        self._gains = np.where(turned, self._gains + 0.2, self._gains * 0.8 + _LEAST_GAIN)
        rate = max(len(self._y) / exaggeration, _LEAST_RATE)
        self._update = (0.5 if early else 0.8) * self._update - rate * self._gains * gradient
        if len(self._held):
            self._update[self._held] = 0
        lengths = np.linalg.norm(self._update, axis=1, keepdims=True)
        self._update *= np.minimum(1, _LONGEST_STEP / np.maximum(lengths, _LONGEST_STEP))
        self._y += self._update
        self._early, self._late = (self._early - 1, self._late) if early else (0, self._late - 1)

    def _show(self) -> None:
        """Scale the points to the size of the map, lay them on what is shown, and let that follow; the lock is held."""
        last, held = self._xy, len(self._held) > 0
        if not held:  # else nothing may be scaled or turned, lest those leave their place on the screen
            middle = self._y.mean(axis=0)
            self._y -= middle
            self._centre = self._centre + middle * self._scale
            size = self._size + (EXTENT / 2 - self._size) / 20
            self._size, self._scale = size, size / max(_radius(self._y), 1e-12)
            turn = registration((self._y * self._scale).astype(np.float32), last).turn
            self._y, self._update = self._y @ turn, self._update @ turn
        share = max(_FOLLOWED, 1 / (self._early + self._late + 1))  # the last epochs bring them all the way
        belongs = (self._y * self._scale + self._centre).astype(np.float32)
        self._xy = last + (belongs - last) * np.float32(share)
        if held:
            self._xy[self._held] = last[self._held]

    def _changed(self, items: IntArray, near: IntArray) -> float:
        """Return the share of the neighbours, or of the items, that is new."""
        if self._nearest is None or not near.shape[1]:
            return 1.0
        old_items, old_near = self._nearest
        _, new_rows, old_rows = np.intersect1d(items, old_items, assume_unique=True, return_indices=True)
        if not len(new_rows):
            return 1.0
        chosen = np.random.default_rng(self._seed).permutation(len(new_rows))[:_COMPARED]
        before, after = old_near[old_rows[chosen]], near[new_rows[chosen]]
        before, after = np.where(before >= 0, old_items[before], -1), np.where(after >= 0, items[after], -1)
        kept = [np.isin(a[a >= 0], b).mean() for a, b in zip(after, before, strict=True) if (a >= 0).any()]
        added = 1 - len(new_rows) / max(1, len(items))
        return float(max(1 - np.mean(kept) if kept else 0.0, added))


def _radius(y: Points) -> float:
    """Return the root of the mean square distance of centred points (M, 2) from 0."""
    return float(np.sqrt((y * y).sum() / max(1, len(y))))


def affinities(near: IntArray, distances: FloatArray, perplexity: float) -> Any:
    """Return openTSNE's joint probabilities, sparse (M, M), of the neighbours (M, k) at ``distances`` (M, k).

    The perplexity is at most a third of k. Where an item has fewer than k neighbours, -1, it is its own, very far away.
    """
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    missing = near < 0
    furthest = np.where(missing, 0, distances).max(axis=1, keepdims=True)
    indices = np.where(missing, np.arange(len(near))[:, None], near)
    known = PrecomputedNeighbors(indices, np.where(missing, 1e3 * furthest, distances).astype(np.float64))
    return PerplexityBasedNN(knn_index=known, perplexity=min(perplexity, near.shape[1] / 3), n_jobs=1).P
