"""The graph of nearest neighbours of all items: exact or through cells, with true distances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.cells import Effort, approximate_neighbours, exact_neighbours
from explorer.measure.lifted_items import nearest_first, true_distances
from explorer.measure.lifts import Lift
from explorer.measure.pairs import never

_EXACT_GRAPH_UP_TO = 8_000


def knn_graph(
    x: npt.ArrayLike,
    k: int,
    lift: Lift,
    *,
    exact: bool | None = None,
    seed: int = 0,
    wanted: float = 0.95,
    cancelled: Callable[[], bool] = never,
    warm: IntArray | None = None,
    effort: Effort | None = None,
    threads: int = 1,
) -> tuple[IntArray, FloatArray, float]:
    """Return the k nearest other items of every item, their true distances, and the recall of the search.

    Parameters
    ----------
    x: (M, D) embeddings.
    k: how many; rows with fewer others end in index -1 and distance infinity.
    exact: compare all pairs; None: up to 8,000 items, beyond them by cells, with the recall measured on a sample.
    wanted: the recall up to which the approximate search looks further.
    warm: (M, k) an older graph of the same items, from which the approximate search begins.
    effort: what the last graph of such items needed; it is brought up to date.
    threads: how many compute; the graph is the same with any number.

    Raises
    ------
    Cancelled: if ``cancelled()`` turns true.
    """
    asked, items = lift.lift_query(x), lift.lift_item(x)
    l2 = lift.metric == "l2"
    centred = items - items.mean(axis=0) if l2 and len(items) else items
    queries = None if lift.flat else asked
    if exact if exact is not None else len(items) <= _EXACT_GRAPH_UP_TO:
        indices, recall = exact_neighbours(centred, np.arange(len(items)), k, l2, cancelled, queries, threads), 1.0
    else:
        indices, recall = approximate_neighbours(
            centred,
            k,
            l2,
            seed=seed,
            wanted=wanted,
            cancelled=cancelled,
            queries=queries,
            warm=warm,
            effort=effort,
            threads=threads,
        )
    return *nearest_first(indices, true_distances(lift, asked, items, indices)), recall
