#!/usr/bin/env bash
# One would guess that heightForWidth() of a label that breaks its lines says how high its text is in a width, so that a
# label may be kept as high as that in each resizeEvent: lower again when it becomes wider.
# What happens (PySide6 6.11.3, Python 3.11, Linux, offscreen, 2026-11-30): the answer is never below the minimum height,
# which setFixedHeight() sets, so that the label grows in a narrow place and never shrinks in a wide one; and with some
# pixels added for a margin it grows by them at every call.
# Way out: QFontMetrics.boundingRect(…, Qt.TextWordWrap, text).
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check PySide6-Essentials==6.11.3
QT_QPA_PLATFORM=offscreen timeout 60 "$folder/env/bin/python" - <<'PYTHON'
import PySide6
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication, QLabel

app = QApplication([])
label = QLabel("some words " * 12)
label.setWordWrap(True)
narrow, wide = label.heightForWidth(100), label.heightForWidth(2000)
label.setFixedHeight(narrow)
kept = label.heightForWidth(2000)
grown = []
for _ in range(3):
    label.setFixedHeight(label.heightForWidth(2000) + 10)
    grown.append(label.height())
room = QRect(0, 0, 2000, 10_000)
text = label.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, label.text()).height()
print("PySide6", PySide6.__version__, "heights for 100 and 2000 pixels:", (narrow, wide), "for 2000 once it is as high as")
print("for 100:", kept, "with 10 more each time:", grown, "by the metrics of its letters:", text)
assert wide < narrow, "it is not broken into lines: this shows nothing"
assert kept == narrow, "it says how high the text is: out of date"
assert grown == [narrow + 10, narrow + 20, narrow + 30], "it does not grow by itself: out of date"
assert text == wide, "the metrics of the letters say something else"
PYTHON
