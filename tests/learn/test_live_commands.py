"""What a run is told while it trains: to pause after some steps, and to write a checkpoint now."""

from __future__ import annotations

from explorer.core.events import Checkpoint, Event, Pause, Resume, RunFinished, RunPaused, RunResumed, Save, Stop
from explorer.core.types import StepMetrics
from tests.learn.tasks import of, quick_recipe, run, task
from tests.learn.test_trainer import Commands

LONG = quick_recipe(epochs=20)
"""Sixty steps."""


def paused(events: list[Event]) -> list[int]:
    return [event.step for event in of(RunPaused, events)]


def test_it_pauses_after_as_many_steps_as_were_asked_for_and_again_from_the_pause() -> None:
    def next_one(event: Event, commands: Commands) -> None:
        if isinstance(event, RunPaused):
            commands.put(Pause(after=10) if event.step == 1 else Resume())

    events = run(task(LONG), Pause(after=1), on=next_one)
    assert paused(events) == [1, 11]
    assert len(of(RunResumed, events)) == 2
    assert {c.step for c in of(Checkpoint, events)} >= {1, 11}
    assert events[-1].__class__ is RunFinished


def test_a_pause_takes_the_place_of_one_that_was_to_come() -> None:
    def go_on(event: Event, commands: Commands) -> None:
        if isinstance(event, RunPaused):
            commands.put(Resume())

    assert paused(run(task(LONG), Pause(after=5), Pause(), on=go_on)) == [0]


def test_more_steps_than_there_are_end_the_run_without_a_pause() -> None:
    events = run(task(quick_recipe(epochs=1)), Pause(after=10_000))
    assert not paused(events)
    last = events[-1]
    assert isinstance(last, RunFinished)
    exactly = run(task(quick_recipe(epochs=1)), Pause(after=last.step))
    assert not paused(exactly)
    assert exactly[-1].__class__ is RunFinished


def test_a_checkpoint_is_written_when_it_is_asked_for_also_in_a_pause() -> None:
    def ask(event: Event, commands: Commands) -> None:
        if isinstance(event, StepMetrics) and event.step == 3 and not of(Checkpoint, seen):
            commands.put(Save())
        if isinstance(event, RunPaused):
            commands.put(Save())
            commands.put(Resume())
        seen.append(event)

    seen: list[Event] = []
    events = run(task(LONG), Pause(after=20), on=ask)
    asked = [c.step for c in of(Checkpoint, events) if c.asked]
    assert len(asked) == 2
    assert 3 <= asked[0] < 20
    assert asked[1] == 20


def test_it_stops_after_the_epochs_that_were_named_or_at_once_where_it_has_had_them() -> None:
    events = run(task(LONG), Stop(epochs=4))
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert (last.step, last.epoch, last.reason) == (12, 4, "stopped")

    def late(event: Event, commands: Commands) -> None:
        if isinstance(event, StepMetrics) and event.step == 20:
            commands.put(Stop(epochs=4))

    (end,) = of(RunFinished, run(task(LONG), on=late))
    assert 20 <= end.step < 60
    (whole,) = of(RunFinished, run(task(LONG), Stop(epochs=10_000)))
    assert (whole.step, whole.reason) == (60, "done")
