"""umap-learn, as a projection: the reference that the live map is measured against."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from pydantic import model_validator

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import FloatArray, IntArray
from explorer.measure.lifts import Lift, laid_out
from explorer.projection.methods.still import StillLayout
from explorer.projection.pca import principal_components

_FEWEST = 6  # its spectral start needs more items than that many dimensions
_OPTIMISER = "_nb_optimize_layout_euclidean_single_epoch"
_ONE_AT_A_TIME = threading.Lock()
"""Its kernels are parallel: with numba's own threads two such regions at once would end the process."""


def umap_learn() -> Any:
    """Import the package, quietly, and without what its progress bars would leave behind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it misses tensorflow aloud
        import tqdm

        tqdm.tqdm.set_lock(threading.RLock())  # its own would be a semaphore that outlives the process
        import umap

    tqdm.tqdm.monitor_interval = 0
    return umap


def _let_others_in() -> None:
    """Have its optimiser, where it is found, compiled so that it holds no GIL: else no click is answered meanwhile."""
    import numba as nb
    import umap.layouts as layouts

    found = getattr(layouts, _OPTIMISER, None)
    if found is not None and not found.targetoptions.get("nogil"):
        setattr(layouts, _OPTIMISER, nb.njit(found.py_func, fastmath=True, nogil=True))


@register(
    "projection", "umap_learn", title="UMAP, reference (umap-learn)", reference="McInnes, Healy and Melville 2018"
)
class UmapLearn(StillLayout):
    """What the package umap-learn makes of each snapshot: fitted anew, then the points travel there.

    It finds out nothing that the live map does not, but more slowly: for comparison. It uses our neighbour graph; the
    first one takes half a minute more, since the package compiles its loops, and a fit cannot be interrupted.
    """

    class Params(Parameters):
        """Parameters of the projection."""

        neighbours: int = parameter(
            15, "How many nearest items count as near, itself included", minimum=2, maximum=200, logarithmic=True
        )
        min_dist: float = parameter(
            0.1, "How close points may come on the map: 0 packs them most densely", minimum=0.0, maximum=3.0, step=0.05
        )
        spread: float = parameter(
            1.0, "How far apart clusters lie, in the same units", minimum=0.1, maximum=5.0, step=0.1, advanced=True
        )

        @model_validator(mode="after")
        def _has_a_curve(self) -> UmapLearn.Params:
            if self.min_dist > self.spread:
                raise UserError(
                    f"A minimum distance of {self.min_dist:g} does not fit a spread of {self.spread:g}",
                    remedy="With umap-learn the minimum distance may not be more than the spread",
                )
            return self

    def __init__(self, params: Params, *, seed: int = 0) -> None:
        super().__init__("umap_learn", seed)
        self.params = params

    def targets(
        self, rows: FloatArray, lift: Lift, labels: IntArray | None, cancelled: Callable[[], bool]
    ) -> tuple[FloatArray, float]:
        """Return a fit of umap-learn, (M, 2), around 0, and the recall of the neighbour graph.

        Raises
        ------
        Cancelled: if ``cancelled()`` turns true before or after the fit.
        """
        from explorer.measure.knn_graph import knn_graph
        from explorer.projection.graph import from_zero

        flat = laid_out(lift, rows)
        if len(rows) < _FEWEST:
            if cancelled():
                raise Cancelled
            return principal_components(flat, self._seed), 1.0
        k = min(self.params.neighbours, len(rows) - 1)
        near, distances, recall = knn_graph(rows, k - 1, lift, seed=self._seed, cancelled=cancelled)
        distances = from_zero(distances)
        own = np.arange(len(rows))[:, None]
        graph = np.concatenate([own, near], axis=1), np.concatenate([own * 0, distances], axis=1, dtype=np.float32)
        with _ONE_AT_A_TIME:
            if cancelled():
                raise Cancelled
            xy = self._fitted(flat, graph)
        if cancelled():
            raise Cancelled
        return xy, recall

    def _fitted(self, flat: FloatArray, graph: tuple[IntArray, FloatArray]) -> FloatArray:
        package = umap_learn()
        _let_others_in()
        fit = package.UMAP(
            n_neighbors=graph[0].shape[1],
            min_dist=self.params.min_dist,
            spread=self.params.spread,
            random_state=self._seed,
            n_jobs=1,
            force_approximation_algorithm=True,  # else it would not use the graph for few items
            precomputed_knn=graph,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a spectral start that it replaces by itself
            xy = np.asarray(fit.fit_transform(flat), np.float64)
        lost = ~np.asarray(np.isfinite(xy).all(axis=1))  # an item without any neighbour
        if lost.all():
            return principal_components(flat, self._seed)
        middle = xy[~lost].mean(axis=0)
        return np.where(lost[:, None], 0, xy - middle).astype(np.float32)
