#!/usr/bin/env bash
# One would guess that QLayout.activate(), called by a widget that takes another height, gives all others their new places
# at once, whenever it is called; the documentation says it redoes the layout of the parent.
# What happens (PySide6 6.11.3, Python 3.11, Linux, offscreen, 2026-12-01): called from the resizeEvent of a widget while
# its layout is giving out places, it does so, then the pass that was under way goes on with the places that it had
# worked out before, and counts as done: what is below lies over the widget for good, and activate() says that there is
# nothing to do. Without the call the next turn of the event loop puts all in their places.
# Way out: no activate() within resizeEvent (a resize that setFixedHeight causes there is nested in it as well).
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check PySide6-Essentials==6.11.3
QT_QPA_PLATFORM=offscreen "$folder/env/bin/python" - <<'PYTHON'
import PySide6
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

app = QApplication([])


class Rows(QWidget):
    """Takes as many rows of 20 pixels as the width asks for."""

    def __init__(self, eager: bool) -> None:
        super().__init__()
        self.eager = eager

    def resizeEvent(self, event) -> None:
        height = 20 if self.width() > 400 else 60
        if self.height() != height:
            self.setFixedHeight(height)
            if self.eager:
                self.parentWidget().layout().activate()


def overlap(eager: bool) -> tuple[int, bool]:
    """Return by how many pixels what is below lies over the rows, and whether the layout has anything to do."""
    body, rows, below = QWidget(), Rows(eager), QWidget()
    column = QVBoxLayout(body)
    column.setSpacing(0)
    column.addWidget(rows)
    column.addWidget(below, 1)
    body.resize(900, 200)
    body.show()
    for _ in range(5):
        app.processEvents()
    body.resize(300, 200)
    for _ in range(5):
        app.processEvents()
    return rows.geometry().bottom() + 1 - below.y(), column.activate()


found = {eager: overlap(eager) for eager in (False, True)}
print("PySide6", PySide6.__version__, "pixels that lie over each other, anything to do, by activate():", found)
assert found == {False: (0, False), True: (40, False)}, "each is in its place: out of date"
PYTHON
