"""The protocols that measure every exact snapshot, in a worker of this process."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from explorer.core import registry
from explorer.core.errors import UserError
from explorer.core.types import PIXELS_RUN, DistanceHistogram, Evaluation
from explorer.engine.analysis.messages import Pong, Reply, Result
from explorer.engine.analysis.shared_state import SharedState
from explorer.engine.analysis.workers.evaluation import EvaluationWorker
from explorer.evaluation.protocol import Effort, Measured, Protocol, Sample
from explorer.measure.lifts import lift
from tests.engine.analysis.scenes import clusters, scene


class EnoughHeard(Exception):
    """Ends the worker."""


def until_enough(worker: EvaluationWorker) -> None:
    with suppress(EnoughHeard):
        worker.run()


def test_pixels_are_let_go_of_once_they_are_measured() -> None:
    _, labels = clusters(40)
    held = np.ones((40, 9), np.uint8)
    pixels, seen = weakref.ref(held), list[object]()

    def listen(reply: Reply) -> None:
        if isinstance(reply, Pong):
            seen.append(pixels())
            raise EnoughHeard

    shared = SharedState(listen)
    worker = EvaluationWorker(shared, live=False, threads=1)
    shared.begin(scene(labels, run=PIXELS_RUN))
    shared.put(pixels=held)
    del held
    shared.ping(1)
    until_enough(worker)
    assert seen == [None]


class Counting(Protocol):
    """Counts items, and refuses less than 100."""

    live = True

    def measure(self, sample: Sample, effort: Effort) -> Measured:
        """Return how many items there are, and how many may be asked."""
        if len(sample.x) < 100:
            raise UserError("too few")
        return Measured({"count": float(len(sample.x)), "asked": float(effort.queries or 0)}, len(sample.x), 1)


@pytest.fixture
def counting() -> Iterator[None]:
    registry.catalogue("protocol")
    registry.register("protocol", "counting")(Counting)
    yield
    del registry._ENTRIES["protocol", "counting"]


@pytest.mark.usefixtures("counting")
def test_a_protocol_that_is_registered_as_live_measures_every_exact_snapshot() -> None:
    found: list[Evaluation] = []

    def listen(reply: Reply) -> None:
        if isinstance(reply, Result) and isinstance(reply.value, Evaluation):
            found.append(reply.value)
            if len(found) == 3:
                raise EnoughHeard  # a worker works for ever

    shared = SharedState(listen)
    worker = EvaluationWorker(shared, live=True, threads=1)
    x, labels = clusters(240)
    shared.begin(scene(labels))
    shared.hold(1, "run", 7, np.arange(240), x, True, lift("euclidean"))
    thread = threading.Thread(target=until_enough, args=(worker,))  # of its own: it becomes nicer for good
    thread.start()
    thread.join(120)
    counted = [value for value in found if value.protocol == "counting"]
    assert [(value.part, value.step, value.metrics["count"]) for value in counted] == [("train", 7, 180.0)]
    assert counted[0].metrics["asked"] == 20_000
    assert [value.part for value in found if value.protocol == "retrieval"] == ["held-out", "train"]


def test_where_the_data_name_a_gallery_only_distances_of_queries_to_it_are_sorted() -> None:
    found: list[DistanceHistogram] = []

    def listen(reply: Reply) -> None:
        if isinstance(reply, Result) and isinstance(reply.value, DistanceHistogram):
            found.append(reply.value)
            raise EnoughHeard

    shared = SharedState(listen)
    worker = EvaluationWorker(shared, live=True, threads=1)
    x, labels = clusters(240)
    items = np.arange(240)
    shared.begin(replace(scene(labels), held_out=items[120:], queries=items[120:150], gallery=items[150:]))
    shared.hold(1, "run", 7, items, x, True, lift("euclidean"))
    thread = threading.Thread(target=until_enough, args=(worker,))
    thread.start()
    thread.join(120)
    assert found[0].against_gallery
    alike = labels[120:150, None] == labels[150:]
    assert (found[0].same_pairs, found[0].different_pairs) == (alike.sum(), (~alike).sum())
    assert found[0].pairs is not None
    for pairs in (found[0].pairs.same, found[0].pairs.different):
        assert set(pairs[:, 0]) == set(range(120, 150))
        assert set(pairs[:, 1]) == set(range(150, 240))
