"""The training loop: what it announces, what it can be told, and how it ends."""

from __future__ import annotations

import dataclasses
import itertools
import queue
from types import ModuleType

import numpy as np
import pytest
import torch

from explorer.core.events import (
    Checkpoint,
    Command,
    Event,
    ParameterChanged,
    Pause,
    Resume,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    Set,
    Stop,
)
from explorer.core.types import Progress, Snapshot, StepMetrics
from explorer.learn import fit_trainer, trainer
from explorer.learn.embedder import Embedder
from explorer.learn.failures import explained
from explorer.learn.trainer import train
from tests.helpers.clocks import ERA
from tests.learn.tasks import halves, made_up, of, quick_recipe, run, task

Commands = queue.SimpleQueue[Command]


def test_a_run_from_start_to_end() -> None:
    events = run(task())
    started, finished = events[0], events[-1]
    assert isinstance(started, RunStarted)
    assert isinstance(finished, RunFinished)
    assert (started.steps, started.epochs, started.device) == (6, 2, "cpu")
    assert (finished.step, finished.epoch, finished.reason) == (6, 2, "done")
    metrics = of(StepMetrics, events)
    assert [m.step for m in metrics] == [1, 2, 3, 4, 5, 6]
    assert [m.epoch for m in metrics] == [0, 0, 0, 1, 1, 1]
    assert all(m.census is not None and m.census.total == 16 * 3 * 12 for m in metrics)
    assert [c.epoch for c in of(Checkpoint, events)] == [1, 2]
    assert {event.run for event in events} == {"r"}


@pytest.mark.parametrize(("module", "chosen"), [(trainer, "fitter=none"), (fit_trainer, "fitter=pca")])
def test_progress_is_told_at_once_and_at_the_end_however_slow_its_pace(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, chosen: str
) -> None:
    monkeypatch.setattr(module, "PROGRESS_SECONDS", ERA)
    told = of(Progress, run(task(quick_recipe(chosen), live=True)))
    assert [progress.last_pass for progress in told[:1]] == [None]
    assert len(told) == (3 if module is trainer else 2)  # and when the last pass begins, which a fitter has not
    assert told[0].step == 0
    assert told[-1].step == told[-1].steps


def test_the_last_snapshot_is_exact_and_of_all_items() -> None:
    the_task = task()
    events = run(the_task)
    last = of(Snapshot, events)[-1]
    assert last.exact
    assert last.step == 6
    assert last.indices.tolist() == list(range(60))
    assert not last.embeddings.flags.writeable
    again = Embedder(the_task.recipe, (8, 8, 1), of(Checkpoint, events)[-1]).embed(the_task.pixels, chunk=7)
    np.testing.assert_allclose(again, last.embeddings, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(again, axis=1), 1, atol=1e-5)


def test_it_learns() -> None:
    pixels, labels = made_up(items=200, classes=5)
    events = run(task(quick_recipe("miner=all", epochs=20), pixels=pixels, labels=labels))
    x, held_out = of(Snapshot, events)[-1].embeddings, np.arange(160, 200)
    similar = x[held_out] @ x[held_out].T
    np.fill_diagonal(similar, -2)
    assert (labels[held_out][similar.argmax(1)] == labels[held_out]).mean() > 0.9


def test_seeds_repeat_and_differ() -> None:
    first, again, other = ([m.loss for m in of(StepMetrics, run(task(quick_recipe(seed=seed))))] for seed in (1, 1, 2))
    assert first == again != other


def test_being_watched_changes_nothing_that_is_learned() -> None:
    alone, watched = (of(Checkpoint, run(task(live=live)))[-1] for live in (False, True))
    assert all(np.array_equal(alone.tensors[name], watched.tensors[name]) for name in alone.tensors)


def test_watched_runs_publish_embeddings_as_they_go() -> None:
    events = run(task(quick_recipe(epochs=300), live=True, snapshot_seconds=0.0))
    snapshots = of(Snapshot, events)
    assert snapshots[0].step == 0
    assert snapshots[0].exact  # so few items are all embedded in the first look
    between = [s for s in snapshots if not s.exact]
    assert between
    assert all(s.indices.tolist() == list(range(60)) for s in between)
    assert not np.array_equal(between[0].embeddings, snapshots[-1].embeddings)


def test_evaluation_passes_keep_to_their_share() -> None:
    never = of(Snapshot, run(task(quick_recipe(epochs=5), evaluate_share=0.0)))
    assert [s.step for s in never] == [15]
    always = of(Snapshot, run(task(quick_recipe(epochs=5), evaluate_share=1.0)))
    assert [s.step for s in always] == [3, 6, 9, 12, 15]
    assert all(s.exact for s in always)


def test_short_epochs_do_not_flood_the_disk() -> None:
    events = run(task(quick_recipe(epochs=6), snapshot_seconds=60, checkpoint_seconds=60, evaluate_share=1.0))
    assert [c.step for c in of(Checkpoint, events)] == [18]
    assert [s.step for s in of(Snapshot, events)] == [18]


def test_progress_counts_to_the_end() -> None:
    progress = of(Progress, run(task(quick_recipe(epochs=30))))
    assert progress[-1].step == progress[-1].steps == 90
    assert all(a.seconds <= b.seconds for a, b in itertools.pairwise(progress))
    assert progress[-1].seconds_left is not None
    assert progress[-1].seconds_left < 0.5


def test_pause_waits_and_resume_goes_on() -> None:
    commands: Commands = queue.SimpleQueue()
    commands.put(Pause())
    events: list[Event] = []
    stream = train(task(), commands)
    for event in stream:
        events.append(event)
        if isinstance(event, RunPaused):
            break
    assert isinstance(events[-2], Checkpoint)
    commands.put(Pause())  # again: no second transition
    commands.put(Set("loss.margin", 0.4))
    commands.put(Resume())
    events += list(stream)
    assert [type(e) for e in events if isinstance(e, RunPaused | ParameterChanged | RunResumed)] == [
        RunPaused,
        ParameterChanged,
        RunResumed,
    ]
    assert {m.census.margin for m in of(StepMetrics, events) if m.census} == {0.4}
    assert events[-1].__class__ is RunFinished


@pytest.mark.parametrize(("quick", "snapshots"), [(False, 1), (True, 0)])
def test_stop_ends_with_a_checkpoint(quick: bool, snapshots: int) -> None:
    events = run(task(), Stop(quick))
    assert isinstance(events[-1], RunFinished)
    assert (events[-1].reason, events[-1].step) == ("stopped", 0)
    assert [c.step for c in of(Checkpoint, events)] == [0]
    assert len(of(Snapshot, events)) == snapshots


def test_a_pause_embeds_what_nobody_has_seen_yet() -> None:
    def look(event: Event, commands: Commands) -> None:
        if isinstance(event, RunPaused):
            told.append("paused")
        if isinstance(event, Snapshot) and told == ["paused"] and len(event.indices) == 600:
            told.append("whole")
            commands.put(Resume())

    pixels, labels = made_up(items=600, classes=5)
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "FIRST_LOOK_SECONDS", -1.0)  # a machine that embeds one chunk until then
        watched = task(pixels=pixels, labels=labels, live=True, evaluate_share=0.0)
        events = run(watched, Pause(after=1), on=look)
    first = of(Snapshot, events)[0]
    assert len(first.indices) < 600
    assert told == ["paused", "whole"]
    assert isinstance(events[-1], RunFinished)


def test_a_run_that_goes_on_shows_at_once_the_items_that_were_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "FIRST_LOOK_SECONDS", -1.0)  # a machine that embeds one chunk until then
    pixels, labels = made_up(items=600, classes=5)
    begun = run(task(pixels=pixels, labels=labels), Stop(quick=True))
    (resume,) = of(Checkpoint, begun)
    known = Snapshot("r", 0, np.arange(600), np.full((600, 8), 7, np.float32), True, "euclidean")
    goes_on = task(pixels=pixels, labels=labels, live=True, evaluate_share=0.0, resume=resume)
    first = of(Snapshot, run(dataclasses.replace(goes_on, known=known)))[0]
    assert first.step == 0
    assert len(first.indices) == 600
    assert not first.exact
    as_before = (first.embeddings == 7).all(axis=1)
    assert 0 < as_before.sum() < 600


def test_stop_while_paused() -> None:
    events = run(task(), Pause(), Stop())
    assert isinstance(events[-1], RunFinished)
    assert not of(RunResumed, events)


def test_a_quick_stop_ends_the_last_pass_too() -> None:
    pixels, labels = made_up(items=900)

    def hurry(event: Event, commands: Commands) -> None:
        if isinstance(event, Checkpoint) and event.epoch == 2:
            commands.put(Stop(quick=True))

    events = run(task(pixels=pixels, labels=labels), on=hurry)
    assert not [s for s in of(Snapshot, events) if s.step == events[-1].step]
    assert isinstance(events[-1], RunFinished)


def test_the_last_pass_says_how_far_it_is_also_where_steps_are_left() -> None:
    pixels, labels = made_up(items=900)

    def stop(event: Event, commands: Commands) -> None:
        if isinstance(event, StepMetrics) and event.step == 2:
            commands.put(Stop())

    told = of(Progress, run(task(quick_recipe(epochs=10_000), pixels=pixels, labels=labels), on=stop))
    last = [progress for progress in told if progress.last_pass is not None]
    assert [last[0].last_pass, last[-1].last_pass] == [(0, 900), (900, 900)]
    assert last[-1].step < last[-1].steps
    assert last[-1].seconds_left == 0.0


def test_a_pause_acts_between_the_chunks_of_an_evaluation_pass() -> None:
    pixels, labels = made_up(items=900)

    def interrupt(event: Event, commands: Commands) -> None:
        if isinstance(event, Checkpoint) and event.epoch == 2 and not seen:
            commands.put(Pause())
        if isinstance(event, RunPaused):
            commands.put(Resume())
        seen.extend(of(RunPaused, [event]))

    seen: list[RunPaused] = []
    events = run(task(pixels=pixels, labels=labels, evaluate_share=0.0), on=interrupt)
    kinds = [type(e) for e in events if isinstance(e, RunPaused | RunResumed | Snapshot | RunFinished)]
    assert kinds == [RunPaused, RunResumed, Snapshot, RunFinished]


def test_live_parameters_act_on_the_next_step() -> None:
    def tell(event: Event, commands: Commands) -> None:
        if isinstance(event, Checkpoint) and event.epoch == 1:
            for path, value in (("loss.margin", 0.5), ("optimiser.rate", 0.001), ("miner", "hard")):
                commands.put(Set(path, value))

    events = run(task(quick_recipe("schedule=constant")), on=tell)
    changes = of(ParameterChanged, events)
    assert [(c.step, c.path, c.old, c.new) for c in changes] == [
        (4, "loss.margin", 0.2, 0.5),
        (4, "optimiser.rate", 0.002, 0.001),
        (4, "miner", "all", "hard"),
    ]
    begun = of(RunStarted, events)[0].recipe
    for change in changes:  # each brings what is trained with from then on
        assert begun is not None
        begun = begun.with_value(change.path, change.new)
        assert change.recipe == begun
    metrics = of(StepMetrics, events)
    assert [m.census.margin for m in metrics if m.census] == [0.2] * 3 + [0.5] * 3
    assert [m.learning_rate for m in metrics] == [0.002] * 3 + [0.001] * 3


def test_what_is_told_beforehand_waits_for_its_step() -> None:
    whole: list[Event] = []
    for resumed in (False, True):
        checkpoint = next(c for c in of(Checkpoint, whole) if c.step == 3) if resumed else None
        later = [Set("loss.margin", 0.5, 3), Set("miner", "hard", 5), Set("loss.margin", 0.1, 400)]
        events = run(task(quick_recipe("schedule=constant"), resume=checkpoint), *later)
        whole = whole or events
        told = [(c.step, c.path, c.new) for c in of(ParameterChanged, events)]
        assert told == ([] if resumed else [(3, "loss.margin", 0.5)]) + [(5, "miner", "hard")]
    assert [m.census.margin for m in of(StepMetrics, whole) if m.census] == [0.2] * 2 + [0.5] * 4
    ends = [of(Checkpoint, some)[-1].tensors for some in (whole, events)]
    assert all(np.array_equal(ends[0][name], ends[1][name]) for name in ends[0])


@pytest.mark.parametrize(
    ("path", "value", "still"),
    [
        ("loss.margin", -1.0, 0.2),
        ("loss.form", "soft", "hinge"),
        ("encoder", "linear", "mlp"),
        ("nonsense.key", 3, ""),
        ("miner", "nobody", "all"),
    ],
)
def test_what_cannot_change_stays_and_says_so(path: str, value: float | str, still: float | str) -> None:
    events = run(task(quick_recipe(epochs=1)), Set(path, value))
    (change,) = of(ParameterChanged, events)
    assert change.old == change.new == still
    assert change.recipe == of(RunStarted, events)[0].recipe
    assert isinstance(events[-1], RunFinished)


def test_one_class_is_refused_in_words() -> None:
    (failed,) = run(task(labels=np.zeros(60, dtype=np.int64)))
    assert isinstance(failed, RunFailed)
    assert "same class" in failed.message
    assert not failed.traceback


def test_a_diverging_run_stops_before_the_step_and_keeps_finite_weights() -> None:
    settings = ("distance=squared_euclidean", "distance.normalise=false", "optimiser=sgd", "optimiser.rate=10")
    recipe = quick_recipe("encoder=linear", "schedule=constant", "miner=all", *settings, epochs=60)
    events = run(task(recipe))
    failed, kept = events[-1], of(Checkpoint, events)[-1]
    assert isinstance(failed, RunFailed), failed
    assert f"step {failed.step + 1}" in failed.message
    assert "learning rate of 10" in failed.message
    assert not failed.traceback
    assert kept.step == failed.step == of(StepMetrics, events)[-1].step
    assert all(np.isfinite(array).all() for array in kept.tensors.values())


def test_running_out_of_memory_says_what_to_make_smaller() -> None:
    message, trace = explained(torch.OutOfMemoryError("CUDA out of memory"), 7, 128)
    assert "GPU ran out of memory at step 8 with batches of 128" in message
    assert not trace
    message, trace = explained(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), 0, 0)
    assert "computer ran out of memory" in message
    assert not trace


def test_a_fault_of_ours_carries_its_traceback() -> None:
    broken = task(pixels=np.zeros((60, 8, 8), dtype=np.uint8))  # no channels
    (failed,) = run(broken)
    assert isinstance(failed, RunFailed)
    assert "IndexError" in failed.message
    assert "Traceback" in failed.traceback


def test_unlabelled_items_are_shown_but_not_trained_on() -> None:
    pixels, labels = made_up()
    labels = labels.copy()
    labels[:10] = -1
    events = run(task(pixels=pixels, labels=labels))
    assert len(of(Snapshot, events)[-1].indices) == 60
    assert isinstance(events[-1], RunFinished)


def test_read_only_pixels_without_held_out_items() -> None:
    pixels, labels = made_up()
    pixels.setflags(write=False)
    events = run(task(pixels=pixels, labels=labels, split=halves(60, 0), live=True))
    assert isinstance(events[-1], RunFinished)
