"""Runs that fit a map, from their first event to their last."""

from __future__ import annotations

import queue

import numpy as np
import pytest

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
from explorer.core.recipe import Part, Recipe
from explorer.core.types import UNLABELLED, Snapshot, StepMetrics
from explorer.learn.embedder import Embedder
from explorer.learn.trainer import train
from tests.learn.tasks import Script, made_up, of, run, same_weights, task


def recipe(*settings: str) -> Recipe:
    return Recipe(seed=3, device="cpu").with_settings(settings)


@pytest.mark.parametrize("name", ["identity", "pca", "lda", "rca", "nca", "lmnn"])
def test_a_fitted_run_tells_what_a_trained_one_tells(name: str) -> None:
    chosen = recipe(f"fitter={name}")
    events = run(task(chosen, live=True))
    started, finished = events[0], events[-1]
    assert isinstance(started, RunStarted)
    assert isinstance(finished, RunFinished)
    assert finished.reason == "done"
    metrics = of(StepMetrics, events)
    assert [m.step for m in metrics] == list(range(1, finished.step + 1))
    assert all(m.census is not None and m.census.total for m in metrics)
    last = of(Snapshot, events)[-1]
    assert (last.exact, last.distance, last.step, len(last.indices)) == (True, "euclidean", finished.step, 60)
    embedder = Embedder(chosen, (8, 8, 1), of(Checkpoint, events)[-1])
    assert embedder.lift == "euclidean"
    np.testing.assert_allclose(embedder.embed(made_up()[0]), last.embeddings, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("settings", [("fitter=lmnn", "fitter.search=4"), ("fitter=nca", "fitter.batch=16")])
def test_a_run_goes_on_exactly_where_it_was_saved(settings: tuple[str, ...]) -> None:
    chosen = recipe(*settings, "fitter.iterations=9", "encoder=mlp", "encoder.dimension=6")
    events = run(task(chosen))
    whole = of(Checkpoint, events)
    for before in (1, 4, 6):
        saved = next(found for found in whole if found.step == before)
        again = run(task(chosen, resume=saved))
        assert of(RunStarted, again)[0].step == before
        assert same_weights(of(Checkpoint, again)[-1], whole[-1])
        assert [m.loss for m in of(StepMetrics, again)] == [m.loss for m in of(StepMetrics, events)][before:]


def test_commands_are_followed_between_iterations() -> None:
    def react(event: Event, commands: queue.SimpleQueue[Command]) -> None:
        if isinstance(event, StepMetrics) and event.step == 2:
            for command in (Set("fitter.push", 0.1), Pause()):
                commands.put(command)
        elif isinstance(event, RunPaused):
            commands.put(Resume())
        elif isinstance(event, RunResumed):
            commands.put(Stop())

    events = run(task(recipe("fitter=lmnn")), on=react)
    (changed,) = of(ParameterChanged, events)
    assert (changed.path, changed.old, changed.new) == ("fitter.push", 0.5, 0.5)
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    assert (finished.reason, finished.step) == ("stopped", 3)
    assert len(of(Snapshot, events)) == 1


def test_a_stop_before_the_features_are_there_leaves_a_checkpoint() -> None:
    events = run(task(recipe("fitter=lmnn")), Stop(quick=True))
    assert not of(StepMetrics, events)
    assert of(Checkpoint, events)[-1].step == 0
    assert isinstance(events[-1], RunFinished)
    chosen = recipe("fitter=lmnn")
    again = run(task(chosen, resume=of(Checkpoint, events)[-1]))
    assert same_weights(of(Checkpoint, again)[-1], of(Checkpoint, run(task(chosen)))[-1])


def test_unlabelled_items_are_embedded_by_what_needs_no_classes() -> None:
    pixels, labels = made_up()
    none = np.full_like(labels, UNLABELLED)
    for name in ("identity", "pca"):
        events = run(task(recipe(f"fitter={name}"), pixels=pixels, labels=none))
        assert isinstance(events[-1], RunFinished), events[-1]
    (failed,) = of(RunFailed, run(task(recipe("fitter=lmnn"), pixels=pixels, labels=none)))
    assert failed.traceback == ""
    assert "no training item has a class" in failed.message
    (failed,) = of(RunFailed, run(task(recipe("fitter=lda"), pixels=pixels, labels=np.zeros_like(labels))))
    assert failed.traceback == ""
    assert "fewer than two classes" in failed.message
    (failed,) = of(RunFailed, run(task(recipe("fitter=pca"), pixels=np.ones_like(pixels))))
    assert failed.traceback == ""
    assert "all training items are the same" in failed.message


def test_a_stop_is_heard_within_an_iteration() -> None:
    script = Script(2, Stop(quick=True))
    events = list(train(task(recipe("fitter=lmnn")), script))
    assert isinstance(events[-1], RunFinished)
    assert events[-1].step == 0


def test_a_fitter_brings_the_encoder_that_goes_with_it() -> None:
    chosen = Recipe().with_value("fitter", "lmnn")
    assert chosen.encoder == Part(name="pixels")
    assert chosen.with_value("fitter", "pca").encoder == Part(name="pixels")
    assert chosen.with_value("fitter", "none") == Recipe()
    own = Recipe().with_value("encoder", "kernel")
    assert own.with_value("fitter", "lmnn").encoder == own.encoder
