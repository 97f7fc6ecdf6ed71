"""The other run of a duel ends once its disk has all of it; where it has not that is told, and nothing is lost."""

from __future__ import annotations

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

    def end_run(self, _timeout: float) -> str:
        problem = self.problems.pop(0) if self.problems else ""
        if isinstance(problem, Exception):
            raise problem
        return problem

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
