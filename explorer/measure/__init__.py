"""What every reader of embeddings needs: distances, search, exact triplet counts, histograms. Never torch."""

from __future__ import annotations


def warm() -> None:
    """Compile (or load from the cache) every kernel of this package, with a few vectors of the right types."""
    import numpy as np

    from explorer.measure.census import census
    from explorer.measure.flat_index import FEW_QUERIES
    from explorer.measure.gathering import Gatherer, Panel
    from explorer.measure.histograms import distance_histogram
    from explorer.measure.index import build_index
    from explorer.measure.item_values import distances_to, right_of, violations
    from explorer.measure.knn_graph import knn_graph
    from explorer.measure.lifts import lift
    from explorer.measure.pairs import operands
    from explorer.measure.ranking import rank_block, rank_gathered

    x = np.eye(FEW_QUERIES + 8, 4, dtype=np.float32)
    labels = np.arange(len(x), dtype=np.int64) % 2
    index = build_index(x, lift("euclidean"))
    index.search(x[:1], 2)
    index.search(x, 2)
    index.search(x[:1], 2, among=np.arange(3))
    index.distances(x[0])
    near, _, _ = knn_graph(x, 2, lift("euclidean"), exact=False)
    right_of(near, labels)
    distances_to(x, x[0], lift("euclidean"))
    violations(x, labels, lift("euclidean"), 0.1)
    census(x, labels, 0.1, lift("euclidean"))
    distance_histogram(x, labels, lift("euclidean"), "", 0, pairs=50)
    nearest, scores = np.empty((1, 1), np.int32), np.empty((1, 3))
    rank_block(x[:1] * 0, labels[:1], labels[:1], labels[:4], labels[1:2], False, nearest, scores)
    one, named = np.zeros(1, np.int64), np.arange(len(x), dtype=np.int32)
    gatherer = Gatherer(operands(x, one, lift("euclidean")), lift("euclidean"), np.sort(labels), named, first=True)
    gathered = gatherer.near(Panel(one, one, one, one + 1))
    rank_gathered(*gathered, one + 1, one, one + 1, True, nearest, scores, np.zeros(1, np.bool_))
