"""A run that begins so late that nobody waits for it any more."""

from __future__ import annotations

from collections.abc import Callable

from explorer.engine.run.active_run import ActiveRun
from explorer.runs.folder import RunFolder
from tests.engine.conftest import SHORT, Desk


def test_a_run_that_was_left_before_it_began_shows_nothing_and_lets_its_folder_go(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SHORT)
    session.train()
    heard.at_rest()
    state, folder = session._state, session.run_folder
    assert folder is not None
    assert state.opened is not None
    run = ActiveRun(state.opened, SHORT, folder, resume=True, before=state.running, session=state)
    run.end()
    shown = session.run
    run.start()
    assert run.over(30.0)
    assert (run.folder, session.run, session.state) == (None, shown, "finished")
    RunFolder.open(folder, writable=True).close()
