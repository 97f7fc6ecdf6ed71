#!/usr/bin/env bash
# One would guess that QTimer.singleShot(0, owner, work) forgets the work when its owner is deleted before it is done.
# What happens (PySide6 6.11.3, Python 3.11, Linux, offscreen, 2026-11-29): it is not done, but what was to be called is
# kept for good, a method with its object and a lambda with all that it refers to: a window that was closed while a part
# of it was being made stays in memory whole. With any other time than 0 nothing is kept.
# Way out: singleShot(1, owner, work), or a QTimer that is a child of the owner.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check PySide6-Essentials==6.11.3
QT_QPA_PLATFORM=offscreen "$folder/env/bin/python" - <<'PYTHON'
import gc
import weakref

import PySide6
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication, QWidget

app = QApplication([])


class Mine(QWidget):
    """Has something to do later."""

    def work(self) -> None:
        raise AssertionError("its owner is gone")


def stays(milliseconds: int) -> bool:
    """Return whether an owner that is deleted before its work is due stays in memory."""
    owner = Mine()
    kept = weakref.ref(owner)
    QTimer.singleShot(milliseconds, owner, owner.work)
    owner.deleteLater()
    QApplication.sendPostedEvents(owner, QEvent.Type.DeferredDelete)
    del owner
    app.processEvents()
    gc.collect()
    return kept() is not None


found = {milliseconds: stays(milliseconds) for milliseconds in (0, 1, 100)}
print("PySide6", PySide6.__version__, "stays in memory, by the milliseconds of its timer:", found)
assert found == {0: True, 1: False, 100: False}, "nothing stays: out of date"
PYTHON
