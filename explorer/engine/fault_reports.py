"""A fault of ours is saved as a text file that the user can send."""

from __future__ import annotations

import os
import platform
import re
import tempfile
import threading
import time
from pathlib import Path

import explorer

REPORTS_VARIABLE = "EMBEDDING_EXPLORER_REPORTS"
"""The environment variable that moves the folder of reports."""

KEPT = 20
"""How many reports are kept."""

NUMBERS = re.compile(r"0x[0-9a-fA-F]+|\d+")

_saving = threading.Lock()
_saved: dict[tuple[Path, str], Path | None] = {}


def reports_folder() -> Path:
    """Return the folder of the reports."""
    given = os.environ.get(REPORTS_VARIABLE, "")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_log_dir("embedding-explorer", appauthor=False))


def report_head() -> str:
    """Return what every report begins with: the versions."""
    return f"Embedding Explorer {explorer.__version__}, Python {platform.python_version()}, {platform.platform()}"


def fault_key(details: str) -> str:
    """Return what two reports on one fault have in common: all of it but numbers and addresses."""
    return NUMBERS.sub("#", details)


def save_once(details: str) -> Path | None:
    """Save a fault as ``save_report`` does; one that was saved by this process already is not saved again."""
    key = (reports_folder(), fault_key(details))
    with _saving:
        if key not in _saved:
            _saved[key] = save_report(details) if len(_saved) < KEPT else None
        return _saved[key]


def save_report(details: str) -> Path | None:
    """Save what is known about a fault, with versions and time; None where nothing can be written."""
    try:
        folder = reports_folder()
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=time.strftime("fault-%Y%m%d-%H%M%S-"), suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{report_head()}\n{time.strftime('%Y-%m-%d %H:%M:%S')}\n\n{details}")
        for old in sorted(folder.glob("fault-*.txt"))[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return None
    return Path(name)
