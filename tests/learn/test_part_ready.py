"""A run that begins before all of its items are there."""

from __future__ import annotations

import itertools
import queue
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from explorer.core.events import Checkpoint, Command, ItemsReady, RunFailed, RunFinished, RunStarted, Stop
from explorer.core.types import BoolArray, Progress, Snapshot, StepMetrics
from explorer.learn import part_ready
from explorer.learn.part_ready import PartReady
from explorer.learn.task import Task
from explorer.learn.trainer import train
from tests.learn.tasks import Script, of, quick_recipe, run, task

ITEMS = 60


def after(*counts: int) -> Callable[[], BoolArray | None]:
    """Return what says that so many of the items are there, in an order that spreads over the classes, then all."""
    left = iter(counts)

    def ready() -> BoolArray | None:
        count = next(left, None)
        if count is None:
            return None
        mask = np.zeros(ITEMS, np.bool_)
        mask[np.random.default_rng(0).permutation(ITEMS)[:count]] = True
        return mask

    return ready


def growing(given: Task, *counts: int) -> Task:
    """Return a task whose items that are not there are pixels of zeros that nobody may see."""
    return replace(given, ready=after(*counts))


def test_only_what_is_there_is_drawn_until_all_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_ready, "LOOK_SECONDS", 0.0)
    given = task()
    events = run(growing(given, 30, 30, 30, 50, 50))
    ready = of(ItemsReady, events)
    assert [event.ready for event in ready] == [30, 50, 60]
    assert {event.items for event in ready} == {ITEMS}
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    assert finished.epoch == 2
    assert [m.step for m in of(StepMetrics, events)] == list(range(1, finished.step + 1))
    assert of(Progress, events)[-1].step == of(Progress, events)[-1].steps == finished.step
    last = of(Snapshot, events)[-1]
    assert last.exact
    assert last.indices.tolist() == list(range(ITEMS))


def test_the_first_epoch_is_as_long_as_the_others_where_items_come_quickly() -> None:
    whole = run(task())[-1]
    grown = run(growing(task(), 30))[-1]
    assert isinstance(whole, RunFinished)
    assert isinstance(grown, RunFinished)
    assert (grown.step, grown.epoch) == (whole.step, whole.epoch)


def test_it_goes_on_with_what_is_there_where_items_come_slowly() -> None:
    events = run(growing(task(), *[30] * 12))
    started, finished = events[0], events[-1]
    assert isinstance(started, RunStarted)
    assert isinstance(finished, RunFinished)
    assert finished.step > started.steps
    assert finished.epoch == 2


def test_nothing_that_is_not_there_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    mask = after(30)()
    assert mask is not None
    given = replace(task(live=True), ready=lambda: mask, snapshot_seconds=0.0)
    events = []
    for event in train(given, commands):
        events.append(event)
        if isinstance(event, StepMetrics) and event.step == 9:
            commands.put(Stop())
    shots = of(Snapshot, events)
    assert len(shots) > 2
    assert all(mask[shot.indices].all() for shot in shots)
    assert set(shots[-1].indices.tolist()) == set(np.flatnonzero(mask).tolist())
    assert shots[-1].exact
    assert not any(shot.exact for shot in shots[:-1])


def test_it_waits_for_the_classes_that_a_batch_needs() -> None:
    one_class = np.zeros(ITEMS, np.bool_)
    one_class[np.flatnonzero(task().labels == 0)] = True
    answers = itertools.chain([one_class] * 3, itertools.repeat(None))
    events = run(replace(task(), ready=lambda: next(answers)))
    assert not of(RunFailed, events)
    assert [event.ready for event in of(ItemsReady, events)] == [ITEMS]


def test_a_run_that_stopped_meanwhile_goes_on_when_all_is_there() -> None:
    mask = after(30)()
    events = list(train(replace(task(), ready=lambda: mask), Script(2, Stop(quick=True))))
    kept = of(Checkpoint, events)[-1]
    assert (kept.step, kept.epoch) == (2, 0)
    rest = run(replace(task(), resume=kept))
    finished = rest[-1]
    assert isinstance(finished, RunFinished)
    assert (finished.step, finished.epoch) == (6, 2)
    assert not of(ItemsReady, rest)


@pytest.mark.parametrize("chosen", ["loss=nt_xent", "miner=hard_class", "loss=proxy_anchor", "sampler=balanced"])
def test_losses_and_samplers_of_every_need_grow_along(chosen: str) -> None:
    events = run(growing(task(quick_recipe(chosen)), 30, 45))
    assert isinstance(events[-1], RunFinished), events[-1]


def test_more_is_taken_up_once_it_is_a_good_deal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_ready, "LOOK_SECONDS", 0.0)
    part = PartReady(after(20, 24, 25))
    assert part.count == 20
    assert not part.more()
    assert part.more()
    assert part.count == 25
    assert part.there(np.arange(ITEMS)).shape == (25,)
    part.take()
    assert not part.growing
    assert not part.more()
