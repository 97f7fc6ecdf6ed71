"""The other run of a duel ends once its disk has all of it; where it has not that is told, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from explorer.engine.session.session import Session
from explorer.ui.shell.duel.guest_end import GuestEnd


class OnSlowDisk:
    """The end of a session: ``problems`` are why it is not saved, one after the other; a fault of ours is raised."""

    def __init__(self, *problems: str | Exception) -> None:
        self.problems, self.closed = list(problems), False
        self.run_folder = Path("own")

    def end_run(self, _timeout: float) -> str:
        problem = self.problems.pop(0) if self.problems else ""
        if isinstance(problem, Exception):
            raise problem
        return problem

    def save_again(self, elsewhere: Path) -> None:
        self.problems.clear()
        self.run_folder = elsewhere / "own"

    def close(self, _deadline: float) -> bool:
        self.closed = True
        return True


@pytest.mark.parametrize("problem", ["the disk is full", ZeroDivisionError("ours")])
@pytest.mark.parametrize("discard", [False, True])
def test_what_is_not_saved_is_told_and_kept_until_it_is_or_is_given_up(
    qtbot: QtBot, problem: str | Exception, discard: bool
) -> None:
    parent, session = QObject(), OnSlowDisk(problem)
    end = GuestEnd(cast(Session, session), parent)
    with qtbot.waitSignal(end.refused) as told:
        end.begin()
    assert told.args == [problem if isinstance(problem, str) else "ZeroDivisionError: ours"]
    assert not session.closed
    session.problems = ["the disk is full"] * discard
    with qtbot.waitSignal(end.ended), qtbot.assertNotEmitted(end.refused):
        end.begin(discard=discard)
    assert session.closed


def test_a_run_that_is_saved_elsewhere_ends_and_says_where_it_is(qtbot: QtBot, tmp_path: Path) -> None:
    parent, session = QObject(), OnSlowDisk("the disk is full", "it still is")
    end = GuestEnd(cast(Session, session), parent)
    with qtbot.waitSignal(end.refused):
        end.begin()
    with qtbot.waitSignal(end.ended), qtbot.waitSignal(end.moved) as told, qtbot.assertNotEmitted(end.refused):
        end.begin(elsewhere=tmp_path)
    assert session.closed
    assert told.args == [tmp_path / "own"]
