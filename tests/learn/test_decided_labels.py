"""A run takes decisions about labels over before its next epoch."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import numpy as np
import pytest

from explorer.core.events import Command, RunFailed, RunFinished
from explorer.core.label_decisions import DecidedLabels, Decision
from explorer.core.recipe import Recipe
from explorer.core.types import IntArray, Split
from explorer.learn.learner import Learner
from explorer.learn.targets import Targets
from explorer.learn.task import Task
from explorer.learn.trainer import Trainer, train

N = 60
LABELS = np.arange(N) % 3
EVERY = np.arange(N)


def task(decided: Iterator[DecidedLabels | None], *settings: str, labels: IntArray = LABELS) -> Task:
    recipe = Recipe(epochs=3).with_settings(["encoder=mlp", "sampler.classes=3", "sampler.images=4", *settings])
    x = np.random.default_rng(0).normal(size=(N, 1, 1, 8)).astype(np.float32)
    split = Split("all", EVERY, EVERY[:0], False)
    return Task("r", recipe.resolved(), x, labels, split, 1, live=False, modality="vectors",
                checkpoint_seconds=1e9, decided=lambda: next(decided, None))  # fmt: skip


def drawn(learner: Learner) -> list[int]:
    positions = np.concatenate(list(learner.sampler.epoch()))
    return [int(item) for item in learner.train[positions]]


@pytest.mark.parametrize("loss", ["triplet", "proxy_anchor", "triplet_center", "vicreg"])
def test_the_next_epoch_draws_what_was_decided(loss: str) -> None:
    excluded = {item: Decision("exclude") for item in range(0, 20)}
    now = DecidedLabels.of(LABELS, {**excluded, 20: Decision("relabel", 0)})
    given = task(iter([None, now]), f"loss={loss}")
    trainer = Trainer(given, queue.SimpleQueue[Command]())
    before = trainer.state.steps
    events = list(trainer.events())
    assert isinstance(events[-1], RunFinished)
    learner = trainer.state.learner
    assert set(drawn(learner)) == set(range(20, N))
    assert trainer.state.steps == events[-1].step < before
    if loss != "vicreg":  # which has no classes
        assert learner.targets[learner.train == 20].tolist() == [0]


def test_labels_keep_the_numbers_that_the_loss_knows() -> None:
    labels = np.array([4, 7, 7, -1, 9])
    targets = Targets.of(labels, by_class=True)
    assert targets.decided(labels, np.array([9, 4, 7, 7, 5])).tolist() == [2, 0, 1, 1, -1]


def test_where_nothing_is_left_to_learn_from_the_run_says_so() -> None:
    nobody = DecidedLabels.of(LABELS, {item: Decision("exclude") for item in np.flatnonzero(LABELS).tolist()})
    *_, last = train(task(iter([None, nobody])), queue.SimpleQueue[Command]())
    assert isinstance(last, RunFailed)
    assert "nothing to tell apart" in last.message
    assert not last.traceback


def test_a_fitter_fits_to_what_was_decided() -> None:
    from explorer.learn.fit_state import FitState

    now = DecidedLabels.of(LABELS, {0: Decision("exclude"), 1: Decision("relabel", 0)})
    state = FitState(task(iter([now]), "encoder=linear", "fitter=lda"))
    assert state.items.tolist() == list(range(1, N))
    assert state.targets[:3].tolist() == [0, 2, 0]
