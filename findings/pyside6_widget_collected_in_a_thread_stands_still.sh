#!/usr/bin/env bash
# One would guess that a widget which Python's collector finds is deleted on the GUI thread, or deleted at once, whichever
# thread the collector runs in; any thread that makes an object may be that thread.
# What happens (PySide6 6.11.3, Python 3.11, Linux, offscreen, 2026-11-28): where its class is one's own, the destructor of
# a window that is shown runs in the thread that collects, QWindow::close() in it waits until the GUI thread has run its event loop, and the thread
# stands still until then. Where the GUI thread waits for that thread (join, a lock), both do so for good, without a word.
# Way out: gc.disable(), and gc.collect() from a QTimer on the GUI thread.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check PySide6-Essentials==6.11.3
cat > "$folder/stands_still.py" <<'PY'
import gc
import os
import sys
import threading

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PySide6.QtWidgets import QApplication, QMainWindow


class Window(QMainWindow):
    """A class of one's own: plain ones of PySide6 are deleted on the GUI thread, later."""


gc.disable()
application = QApplication([])
window = Window()
window.itself = window  # a cycle, as any slot that refers to its window makes
window.show()
application.processEvents()
del window
thread = threading.Thread(target=gc.collect, daemon=True)
thread.start()
thread.join(10)
stood_still = thread.is_alive()
application.processEvents()
thread.join(10)
print("collecting in a thread stood still:", stood_still,
      "; after the event loop ran:", thread.is_alive())
sys.exit(0 if stood_still and not thread.is_alive() else 1)
PY
"$folder/env/bin/python" "$folder/stands_still.py"
