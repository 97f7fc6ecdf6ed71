"""Runs that fit a map, from their first event to their last."""

from __future__ import annotations

import queue
from collections.abc import Callable

import numpy as np
import pytest
from scipy import spatial, special

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
from explorer.core.types import UNLABELLED, FloatArray, Snapshot, StepMetrics
from explorer.learn.embedder import Embedder
from explorer.learn.trainer import train
from explorer.measure.index import build_index
from explorer.measure.lifts import lift
from tests.learn.tasks import Script, made_up, of, run, same_weights, task


def recipe(*settings: str) -> Recipe:
    return Recipe(seed=3, device="cpu").with_settings(settings)


@pytest.mark.parametrize("name", ["identity", "pca", "lda", "rca", "nca", "lmnn", "itml", "layer"])
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


def histograms() -> FloatArray:
    return np.random.default_rng(5).dirichlet(np.full(6, 3.0), 60).astype(np.float32)


def kullback_leibler(p: FloatArray, q: FloatArray) -> float:
    return float(special.rel_entr(p, q).sum())


ORACLES: dict[str, Callable[[FloatArray, FloatArray], float]] = {
    "distance=cosine": spatial.distance.cosine,
    "distance=squared_euclidean": spatial.distance.sqeuclidean,
    "distance=dot": lambda p, q: -float(p @ q),
    "distance.normalise=true": lambda p, q: float(np.linalg.norm(p / np.linalg.norm(p) - q / np.linalg.norm(q))),
    "distance=matusita": lambda p, q: float(np.linalg.norm(np.sqrt(p) - np.sqrt(q))),
    "distance=bhattacharyya": lambda p, q: -float(np.log(np.sqrt(p * q).sum())),
    "distance=kullback_leibler": lambda p, q: kullback_leibler(p, q) + kullback_leibler(q, p),
    "": spatial.distance.euclidean,
}


@pytest.mark.parametrize("setting", ORACLES)
def test_items_as_they_are_are_compared_by_the_distance_of_the_recipe(setting: str) -> None:
    """The distance was ignored, and every fitter compared by the Euclidean one."""
    settings = ["fitter=identity", "encoder.standardise=false", *([setting] if setting else [])]
    if setting in ("distance=matusita", "distance=bhattacharyya", "distance=kullback_leibler"):
        settings.append("distance.share=relu")
    if setting == "distance=squared_euclidean":
        settings.append("distance.normalise=false")
    chosen, x = recipe(*settings), histograms()
    shown = x.reshape(60, 1, 1, 6)
    events = run(task(chosen, pixels=shown, labels=made_up()[1]))
    last = of(Snapshot, events)[-1]
    index = build_index(last.embeddings, lift(last.distance), exact=True)
    found = index.distances(last.embeddings[0])
    wanted = np.array([ORACLES[setting](x[0].astype(float), row.astype(float)) for row in x])
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=2e-4)
    embedder = Embedder(chosen, (1, 1, 6), of(Checkpoint, events)[-1])
    assert embedder.lift == last.distance
    np.testing.assert_allclose(embedder.embed(shown), last.embeddings, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["pca", "lda", "nca", "lmnn"])
def test_what_a_map_makes_is_compared_by_the_distance_of_the_recipe(name: str) -> None:
    free, cosine = (
        run(task(recipe(f"fitter={name}", "fitter.dimension=4", *more))) for more in ((), ("distance=cosine",))
    )
    assert same_weights(of(Checkpoint, free)[-1], of(Checkpoint, cosine)[-1])  # the map is fitted as ever
    z, unit = (of(Snapshot, events)[-1] for events in (free, cosine))
    assert (z.distance, unit.distance) == ("euclidean", "cosine")
    lengths = np.linalg.norm(z.embeddings, axis=1, keepdims=True)
    np.testing.assert_allclose(unit.embeddings, z.embeddings / lengths, rtol=1e-4, atol=1e-5)
    labels = made_up()[1][:48]  # those that are trained on
    between = spatial.distance.cdist(unit.embeddings[:48], unit.embeddings[:48], "cosine")
    same = labels[:, None] == labels
    metrics = of(StepMetrics, cosine)[-1]
    assert metrics.hardest_positive == pytest.approx(between[same].max(), abs=1e-5)
    assert metrics.hardest_negative == pytest.approx(between[~same].min(), abs=1e-5)


def test_a_distance_that_would_have_to_learn_is_refused() -> None:
    (failed,) = of(RunFailed, run(task(recipe("fitter=lda", "distance=mahalanobis"))))
    assert "learns its weights by gradient steps, and the fitter lda takes none" in failed.message


@pytest.mark.parametrize(
    "settings",
    [("fitter=lmnn", "fitter.search=4"), ("fitter=nca", "fitter.batch=16"), ("fitter=itml", "fitter.tolerance=0")],
)
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
