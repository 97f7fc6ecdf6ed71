from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import Cancelled, UserError
from explorer.core.recipe import Part
from explorer.core.registry import create
from explorer.core.types import (
    PIXELS_RUN,
    ByteArray,
    DatasetCensus,
    DistanceHistogram,
    Evaluation,
    Neighbours,
    Projection,
    Snapshot,
)
from explorer.engine.analysis import supervisor
from explorer.engine.events import AnalysisReady, AnalysisRestarted, Notice
from explorer.evaluation.compared_samples import Compared, compared
from explorer.evaluation.protocol import Effort, Sample
from explorer.measure.lifts import lift
from tests.engine.analysis.scenes import Room, clusters, scene, snapshot

CHECKOUT = Path(__file__).parents[3]


def test_an_exact_snapshot_is_mapped_evaluated_and_counted(live: Room) -> None:
    x, labels = clusters()
    live.begin(labels)
    live.client.margin(0.5)
    live.client.pin([5, 2], 4)
    live.client.publish(snapshot(x))
    frame = live.until(Projection)
    assert frame.xy.shape == (len(x), 2)
    assert (frame.run, frame.step, frame.method, frame.exact) == ("run", 1, "pca", True)
    assert not frame.xy.flags.writeable
    near = live.until(Neighbours)
    distances = np.linalg.norm(x[5] - x, axis=1)
    order = np.argsort(distances)[1:5]
    np.testing.assert_array_equal(near.indices[0], order)
    np.testing.assert_allclose(near.distances[0], distances[order], rtol=1e-5)
    held_out = live.until(Evaluation, lambda found: found.part == "held-out")
    assert held_out.items == len(x) // 4
    assert held_out.metrics["recall@1"] == 1.0
    assert "nmi" not in held_out.metrics
    train = live.until(Evaluation, lambda found: found.part == "train")
    assert train.items == len(x) - len(x) // 4
    assert live.until(DistanceHistogram).auc > 0.99
    census = live.until(DatasetCensus, lambda found: found.census.margin == 0.5).census
    each = len(x) // 6
    assert census.easy + census.semi_hard + census.hard == len(x) * (each - 1) * 5 * each
    live.until(Projection, lambda frame: frame.method == "umap" and frame.fidelity is not None)


def test_the_map_can_be_frozen_and_goes_on(live: Room) -> None:
    x, labels = clusters(seed=3)
    live.begin(labels)
    live.client.layout("freeze")
    live.client.publish(snapshot(x))
    assert live.client.settle(30)
    assert not live.heard(Projection)
    live.client.layout("settle")
    live.until(Projection, lambda frame: frame.epoch >= 200)


def test_a_saved_map_goes_on_where_it_ended(live: Room) -> None:
    x, labels = clusters()
    xy = np.random.default_rng(0).normal(size=(len(x), 2)).astype(np.float32)
    live.begin(labels)
    live.client.remember(Projection("run", 1, np.arange(len(x)), xy, 9, "umap", True))
    live.client.publish(snapshot(x))
    np.testing.assert_allclose(live.until(Projection).xy, xy, atol=1e-3)


def test_neighbours_follow_every_snapshot_and_numbers_only_exact_ones(plain: Room) -> None:
    x, labels = clusters()
    plain.begin(labels)
    plain.client.pin([3], 2)
    plain.client.publish(snapshot(x, step=1, exact=False))
    assert not plain.until(Neighbours, lambda near: near.step == 1).exact
    plain.client.publish(snapshot(x[::-1].copy(), step=3))
    assert plain.until(Neighbours, lambda near: near.step == 3).exact
    assert plain.client.settle(30)
    assert {found.step for found in plain.heard(Evaluation)} == {3}
    assert not plain.heard(Projection)


def test_an_exact_snapshot_of_some_items_does_not_take_the_others_off_the_map(plain: Room) -> None:
    x, labels = clusters()
    held_out = scene(labels).held_out
    plain.begin(labels)
    plain.client.publish(snapshot(x, step=1, exact=False))
    assert plain.client.settle(30)
    plain.client.publish(Snapshot("run", 2, held_out, x[held_out], True, "euclidean"))
    plain.client.pin([1, 4], 3)
    assert plain.until(Neighbours).step == 1
    assert plain.until(Evaluation).items == len(held_out)


def test_a_query_without_an_embedding_has_no_neighbours(plain: Room) -> None:
    x, labels = clusters()
    some = np.array([10, 4, 7])
    plain.begin(labels)
    plain.client.publish(Snapshot("run", 1, some, x[some], False, "euclidean"))
    plain.client.pin([7, 8], 5)
    near = plain.until(Neighbours)
    assert set(near.indices[0].tolist()) == {4, 10, -1}
    assert (near.indices[1] == -1).all()
    assert np.isinf(near.distances[1]).all()


def test_distances_are_true_ones(plain: Room) -> None:
    x, labels = clusters()
    plain.begin(labels)
    plain.client.publish(Snapshot("run", 1, np.arange(len(x)), x, True, "cosine"))
    plain.client.pin([0], 1)
    near = plain.until(Neighbours)
    a, b = lift("cosine").lift_item(x[[0, int(near.indices[0, 0])]])
    assert near.distances[0, 0] == pytest.approx(1 - float(a @ b), abs=1e-5)


def test_the_pixels_become_a_run_of_their_own_and_the_baseline(live: Room) -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(200, dtype=np.int64) % 4
    drawn = np.clip(generator.integers(0, 200, (4, 100))[labels] + generator.normal(0, 5, (200, 100)), 0, 255)
    pixels = drawn.astype(np.uint8)
    live.begin(labels, run=PIXELS_RUN)
    live.client.publish_pixels(live.generation, lambda: pixels)
    shown = live.until(Snapshot)
    assert (shown.run, shown.step, shown.exact, shown.distance) == (PIXELS_RUN, 0, True, "cosine")
    np.testing.assert_allclose(np.linalg.norm(shown.embeddings, axis=1), 1, atol=1e-5)
    baseline = live.until(Evaluation)
    assert (baseline.run, baseline.part, baseline.items) == (PIXELS_RUN, "held-out", 50)
    assert baseline.metrics["recall@1"] == 1.0
    assert live.until(Projection).run == PIXELS_RUN
    live.client.publish_pixels(live.generation - 1, lambda: pixels)
    assert live.client.settle(30)
    assert len(live.heard(Evaluation)) == 1


def test_pixels_are_made_when_they_are_needed_and_kept_by_nobody(live: Room) -> None:
    labels = np.arange(80, dtype=np.int64) % 4
    made: list[weakref.ref[ByteArray]] = []

    def pixels() -> ByteArray:
        rows = np.random.default_rng(0).integers(0, 256, (80, 100), np.uint8)
        made.append(weakref.ref(rows))
        return rows

    live.begin(labels, run=PIXELS_RUN)
    live.client.publish_pixels(live.generation, pixels)
    assert live.until(Evaluation).items == 20
    assert live.client.settle(30)
    shown = scene(labels, generation=live.generation, run=PIXELS_RUN)
    live.client.begin(shown)
    assert live.client.settle(30)
    assert len(made) == 1
    live.client.begin(replace(shown, train=shown.held_out, held_out=shown.train))
    assert live.until(Evaluation, lambda found: found.items == 60).run == PIXELS_RUN
    assert live.client.settle(30)
    assert len(made) == 2
    assert [one() for one in made] == [None, None]


def test_another_dataset_makes_what_was_before_stale(live: Room) -> None:
    x, labels = clusters()
    other, other_labels = clusters(120, seed=5)
    live.begin(labels)
    live.client.pin([200], 3)
    live.client.publish(snapshot(x))
    live.until(Projection)
    live.begin(other_labels, run="next")
    live.client.publish(snapshot(x))
    live.client.publish(snapshot(other, run="next"))
    assert live.until(Projection, lambda frame: frame.run == "next").xy.shape == (120, 2)
    assert live.client.settle(30)
    live.generations.clear()
    live.until(Projection, lambda frame: frame.run == "next" and frame.method == "umap")
    assert live.generation - 1 not in live.generations
    assert not live.heard(Neighbours)


def test_a_snapshot_is_evaluated_by_the_live_protocols_and_without_what_is_slow(plain: Room) -> None:
    x, labels = clusters()
    plain.begin(labels)
    plain.client.publish(snapshot(x))
    found = plain.until(Evaluation)
    assert found.protocol == "retrieval"
    assert "nmi" not in found.metrics
    assert plain.client.settle(30)
    assert len(plain.heard(Evaluation)) == 1


def test_any_sample_is_measured_by_any_protocol_and_thoroughly(plain: Room) -> None:
    x, labels = clusters()
    sample = Sample(x, labels, lift("euclidean"), {"half": ["a"] * 120 + ["b"] * 120})
    retrieval = plain.client.measure(Part(name="retrieval"), sample).figures
    assert retrieval["recall@1"] == 1.0
    assert 0.8 < retrieval["nmi"] <= 1
    few = plain.client.measure(Part(name="few_shot", params={"ways": "5", "episodes": 20}), sample, seed=3)
    assert few == create("protocol", "few_shot", {"ways": "5", "episodes": 20}).measure(sample, Effort(seed=3))
    across = plain.client.measure(Part(name="verification", params={"across": "half"}), sample)
    assert 0 <= across.figures["eer"] < 0.01
    assert across.items == 240


def test_two_embeddings_of_the_same_items_are_compared_there(plain: Room) -> None:
    x, labels = clusters()
    moved = x + np.random.default_rng(0).normal(0, 2, x.shape).astype(np.float32)
    sample, other = Sample(x, labels, lift("euclidean")), Sample(moved, labels, lift("cosine"))
    found = plain.client.measure(Part(name="retrieval"), sample, seed=3, other=other).details
    made = create("protocol", "retrieval", {})
    expected = compared("retrieval", made, sample, other, Effort(seed=3))
    assert isinstance(found, Compared)
    assert found.metrics == expected.metrics
    assert found.queries is not None
    assert expected.queries is not None
    np.testing.assert_array_equal(found.queries.broken, expected.queries.broken)
    assert len(found.queries.broken)
    bad = Sample(np.full_like(x, np.nan), labels, lift("cosine"))
    with pytest.raises(UserError, match="not finite"):
        plain.client.measure(Part(name="retrieval"), sample, other=bad)
    few = plain.client.measure(Part(name="few_shot", params={"ways": "5", "episodes": 20}), sample, other=other)
    assert isinstance(few.details, Compared)
    assert few.details.queries is None


def test_what_a_protocol_cannot_measure_is_said_to_who_asked(plain: Room) -> None:
    x, labels = clusters()
    with pytest.raises(UserError, match="no column 'camera'") as caught:
        plain.client.measure(
            Part(name="verification", params={"across": "camera"}), Sample(x, labels, lift("euclidean"))
        )
    assert "Columns of these data: none" in caught.value.remedy
    with pytest.raises(UserError, match="Choose one of"):
        plain.client.measure(Part(name="clairvoyance"), Sample(x, labels, lift("euclidean")))
    with pytest.raises(Cancelled):
        plain.client.measure(Part(name="retrieval"), Sample(x, labels, lift("euclidean")), cancelled=lambda: True)
    assert plain.client.measure(Part(name="retrieval"), Sample(x, labels, lift("euclidean"))).items == 240


def test_a_measurement_outlives_the_process_and_ends_with_the_client() -> None:
    x, labels = clusters()
    sample = Sample(x, labels, lift("euclidean"))
    with Room(live=False) as room:
        room.listener.until(AnalysisReady)
        room.client.kill()
        assert room.client.measure(Part(name="retrieval"), sample).figures["recall@1"] == 1.0
    with pytest.raises(RuntimeError, match="ended before it had measured"):
        room.client.measure(Part(name="retrieval"), sample)


def test_a_killed_process_comes_back_with_what_it_knew() -> None:
    x, labels = clusters()
    with Room() as room:
        room.begin(labels)
        room.client.pin([1], 3)
        room.client.publish(snapshot(x, step=4))
        first = room.until(Neighbours)
        before = room.client.pid
        place = room.listener.now()
        room.client.kill()
        assert "killed by signal 9" in room.until(AnalysisRestarted).reason
        again = room.listener.until(Neighbours, after=place)
        frame = room.listener.until(Projection, after=place)
        assert frame.step == 4
        last = [value for value in room.listener.heard[:place] if isinstance(value, Projection)][-1]
        np.testing.assert_allclose(frame.xy, last.xy, atol=1e-3)
        np.testing.assert_array_equal(again.indices, first.indices)
        assert again.step == 4
        assert room.client.pid not in (0, before)


def test_a_process_that_keeps_dying_stays_away_for_a_while_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "REST_SECONDS", 3.0)
    with Room(live=False) as room:
        room.listener.until(AnalysisReady)
        place = 0
        for _ in range(3):
            room.client.kill()
            room.listener.until(AnalysisRestarted, after=place)
            place = room.listener.now()
        room.client.kill()
        text = room.listener.until(Notice).text
        assert "ended 4 times" in text
        assert "started again in 3 seconds" in text
        assert room.client.pid == 0
        assert not room.client.settle(5)
        room.listener.until(AnalysisRestarted, after=place)
        assert room.client.pid != 0


def test_a_process_that_hangs_is_ended_all_the_same() -> None:
    x, labels = clusters()
    room = Room(live=False)
    room.client.start()
    room.listener.until(AnalysisReady)
    os.kill(room.client.pid, signal.SIGSTOP)
    room.begin(labels)
    for step in range(50):
        room.client.publish(snapshot(x, step=step))
    assert not room.client.settle(0.2)
    assert room.client.close(3.0)


def test_closing_before_the_process_is_up_leaves_nothing() -> None:
    room = Room()
    room.client.start()
    assert room.client.close(10.0)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs process descriptors (Linux)")
def test_the_process_ends_when_its_parent_is_killed() -> None:
    script = (
        "import sys\n"
        "from explorer.engine.analysis.client import AnalysisClient\n"
        "client = AnalysisClient(lambda generation, value: print(client.pid, flush=True), live=False)\n"
        "client.start()\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=CHECKOUT) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        process = os.pidfd_open(int(parent.stdout.readline()))
        try:
            assert not select.select([process], [], [], 0)[0]
            parent.kill()
            assert select.select([process], [], [], 10)[0]
        finally:
            os.close(process)
        assert parent.stderr.read() == b""
