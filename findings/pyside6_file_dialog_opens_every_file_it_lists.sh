#!/usr/bin/env bash
# One would guess that a file dialog which shows names, sizes and dates asks the system for just those, and leaves the files closed.
# What happens (PySide6 6.11.3, Python 3.11, Linux, offscreen, 2026-11-29): Qt's own dialog opens each file in sight that has no
# known ending, to choose an icon by what is in it; those of a known ending stay closed. In a slow place that is waited for.
# QFileDialog.Option.DontUseCustomDirectoryIcons changes nothing. Way out: an icon provider of one's own, which goes by names.
set -eu
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check PySide6-Essentials==6.11.3
cat > "$folder/opens.py" <<'PY'
import ctypes
import os
import struct
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PySide6.QtCore import QDeadlineTimer, QEventLoop
from PySide6.QtGui import QAbstractFileIconProvider, QIcon
from PySide6.QtWidgets import QApplication, QFileDialog

IN_OPEN = 0x20
libc = ctypes.CDLL(None, use_errno=True)


class ByName(QAbstractFileIconProvider):
    def icon(self, _of):
        return QIcon()

    def type(self, of):
        return of.suffix()


def opened(place, provider):
    """Return the names of the files in a folder that were opened while a dialog showed it."""
    watch = libc.inotify_init1(os.O_NONBLOCK)
    dialog = QFileDialog(None, "", str(place))
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setOption(QFileDialog.Option.DontUseCustomDirectoryIcons)
    if provider is not None:
        dialog.setIconProvider(provider)
    assert libc.inotify_add_watch(watch, os.fsencode(place), IN_OPEN) >= 0
    dialog.show()
    end = QDeadlineTimer(3000)
    while not end.hasExpired():
        application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
    dialog.close()
    names = set()
    try:
        data = os.read(watch, 1 << 16)
    except BlockingIOError:
        data = b""
    while data:
        length = struct.unpack_from("iIII", data)[3]
        names.add(data[16 : 16 + length].rstrip(b"\0").decode())
        data = data[16 + length :]
    os.close(watch)
    return sorted(names - {""})


application = QApplication([])
place = Path(sys.argv[1])
place.mkdir()
for name in ("first", "second", "picture.png", "table.csv"):
    (place / name).write_text("some words\n")
as_it_is, by_name = opened(place, None), opened(place, ByName())
print("opened as it is:", as_it_is, "with a provider that goes by names:", by_name)
sys.exit(as_it_is != ["first", "second"] or bool(by_name))
PY
"$folder/env/bin/python" "$folder/opens.py" "$folder/place"
