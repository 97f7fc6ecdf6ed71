"""What there is to export: a saved run, or what a window shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.map_values import ItemValues
from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray, Projection, Split, frozen
from explorer.engine.export.base import ItemTable, KeptRun, Subject
from explorer.measure.lifts import lift
from explorer.measure.lifts.base import laid_out
from explorer.projection.align import registration
from explorer.projection.pca import principal_components
from explorer.runs.folder import RunFolder

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset


def subject_of_run(
    path: Path,
    step: int | None = None,
    *,
    selected: IntArray | None = None,
    dataset: Dataset | None = None,
    moved: str = "",
) -> Subject:
    """Return a saved run, or one that is still written, with the map of a ``step`` chosen, of the last one for None.

    A run that was trained without a window keeps no maps: they are then the principal components of its embeddings,
    each turned so that it lies on the last one. ``selected``: of its items; ``dataset``: its data, where they are open;
    ``moved``: where they are now.

    Raises
    ------
    UserError: if it is no run, or keeps no such step.
    """
    folder = RunFolder.open(path)
    steps, frame = folder.projection_steps(), folder.projection
    if not steps:
        steps, frame = folder.snapshot_steps(), _Components(folder).frame
    if not steps:
        raise UserError(
            f"The run {printable(folder.path.name)} keeps no embeddings", remedy="Go on with it for a while"
        )
    if step is not None and step not in steps:
        kept = ("… " if len(steps) > 12 else "") + ", ".join(map(str, steps[-12:]))
        raise UserError(f"The run keeps no map of step {step}", remedy=f"Choose one of: {kept}")
    recall = {
        evaluation.step: evaluation.metrics["recall@1"]
        for evaluation in folder.history().evaluations
        if evaluation.part == "held-out" and evaluation.run == folder.run and "recall@1" in evaluation.metrics
    }
    chosen, run = steps[-1] if step is None else step, KeptRun(path, step, dataset, moved)
    return Subject(folder.path.name, _items_of(folder), steps, chosen, frame, recall, selected=selected, run=run)


class _Components:
    """Maps of a run that keeps none."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._last: Projection | None = None

    def frame(self, step: int) -> Projection:
        """Return the principal components of a step."""
        last = self._last
        if last is None:
            last = self._last = self._components(self._folder.snapshot_steps()[-1])
        if step == last.step:
            return last
        found = self._components(step)
        _, here, there = np.intersect1d(found.indices, last.indices, return_indices=True)
        turned = registration(found.xy[here], last.xy[there])(found.xy)
        return replace(found, xy=frozen(turned))

    def _components(self, step: int) -> Projection:
        snapshot = self._folder.snapshot(step)
        xy = principal_components(laid_out(lift(snapshot.distance), snapshot.embeddings))
        return Projection(snapshot.run, step, snapshot.indices, frozen(xy), 0, "pca", snapshot.exact)


def _items_of(folder: RunFolder) -> ItemTable:
    items, root = folder.items, folder.data.uri
    own = not folder.data.added and Path(root).is_dir()
    return ItemTable(
        items.ids,
        (lambda i: str(Path(root, items.ids[i]))) if own else (lambda i: items.ids[i]),
        items.labels,
        tuple(folder.data.class_names),
        items.parts,
    )


def subject_of_view(
    dataset: Dataset,
    split: Split | None,
    frame: Projection,
    values: Sequence[ItemValues] = (),
    selected: IntArray | None = None,
) -> Subject:
    """Return the map that is shown, with what was measured of its items at its step, and which are selected."""
    parts = np.full(len(dataset), "", dtype="<U8")
    if split is not None:
        parts[split.train], parts[split.held_out] = "train", "held-out"
    items = ItemTable(dataset.ids, dataset.path, dataset.labels, dataset.class_names, TextColumn.of(parts.tolist()))
    fitting = tuple(v for v in values if (v.run, v.step) == (frame.run, frame.step))
    return Subject(
        dataset.name, items, (frame.step,), frame.step, lambda _step: frame, values=fitting, selected=selected
    )
