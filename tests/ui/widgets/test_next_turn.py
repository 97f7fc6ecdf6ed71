from __future__ import annotations

import gc
import weakref

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.core.resources import resource_path
from explorer.ui.widgets.next_turn import next_turn


class _Owner(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def work(self) -> None:
        self.done.append("worked")


def test_work_is_done_later_and_once(qtbot: QtBot) -> None:
    owner = _Owner()
    next_turn(owner, owner.work)
    assert not owner.done
    qtbot.waitUntil(lambda: owner.done == ["worked"])


def test_an_owner_that_goes_first_takes_along_what_was_to_be_done(qtbot: QtBot) -> None:
    gone = weakref.ref(_gone())
    QApplication.processEvents()
    gc.collect()
    assert gone() is None


def _gone() -> _Owner:
    owner = _Owner()
    next_turn(owner, owner.work)
    owner.deleteLater()
    QApplication.sendPostedEvents(owner, QEvent.Type.DeferredDelete)
    return owner


def test_nobody_leaves_work_to_a_timer_of_zero() -> None:
    room = resource_path("style.qss").parent.parent / "explorer" / "ui"
    files = [file.name for file in room.rglob("*.py") if "singleShot(0," in file.read_text(encoding="utf-8")]
    assert not files, "it would keep what it calls where its owner goes first"
