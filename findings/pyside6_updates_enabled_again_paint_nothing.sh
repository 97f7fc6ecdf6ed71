#!/usr/bin/env bash
# One would guess that a window whose updates are switched off while it is changed, and on again after that, is painted
# then: setUpdatesEnabled(True) is documented to call update().
# What happens (PySide6 6.11.3, Python 3.11, Linux, offscreen and X11, 2026-11-30): if a widget had asked to be painted
# before and an event loop runs in between, that request is dropped and still noted as under way. Nothing is asked for any
# more: neither update() nor switching off and on again paints the window, until it gets another size or a repaint().
# Way out: post QEvent.UpdateRequest to the window once its updates are on.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check PySide6-Essentials==6.11.3
QT_QPA_PLATFORM=offscreen timeout 60 "$folder/env/bin/python" - <<'PYTHON'
import PySide6
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QWidget

app = QApplication([])


class Part(QWidget):
    painted = 0

    def paintEvent(self, event):
        self.painted += 1


def spin(milliseconds):
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def painted_after(asked, do):
    """Return how often a part is painted by ``do`` and by a later update, where it had ``asked`` before."""
    window = QWidget()
    part = Part(window)
    window.resize(200, 100)
    part.resize(200, 100)
    window.show()
    spin(300)
    part.painted = 0
    if asked:
        part.update()
    window.setUpdatesEnabled(False)
    spin(150)
    window.setUpdatesEnabled(True)
    do(window)
    spin(300)
    first = part.painted
    part.update()
    spin(300)
    return first, part.painted - first


def ask(window):
    QCoreApplication.postEvent(window, QEvent(QEvent.Type.UpdateRequest))


plain = painted_after(False, lambda window: None)
lost = painted_after(True, lambda window: None)
mended = painted_after(True, ask)
print("PySide6", PySide6.__version__, "painted once updates are on again, and by a later update():")
print("nothing had asked before:", plain, "a part had:", lost, "and the window is sent an UpdateRequest:", mended)
assert min(plain) >= 1, "it is painted in neither case: this shows nothing"
assert lost == (0, 0), "it is painted: out of date"
assert min(mended) >= 1, "an UpdateRequest does not help any more"
PYTHON
