"""Snapshots and maps on disk: float16 embeddings (float32 positions) with the items they belong to."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.types import Fidelity, Projection, Snapshot, frozen
from explorer.runs.arrays import AnyArray, ArrayStore, Step
from explorer.runs.retention import Kept

LARGEST_HALF = 60_000.0


class SnapshotStore(ArrayStore):
    """The snapshots of a run. ``items``: how many items its dataset has."""

    def __init__(self, folder: Path, items: int) -> None:
        super().__init__(folder)
        self._items = items

    def save(self, snapshot: Snapshot, *, key: bool) -> None:
        """Write a snapshot in half precision; values beyond its range are scaled, and the record says by how much."""
        largest = float(np.abs(snapshot.embeddings).max(initial=0.0))
        scale = largest / LARGEST_HALF if LARGEST_HALF < largest < np.inf else 1.0
        half = (snapshot.embeddings / np.float32(scale)).astype(np.float16)
        facts = {"exact": snapshot.exact, "distance": snapshot.distance, "scale": scale, "key": key}
        self.write(snapshot.step, {"embeddings": half, "indices": snapshot.indices}, facts)

    def is_exact(self, step: int) -> bool:
        """Whether there is an exact snapshot of a step."""
        return any(kept.step == step and kept.exact for kept in self.kept())

    def load(self, run: str, step: int) -> Snapshot:
        """Return a snapshot in float32.

        Raises
        ------
        UserError: if there is none, or it is damaged.
        """
        stored = self.read(step)
        half = rows_of(self, stored, "embeddings")
        indices = indices_of(self, stored, len(half), self._items)
        try:
            scale = np.float32(stored.facts.get("scale", 1.0))
        except (TypeError, ValueError) as error:
            raise _wrong(self, step) from error
        embeddings = frozen(half.astype(np.float32) * scale)
        exact, distance = bool(stored.facts.get("exact")), str(stored.facts.get("distance", "euclidean"))
        return Snapshot(run, step, indices, embeddings, exact, distance)

    def kept(self) -> list[Kept]:
        """Return what there is, as the retention policy sees it; what is damaged is left alone."""
        found: list[Kept] = []
        for step in self.steps():
            with suppress(UserError):
                stored = self.read(step)
                found.append(Kept(step, stored.size, bool(stored.facts.get("exact")), bool(stored.facts.get("key"))))
        return found


class ProjectionStore(ArrayStore):
    """The maps of a run: one frame a step. ``items``: how many items its dataset has."""

    def __init__(self, folder: Path, items: int) -> None:
        super().__init__(folder)
        self._items = items

    def save(self, projection: Projection) -> None:
        """Write a map, in place of an earlier frame of the same step."""
        found = projection.fidelity
        facts: dict[str, Any] = {
            "epoch": projection.epoch,
            "method": projection.method,
            "exact": projection.exact,
            "graph_recall": projection.graph_recall,
            "fidelity": [found.trustworthiness, found.preserved, found.neighbours, found.sample] if found else None,
        }
        self.write(projection.step, {"xy": projection.xy, "indices": projection.indices}, facts)

    def load(self, run: str, step: int) -> Projection:
        """Return the map of a step.

        Raises
        ------
        UserError: if there is none, or it is damaged.
        """
        stored = self.read(step)
        xy = frozen(rows_of(self, stored, "xy"), np.float32)
        indices = indices_of(self, stored, len(xy), self._items)
        facts = stored.facts
        found = facts.get("fidelity")
        try:
            fidelity = Fidelity(float(found[0]), float(found[1]), int(found[2]), int(found[3])) if found else None
            epoch, recall = int(facts.get("epoch", 0)), float(facts.get("graph_recall", 1.0))
        except (TypeError, ValueError, IndexError, KeyError) as error:
            raise _wrong(self, step) from error
        method, exact = str(facts.get("method", "umap")), bool(facts.get("exact"))
        return Projection(run, step, indices, xy, epoch, method, exact, fidelity, recall)


def rows_of(store: ArrayStore, stored: Step, name: str) -> AnyArray:
    """Return a two-dimensional array of a step, mapped read-only."""
    array = store.array(stored, name)
    if array.ndim != 2 or array.dtype.kind != "f":
        raise _wrong(store, stored.step)
    return array


def indices_of(store: ArrayStore, stored: Step, rows: int, items: int) -> AnyArray:
    """Return which item each row is: (rows,) int64, all of them items of the dataset."""
    indices = store.array(stored, "indices")
    if indices.dtype != np.int64 or indices.shape != (rows,):
        raise _wrong(store, stored.step)
    if rows and not (int(indices.min()) >= 0 and int(indices.max()) < items):
        raise _wrong(store, stored.step)
    return frozen(indices)


def _wrong(store: ArrayStore, step: int) -> UserError:
    return UserError(
        f"step {step} in {printable(str(store.folder))} is damaged", remedy="The other steps are not affected"
    )
