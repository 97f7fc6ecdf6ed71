"""The folder in which codes of many vectors are kept, and how much room they may take."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from explorer.core.cache_folder import default_folder

LIMIT_BYTES = 8 * 2**30
ABOUT = "about.json"
"""The file of an entry that says what it is; it is touched when the entry is used."""
UNFINISHED = "unfinished-"
"""With what the name of an entry begins that is being written."""
_LEFT_SECONDS = 3600.0


class CodesFolder:
    """The entries below ``folder`` / codes; those that were used longest ago go first beyond a limit."""

    def __init__(self, folder: Path | None = None, limit_bytes: int = LIMIT_BYTES) -> None:
        self.folder = (folder or default_folder()) / "codes"
        self._limit = limit_bytes

    def size(self) -> int:
        """Return how many bytes they take."""
        return sum(_size(entry) for entry in self._entries())

    def clear(self) -> int:
        """Remove all of them; return how many bytes that has freed."""
        before = self.size()
        for entry in self._entries():
            shutil.rmtree(entry, ignore_errors=True)
        return before - self.size()

    def evict(self, keep: str) -> None:
        """Remove what was used longest ago while all together are too large, and what somebody left unfinished."""
        entries = sorted(self._entries(), key=_used)
        used = sum(_size(entry) for entry in entries)
        for entry in entries:
            left = entry.name.startswith(UNFINISHED) and _used(entry) < time.time() - _LEFT_SECONDS
            if left or (used > self._limit and entry.name != keep):
                used -= _size(entry)
                shutil.rmtree(entry, ignore_errors=True)

    def _entries(self) -> list[Path]:
        return [entry for entry in self.folder.glob("*") if entry.is_dir()]


def _size(entry: Path) -> int:
    return sum(file.stat().st_size for file in entry.glob("*") if file.is_file())


def _used(entry: Path) -> float:
    about = entry / ABOUT
    return (about if about.exists() else entry).stat().st_mtime
