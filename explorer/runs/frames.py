"""Snapshots and maps on disk: float16 embeddings and positions with the items they belong to."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.map_values import KeptStep
from explorer.core.types import Fidelity, FloatArray, Projection, Snapshot, frozen
from explorer.runs.arrays import AnyArray, ArrayStore, Step, open_npy
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
        facts = {
            "exact": snapshot.exact,
            "distance": snapshot.distance,
            "scale": scale,
            "items": len(half),
            "key": key,
        }
        self.write(snapshot.step, {"embeddings": half, "indices": snapshot.indices}, facts)

    def mark_key(self, step: int) -> None:
        """Let a snapshot be kept for good; one that is damaged or gone is left alone."""
        with suppress(UserError):
            stored = self.read(step)
            if not stored.facts.get("key"):
                self.amend(stored, {**stored.facts, "key": True})

    def is_exact(self, step: int) -> bool:
        """Whether there is an exact snapshot of a step."""
        try:
            return bool(self.read(step).facts.get("exact"))
        except UserError:
            return False

    def dimension(self) -> int | None:
        """Return how many numbers the newest embeddings have, None where there are none; reads no array."""
        for step in reversed(self.steps()):
            with suppress(UserError, OSError, ValueError, KeyError, IndexError):
                return int(open_npy(self.folder / self.read(step).files["embeddings"]).shape[1])
        return None

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
            scale = np.float32(float(stored.facts.get("scale", 1.0)))
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
    """The maps of a run: one frame a step, in half precision. ``items``: how many items its dataset has.

    The positions are stored relative to the middle of the map and in units of half its longer side, which the record
    names, so that a position is off by at most 1/4096 of that wherever the map lies. A record without ``scale`` has
    float32 positions as they are.
    """

    def __init__(self, folder: Path, items: int) -> None:
        super().__init__(folder)
        self._items = items

    def save(self, projection: Projection) -> None:
        """Write a map, in place of an earlier frame of the same step."""
        found = projection.fidelity
        centre, scale = _frame_of(projection.xy)
        half = ((projection.xy - centre) / np.float32(scale)).astype(np.float16)
        facts: dict[str, Any] = {
            "centre": [float(value) for value in centre],
            "scale": scale,
            "items": len(half),
            "epoch": projection.epoch,
            "method": projection.method,
            "exact": projection.exact,
            "graph_recall": projection.graph_recall,
            "fidelity": [found.trustworthiness, found.preserved, found.neighbours, found.sample] if found else None,
        }
        self.write(projection.step, {"xy": half, "indices": projection.indices}, facts)

    def load(self, run: str, step: int) -> Projection:
        """Return the map of a step.

        Raises
        ------
        UserError: if there is none, or it is damaged.
        """
        stored = self.read(step)
        xy = rows_of(self, stored, "xy")
        indices = indices_of(self, stored, len(xy), self._items)
        facts = stored.facts
        found = facts.get("fidelity")
        try:
            centre = np.array(facts.get("centre", (0.0, 0.0)), np.float32).reshape(2)
            xy = frozen(xy.astype(np.float32) * np.float32(float(facts.get("scale", 1.0))) + centre)
            fidelity = Fidelity(float(found[0]), float(found[1]), int(found[2]), int(found[3])) if found else None
            epoch, recall = int(facts.get("epoch", 0)), float(facts.get("graph_recall", 1.0))
        except (TypeError, ValueError, IndexError, KeyError) as error:
            raise _wrong(self, step) from error
        method, exact = str(facts.get("method", "umap")), bool(facts.get("exact"))
        return Projection(run, step, indices, xy, epoch, method, exact, fidelity, recall)


def showable(run: str, snapshots: SnapshotStore, projections: ProjectionStore) -> tuple[KeptStep, ...]:
    """Return the steps that have a snapshot and a map, ascending; reads their records but no array.

    A torn or missing file takes its step out, and so does a snapshot of fewer items than are on the map.
    """
    found: list[KeptStep] = []
    for step in sorted({*snapshots.steps()} & {*projections.steps()}):
        snapshot, projection = snapshots.whole(step), projections.whole(step)
        if snapshot is not None and projection is not None:
            of, on = (stored.facts.get("items") for stored in (snapshot, projection))
            if not (isinstance(of, int) and isinstance(on, int)) or of >= on:
                found.append(KeptStep(run, step, bool(snapshot.facts.get("exact"))))
    return tuple(found)


def _frame_of(xy: FloatArray) -> tuple[FloatArray, float]:
    """Return the middle of a map, (2,) float32, and half of its longer side; 1 where that is nothing."""
    placed = xy[np.isfinite(xy).all(axis=1)]
    if not len(placed):
        return np.zeros(2, np.float32), 1.0
    low, high = placed.min(axis=0), placed.max(axis=0)
    half = float((high / 2 - low / 2).max())
    return (low / 2 + high / 2).astype(np.float32), half if half > 0 else 1.0


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
        f"Step {step} in {printable(str(store.folder))} is damaged", remedy="The other steps are not affected"
    )
