"""Small clusters with known answers, and a client that listens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from explorer.core.types import FloatArray, IntArray, Snapshot
from explorer.engine.analysis.client import AnalysisClient
from explorer.engine.analysis.messages import Scene
from explorer.engine.lanes import Lanes
from tests.helpers.listening import Listener

T = TypeVar("T")


def clusters(count: int = 240, classes: int = 6, seed: int = 0) -> tuple[FloatArray, IntArray]:
    """Return points (count, 8) around ``classes`` centres, and their labels."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int64) % classes
    x = generator.normal(size=(classes, 8))[labels] * 6 + generator.normal(size=(count, 8)) * 0.4
    return x.astype(np.float32), labels


def scene(
    labels: IntArray, *, generation: int = 1, run: str = "run", triplets: Sequence[tuple[int, int, int]] = ()
) -> Scene:
    """Return a scene in which every fourth item is held out, and some triplets are given."""
    items, told = np.arange(len(labels), dtype=np.int64), np.array(triplets, np.int64).reshape(-1, 3)
    return Scene(generation, run, labels, items[items % 4 != 0], items[items % 4 == 0], False, triplets=told)


def snapshot(x: FloatArray, *, step: int = 1, run: str = "run", exact: bool = True) -> Snapshot:
    """Return all of ``x`` as a snapshot."""
    return Snapshot(run, step, np.arange(len(x), dtype=np.int64), x, exact, "euclidean")


class Room:
    """An analysis client whose answers a ``Listener`` hears. It can be used for one dataset after another."""

    def __init__(self, *, live: bool = True) -> None:
        self.listener = Listener()
        self._lanes = Lanes(self.listener.ring)
        self.listener.listen(self._lanes)
        self.generations: list[int] = []
        self.generation = 0
        self._place = 0
        self.client = AnalysisClient(self._deliver, live=live)

    def __enter__(self) -> Room:
        self.client.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.client.close(10.0)

    def begin(self, labels: IntArray, *, run: str = "run") -> None:
        """Show another dataset; ``until`` and ``heard`` know nothing from before."""
        self.generation += 1
        self.generations.clear()
        self.client.begin(scene(labels, generation=self.generation, run=run))
        self._place = self.listener.now()

    def until(self, kind: type[T], such: Callable[[T], bool] = lambda value: True) -> T:
        """Return the first answer of a kind that is ``such``; waits for it."""
        return self.listener.until(kind, such, after=self._place)

    def heard(self, kind: type[T]) -> list[T]:
        """Return the answers of a kind so far."""
        self.listener.drain()
        return [value for value in self.listener.heard[self._place :] if isinstance(value, kind)]

    def _deliver(self, generation: int, value: Any) -> None:
        if generation in (-1, self.generation):
            self._lanes.send(value)
        self.generations.append(generation)
