#!/usr/bin/env bash
# One would guess that close(), called by a window in its own closeEvent after it has hidden itself to save first, asks it
# again, as it does where the window is still shown; or says False where it could not.
# What happens (PySide6 6.11.3, Python 3.11, Linux, offscreen, 2026-11-30): it returns True, sends no event, and is
# forgotten. An application that hides, saves in a thread and closes "when that is done" never ends where the thread has
# done its work before the closeEvent returned.
# Way out: close() in a later turn of the event loop, from a QTimer.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check PySide6-Essentials==6.11.3
QT_QPA_PLATFORM=offscreen timeout 60 "$folder/env/bin/python" - <<'PYTHON'
import PySide6
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget


class Saving(QWidget):
    """Refuses to be closed until it has saved, which here takes no time, and closes then."""

    def __init__(self, *, hides: bool, later: bool) -> None:
        super().__init__()
        self.hides, self.later = hides, later
        self.asked, self.returned = 0, None

    def closeEvent(self, event) -> None:
        self.asked += 1
        if self.asked > 1:
            event.accept()
            return
        event.ignore()
        if self.hides:
            self.hide()
        if self.later:
            QTimer.singleShot(1, self.close)
        else:
            self.returned = self.close()


def asked(**how: bool) -> tuple[int, bool | None]:
    """Return how often a window is asked, and what it was told when it closed at once."""
    window = Saving(**how)
    window.show()
    app.processEvents()
    window.close()
    QTimer.singleShot(300, app.quit)
    app.exec()
    return window.asked, window.returned


app = QApplication([])
app.setQuitOnLastWindowClosed(False)
found = {
    "shown, at once": asked(hides=False, later=False),
    "hidden, at once": asked(hides=True, later=False),
    "hidden, later": asked(hides=True, later=True),
}
print("PySide6", PySide6.__version__, "how often a window is asked, and what close() returned:", found)
wanted = {"shown, at once": (2, True), "hidden, at once": (1, True), "hidden, later": (2, None)}
assert found == wanted, "it is asked otherwise: out of date"
PYTHON
