"""The page of saved runs with ten thousand of them: ``python -m tests.benchmarks.runs_page FOLDER``.

``many_runs`` makes the folder. How long it takes until the first rows are painted and until all are there, what a
filter, an order and a page further cost, and what the process holds before and after. A session of the real window
reads them; ``--cold`` forgets what was kept of them first.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QApplication

from explorer.engine.kept_rows import kept_file
from tests.benchmarks.many_runs import FILTERS

PAGES = 200


def resident() -> float:
    """Return what the process holds, in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def until(holds: Callable[[], bool]) -> float:
    """Let events happen until something holds; return how long that took, in seconds."""
    began = time.perf_counter()
    while not holds():
        QApplication.processEvents()
        time.sleep(0.001)
    return time.perf_counter() - began


def timed(work: Callable[[], object]) -> float:
    """Return how long something takes until it is painted, in milliseconds."""
    began = time.perf_counter()
    work()
    QApplication.processEvents()
    return round((time.perf_counter() - began) * 1000, 1)


def measured(folder: Path) -> dict[str, object]:
    """Open a window and its page, and measure."""
    from explorer.engine.session.session import Session
    from explorer.ui.app import application
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.session.settings import Settings
    from explorer.ui.widgets.theme import ThemeManager
    from tests.helpers.windows import whole_window

    application()
    scratch = Path(tempfile.mkdtemp(prefix="explorer-runs-page-"))
    themes = ThemeManager("dark")
    themes.apply()
    window = whole_window(themes, Settings(scratch / "settings.json"))
    window.resize(1440, 900)
    window.show()
    bridge = Bridge(window)
    window.begin(Session(bridge.doorbell, live=True, cache_folder=scratch / "cache", runs_folder=folder), bridge)
    until(lambda: window.workspace.ready)
    until(lambda: window.runs._found is not None and not window.runs._found.reading)
    before = resident()
    began = time.perf_counter()
    window.commands["file.runs"].trigger()
    page = window.runs.page
    assert page is not None
    until(lambda: bool(page.view.runs.runs))
    page.view.viewport().repaint()
    first = time.perf_counter() - began
    until(lambda: not page._left and len(page.view.runs.runs) > 1)
    every = time.perf_counter() - began
    bar = page.view.verticalScrollBar()
    pages = sorted(timed(partial(bar.setValue, number * bar.maximum() // PAGES)) for number in range(PAGES))
    found = {
        "runs": len(page.view.runs.runs),
        "first_rows_s": round(first, 2),
        "all_rows_s": round(every, 2),
        "filter_ms": {text: timed(partial(page.search.setText, text)) for text in (*FILTERS, "")},
        "sort_ms": timed(lambda: page.view.horizontalHeader().sectionClicked.emit(1)),
        "group_ms": timed(lambda: page.view.runs.group_by("loss")),
        "page_ms": {"p50": pages[PAGES // 2], "p99": pages[PAGES * 99 // 100]},
        "memory_before_mib": round(before),
        "memory_after_mib": round(resident()),
    }
    window.close()
    until(lambda: window.ended)
    return found


def main() -> None:
    """Measure and say it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cold", action="store_true")
    options = parser.parse_args()
    if options.cold:
        kept_file(options.folder).unlink(missing_ok=True)
    sys.stdout.write(json.dumps(measured(options.folder), indent=1) + "\n")


if __name__ == "__main__":
    main()
