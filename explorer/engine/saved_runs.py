"""The runs that were saved, newest first, each with what tells it from the others: map, recipe, last recall, date."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError
from explorer.core.live_change import recipe_after
from explorer.core.recipe import Recipe
from explorer.core.result_kinds import result
from explorer.core.types import CROSS_MODAL, PIXELS_RUN, RETRIEVAL, UNLABELLED, FloatArray, IntArray, frozen
from explorer.runs.folder import RunFolder
from explorer.runs.header import is_run
from explorer.runs.items import ITEMS_NAME
from explorer.runs.journal import METRICS_NAME, read_history

MOST = 100
"""Runs that are looked at; of more the newest."""

POINTS = 600
"""Points of a small map."""

LARGEST_ITEMS = 4 << 20
"""Bytes of a list of items that is read for the classes of a small map; beyond it the points have one colour."""


@dataclass(frozen=True, slots=True)
class RunGlance:
    """What a list says of a saved run.

    ``recipe``: as it ended; ``step``: the last one that something is kept of; ``recall``: the last recall@1 of held-out
    items, None before any; ``seconds``: since the epoch, when it was last written to; ``points`` (n, 2) of its last map
    and ``labels`` (n,), empty where there is none.
    """

    path: Path
    data: str
    recipe: Recipe
    step: int
    recall: float | None
    seconds: float
    points: FloatArray
    labels: IntArray


@result("latest", "session")
@dataclass(frozen=True, slots=True)
class RunsFound:
    """The saved runs, newest first. ``folder``: where they are kept that were given no other place."""

    folder: Path
    runs: tuple[RunGlance, ...]


def saved_runs(folder: Path, also: Iterable[Path] = (), most: int = MOST) -> tuple[RunGlance, ...]:
    """Return the runs in a folder and those of ``also`` that are runs, newest first; what cannot be read is left out.

    They are read and never changed, so that one that still trains can be among them.
    """
    paths = {path.absolute() for path in also if path.is_absolute() and is_run(path)}
    with suppress(OSError):
        paths.update(path.absolute() for path in folder.iterdir() if is_run(path))
    newest = sorted(paths, key=lambda path: (_written(path), path), reverse=True)[:most]
    return tuple(found for path in newest if (found := glance_of(path)) is not None)


def glance_of(path: Path) -> RunGlance | None:
    """Return what is said of a saved run, None where it cannot be read."""
    try:
        run = RunFolder.open(path)
        history = read_history(path / METRICS_NAME, steps=False)
    except UserError:
        return None
    recalls = [
        found
        for found in history.evaluations
        if found.run != PIXELS_RUN and found.part == "held-out" and found.protocol in (RETRIEVAL, CROSS_MODAL)
    ]
    points, labels = _small_map(run)
    ends = (run.checkpoint_steps(), run.snapshot_steps(), tuple(found.step for found in recalls))
    return RunGlance(
        path=path,
        data=run.data.name,
        recipe=recipe_after(run.recipe, history.changes),
        step=max((steps[-1] for steps in ends if steps), default=0),
        recall=recalls[-1].metrics.get("recall@1") if recalls else None,
        seconds=_written(path),
        points=points,
        labels=labels,
    )


def _written(path: Path) -> float:
    """Return when a run was last written to, 0 where that is unknown."""
    for name in (METRICS_NAME, "run.json"):
        with suppress(OSError):
            return (path / name).stat().st_mtime
    return 0.0


def _small_map(run: RunFolder) -> tuple[FloatArray, IntArray]:
    """Return some points of the last map of a run, spread over its items, and the classes of these."""
    frame = run.last_projection()
    if frame is None or not len(frame.indices):
        return np.empty((0, 2), np.float32), np.empty(0, np.int64)
    placed = np.unique(np.linspace(0, len(frame.indices) - 1, POINTS).astype(np.int64))
    placed = placed[np.isfinite(frame.xy[placed]).all(axis=1)]
    labels = np.full(len(placed), UNLABELLED)
    with suppress(OSError, UserError):
        if (run.path / ITEMS_NAME).stat().st_size <= LARGEST_ITEMS:
            labels = run.items.labels[frame.indices[placed]]
    return frozen(frame.xy[placed], np.float32), frozen(labels, np.int64)
