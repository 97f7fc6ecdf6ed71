"""A fault of ours is saved as a text file that the user can send."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from pathlib import Path

import explorer

REPORTS_VARIABLE = "EMBEDDING_EXPLORER_REPORTS"
"""The environment variable that moves the folder of reports."""

KEPT = 20
"""How many reports are kept."""


def reports_folder() -> Path:
    """Return the folder of the reports."""
    given = os.environ.get(REPORTS_VARIABLE, "")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_log_dir("embedding-explorer", appauthor=False))


def save_report(details: str) -> Path | None:
    """Save what is known about a fault, with versions and time; None where nothing can be written."""
    head = f"Embedding Explorer {explorer.__version__}, Python {platform.python_version()}, {platform.platform()}"
    try:
        folder = reports_folder()
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=time.strftime("fault-%Y%m%d-%H%M%S-"), suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{head}\n{time.strftime('%Y-%m-%d %H:%M:%S')}\n\n{details}")
        for old in sorted(folder.glob("fault-*.txt"))[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return None
    return Path(name)
