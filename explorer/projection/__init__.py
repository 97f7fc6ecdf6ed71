"""The map: neighbour graph, live layout, alignment and fidelity; never torch."""

from __future__ import annotations


def warm() -> None:
    """Compile (or load from the cache) every kernel of this package, with a few vectors of the right types."""
    import numpy as np

    from explorer.measure.knn_graph import knn_graph
    from explorer.measure.lifts import lift
    from explorer.projection.fidelity import fidelity, item_fidelity
    from explorer.projection.live_layout import LiveLayout

    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    near, _, _ = knn_graph(x, 3, lift("euclidean"), exact=False)
    knn_graph(x, 3, lift("euclidean"), exact=False, warm=near)
    for landmarks in (10, len(x)):
        layout = LiveLayout(neighbours=4, landmarks_above=20, landmarks=landmarks, label_weight=0.5)
        for labels in (None, np.zeros(len(x), np.int64)):
            layout.swap(np.arange(len(x)), x, lift("euclidean"), labels=labels)
            layout.epoch()
    fidelity(x, layout.frame().xy, lift("euclidean"), neighbours=4)
    item_fidelity(near, layout.frame().xy)
