"""Laying the map of one run over that of another: turned, flipped, scaled and moved by the items that both show.

Two maps that were laid out each for itself put their classes where chance did, which no turn brings together; one that
begins where the items lie on the other keeps them near it (figures: ``tests/benchmarks/registered_seeds.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from explorer.core.errors import UserError
from explorer.core.types import FloatArray, IntArray, Projection, Snapshot
from explorer.measure.lifts import lift
from explorer.projection.align import Similarity, similarity

ProgressCall = Callable[[str, int, int], None]

FEWEST = 3
"""Fewer common items leave open how a map is turned."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A map laid over another one.

    ``map``: the second with its positions moved; ``motion``: how; ``rows`` (C, 2): where the common items stand in the
    first and in the second; ``apart``: the median distance of the two places of an item, as a share of the width of the
    first map.
    """

    map: Projection
    motion: Similarity
    rows: IntArray
    apart: float


def registered(first: Projection, second: Projection, ids: tuple[Sequence[str], Sequence[str]]) -> Registered:
    """Return the second map laid over the first one.

    Parameters
    ----------
    ids: what the items of the data of either map are called; common are those of the same name.

    Raises
    ------
    UserError: if the two have fewer than three items in common.
    """
    rows = common_rows(first.indices, second.indices, ids)
    if len(rows) < FEWEST:
        raise UserError("The two maps have no items in common", remedy="Compare maps of runs on the same data")
    fixed, moving = first.xy[rows[:, 0]], second.xy[rows[:, 1]]
    motion = similarity(moving, fixed)
    moved = replace(second, xy=motion(second.xy))
    return Registered(moved, motion, rows, apart(fixed, motion(moving)))


def laid_over(
    first: Projection,
    second: Snapshot,
    ids: tuple[Sequence[str], Sequence[str]],
    progress: ProgressCall = lambda stage, done, total: None,
) -> Registered:
    """Lay embeddings of a second run out anew, beginning where their items lie on the first map, and register that.

    Takes seconds: for a job. ``ids``: see ``registered``. ``progress``: told of every epoch; what it raises, such as
    ``Cancelled``, ends it.

    Raises
    ------
    UserError: if the two have fewer than three items in common.
    """
    from explorer.projection.live_layout import LiveLayout  # numba, which no session loads

    rows = common_rows(first.indices, second.indices, ids)
    layout, of = LiveLayout(), lift(second.distance)
    layout.remember(second.indices[rows[:, 1]], first.xy[rows[:, 0]])
    layout.place(second.indices, second.embeddings, of)
    layout.swap(second.indices, second.embeddings, of)
    epochs = 0
    while not layout.done:
        progress("Lay out the map", epochs, 0)
        layout.epoch()
        epochs += 1
    frame = layout.frame()
    laid = Projection(second.run, second.step, frame.indices, frame.xy, epochs, frame.method, second.exact)
    return registered(first, laid, ids)


def apart(fixed: FloatArray, moved: FloatArray) -> float:
    """Return the median distance of places (C, 2) to their partners, as a share of the width of the first ones."""
    width = float(np.ptp(fixed, axis=0).max())
    return float(np.median(np.linalg.norm(fixed - moved, axis=1))) / width if width > 0 else 0.0


def common_rows(first: IntArray, second: IntArray, ids: tuple[Sequence[str], Sequence[str]]) -> IntArray:
    """Return where items that are in both stand (C, 2), given the items of either, by number, and their names."""
    if ids[0] is ids[1] or ids[0] == ids[1]:
        _, one, other = np.intersect1d(first, second, assume_unique=True, return_indices=True)
        return np.stack([one, other], axis=1)
    places = {ids[1][item]: row for row, item in enumerate(second.tolist())}
    pairs = [(row, places[name]) for row, item in enumerate(first.tolist()) if (name := ids[0][item]) in places]
    return np.array(pairs, np.int64).reshape(-1, 2)
