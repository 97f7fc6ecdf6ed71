#!/usr/bin/env bash
# One would guess that a connection which is gone, with both of its objects, leaves nothing behind.
# What happens (PySide6 6.11.3, Python 3.11, Linux, offscreen, 2026-11-29): where what is connected is a method of Qt
# (label.setText, widget.update, action.trigger), each connect() leaves one string behind for good, the name of the
# method, and each disconnect() another: 55 bytes or so. A method written in Python or a lambda leaves nothing.
# A window that makes fifty such connections leaves 3 kB each time it is opened: little, but a profile shows it as growth
# at every such line. Way out where it matters: connect a lambda or a method of one's own that calls Qt's.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check PySide6-Essentials==6.11.3
QT_QPA_PLATFORM=offscreen "$folder/env/bin/python" - <<'PYTHON'
import gc
import sys
from collections.abc import Callable

import PySide6
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel

TIMES = 10_000
app = QApplication([])
label = QLabel()


class Mine(QLabel):
    """Has a slot of its own."""

    def redraw(self) -> None:
        self.update()


def left(connect: Callable[[QTimer], object]) -> float:
    """Return how many blocks of Python's memory a timer leaves that was connected and is gone."""
    for _ in range(200):
        connect(QTimer())
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(TIMES):
        connect(QTimer())
    gc.collect()
    return round((sys.getallocatedblocks() - before) / TIMES, 2)


def on_and_off(timer: QTimer) -> None:
    timer.timeout.connect(label.update)
    timer.timeout.disconnect(label.update)


mine = Mine()
found = {
    "a method of Qt": left(lambda timer: timer.timeout.connect(label.update)),
    "the same, disconnected": left(on_and_off),
    "a method in Python": left(lambda timer: timer.timeout.connect(mine.redraw)),
    "a lambda": left(lambda timer: timer.timeout.connect(lambda: label.update())),
}
print("PySide6", PySide6.__version__, "blocks left by each connection:", found)
assert found["a method of Qt"] > 0.9 and found["the same, disconnected"] > 1.9, "nothing is left: out of date"
assert found["a method in Python"] < 0.1 and found["a lambda"] < 0.1
PYTHON
