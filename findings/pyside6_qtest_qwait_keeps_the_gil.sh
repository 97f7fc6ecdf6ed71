#!/usr/bin/env bash
# One would guess that QTest.qWait(1000), which exists to let things happen meanwhile, lets other Python threads run as
# a QEventLoop of the same length does: PySide6 gives the interpreter lock away in QEventLoop.exec().
# What happens (PySide6 6.11.3, Python 3.11, 2026-11-28): qWait keeps the lock while it sleeps. Another thread makes one
# step in that second; beside an event loop or time.sleep it makes more than five thousand. Who waits for a background
# thread by calling qWait in a loop waits many times longer than the thread needs, on an idle machine.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check PySide6-Essentials==6.11.3
QT_QPA_PLATFORM=offscreen "$folder/env/bin/python" - <<'PYTHON'
import threading
import time

import PySide6
from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer
from PySide6.QtTest import QTest

app = QCoreApplication([])
steps = 0
ended = threading.Event()


def work() -> None:
    """Take a step of a tenth of a millisecond, again and again."""
    global steps
    while not ended.is_set():
        time.sleep(0.0001)
        steps += 1


def by_loop(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


thread = threading.Thread(target=work)
thread.start()
made = {}
for name, wait in (("QEventLoop", by_loop), ("QTest.qWait", QTest.qWait), ("time.sleep", lambda ms: time.sleep(ms / 1000))):
    before = steps
    wait(1000)
    made[name] = steps - before
ended.set()
thread.join()
print("PySide6", PySide6.__version__, "steps of another thread in one second:", made)
assert made["QTest.qWait"] * 20 < min(made["QEventLoop"], made["time.sleep"]), "qWait lets threads run: out of date"
PYTHON
