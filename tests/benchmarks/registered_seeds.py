"""How near two runs of one recipe lie on one map: ``python -m tests.benchmarks.registered_seeds RUN RUN``.

The median distance of an item to itself, as a share of the width of the first map: each laid out for itself, that
registered, and the second laid out from the first.
"""

from __future__ import annotations

import sys
from pathlib import Path

from explorer.core.types import Projection, Snapshot
from explorer.engine.registered_maps import apart, laid_over, registered
from explorer.measure.lifts import lift
from explorer.projection.fidelity import fidelity
from explorer.projection.live_layout import LiveLayout
from explorer.runs.folder import RunFolder


def laid_out(snapshot: Snapshot) -> Projection:
    """Return the map of a snapshot, laid out by itself."""
    layout, of = LiveLayout(), lift(snapshot.distance)
    layout.place(snapshot.indices, snapshot.embeddings, of)
    layout.swap(snapshot.indices, snapshot.embeddings, of)
    while not layout.done:
        layout.epoch()
    return Projection(snapshot.run, snapshot.step, snapshot.indices, layout.frame().xy, 0, "umap", True)


def main(paths: list[str]) -> None:
    """Write the figures of two runs."""
    folders = [RunFolder.open(Path(path)) for path in paths]
    first, second = (folder.snapshot(folder.snapshot_steps()[-1]) for folder in folders)
    ids = (folders[0].items.ids, folders[1].items.ids)
    one, other = laid_out(first), laid_out(second)
    alone = registered(one, other, ids)
    before = apart(one.xy[alone.rows[:, 0]], other.xy[alone.rows[:, 1]])
    over = laid_over(one, second, ids)
    sys.stdout.write(f"each for itself {before:.3f}, registered {alone.apart:.3f}, laid out from it {over.apart:.3f}\n")
    for name, xy in (("for itself", other.xy), ("from the first", over.map.xy)):
        found = fidelity(second.embeddings, xy, lift(second.distance), sample=1_000)
        if found is not None:
            sys.stdout.write(f"{name}: trustworthiness {found.trustworthiness:.3f}, preserved {found.preserved:.3f}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
