"""What reports of one run have in common is measured once: a page and a table are often asked for together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from explorer.core.errors import Cancelled
from explorer.runs.sign_of_life import ALIVE_NAME

if TYPE_CHECKING:
    from explorer.engine.offline import ProgressCall
    from explorer.engine.report.findings import Findings

LOOK_SECONDS = 0.1
WAITS = "Wait for the report before"


class SharedFindings:
    """Measures for several reports, one after the other; each would take all cores, and all of them together longer."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._known: tuple[object, Findings] | None = None

    def gather(
        self, path: Path, progress: ProgressCall, cancelled: Callable[[], bool], *, tests: Sequence[str] = ()
    ) -> Findings:
        """Return what ``findings.gather`` does: what was found last where nothing of the run has changed since.

        Raises
        ------
        UserError, RuntimeError: as ``gather``; Cancelled: if ``cancelled()`` turned true.
        """
        from explorer.engine.report.findings import gather  # what measures, in the thread of who asks

        while not self._turn.acquire(timeout=LOOK_SECONDS):
            if cancelled():
                raise Cancelled
            progress(WAITS, 0, 0)
        try:
            before = (path, tuple(tests), _stamp(path))
            if self._known is None or self._known[0] != before:
                self._known = None
                self._known = before, gather(path, progress, cancelled, tests=tests)
            return self._known[1]
        finally:
            self._turn.release()


def _stamp(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what tells of a change in the folder of a run: labels that are decided, a checkpoint, a threshold."""
    try:
        found = [(one.name, one.stat()) for one in sorted(path.iterdir()) if one.name != ALIVE_NAME]
    except OSError:  # what is wrong is told by who reads it
        return ()
    return tuple((name, of.st_mtime_ns, of.st_size) for name, of in found)
