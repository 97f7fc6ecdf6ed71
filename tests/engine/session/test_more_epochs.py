"""A run that has had all of its epochs goes on for as many again."""

from __future__ import annotations

from collections.abc import Callable

from explorer.core.events import RunFinished
from tests.engine.conftest import SHORT, Desk


def test_a_finished_run_goes_on(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SHORT)
    session.train()
    first = heard.until(RunFinished)
    heard.at_rest()
    run, place = session.run, heard.now()
    session.train(resume=True)
    more = heard.until(RunFinished, after=place)
    assert session.run == run
    assert (more.epoch, more.step) == (2 * first.epoch, 2 * first.step)
