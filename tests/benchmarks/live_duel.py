"""How smooth a duel is while one of its runs trains: ``python -m tests.benchmarks.live_duel DATA RUN [SECONDS]``.

Trains NT-Xent on DATA in the real window, puts the saved RUN of the same data beside it, lays it over the moving map,
and drags the camera slowly, so that both maps are drawn anew all the time. Prints the lag of the event loop and the
frames that either map was drawn in a second, as JSON. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.core.recipe import Recipe
from explorer.core.types import Projection
from explorer.engine.session.session import Session
from tests.benchmarks.live_window import Heartbeat
from tests.benchmarks.played import play

if TYPE_CHECKING:
    from explorer.ui.map.canvas.point_canvas import PointCanvas
    from explorer.ui.shell.duel.duel import Duel
    from explorer.ui.shell.main_window import MainWindow

SETTLE_SECONDS = 10.0
DRAG_MS = 50
Condition = Callable[[], bool]


def after(seconds: float) -> Condition:
    """Return a condition that holds after so many seconds."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() >= until


def visit(window: MainWindow, data: str, run: Path, seconds: float, report: dict[str, object]) -> Iterator[Condition]:
    """Train, begin the duel and measure; yield what is waited for."""
    yield lambda: window.whole and window.workspace.ready
    session = window.session
    assert session is not None
    window.opener.open(data)
    yield lambda: window.workspace.shown and not session.why_not()
    session.configure(Recipe().with_settings(["loss=nt_xent", "epochs=50"]))
    session.train()
    yield lambda: session.state == "training" and len(session.replay.steps) > 0
    window.duels.begin(run)
    duel = window.duels.duel
    assert duel is not None
    yield lambda: duel.guest.session.run_folder == run and duel.guest.session.shown_map is not None
    yield after(SETTLE_SECONDS)
    yield from measure(window, duel, seconds, report)


def measure(window: MainWindow, duel: Duel, seconds: float, report: dict[str, object]) -> Iterator[Condition]:
    """Drag the camera for so long, and count."""
    from PySide6.QtCore import QTimer

    assert window.bridge is not None
    counts = dict.fromkeys(("drawn_home", "drawn_guest", "maps_home", "maps_guest"), 0)

    def count(name: str) -> Callable[[object], None]:
        def counted(_value: object) -> None:
            counts[name] += 1

        return counted

    home, guest = canvases(window, duel)
    home.drawn.connect(count("drawn_home"))
    guest.drawn.connect(count("drawn_guest"))
    window.bridge.of(Projection).connect(count("maps_home"))
    duel.guest.bridge.of(Projection).connect(count("maps_guest"))
    turn = [0]

    def drag() -> None:
        turn[0] += 1
        guest.navigator.pan(2 if turn[0] // 40 % 2 else -2, 0)

    hand = QTimer(window, interval=DRAG_MS)
    hand.timeout.connect(drag)
    beat = Heartbeat(window)
    began = time.monotonic()
    beat.start()
    hand.start()
    yield after(seconds)
    hand.stop()
    report |= {
        "lag": beat.stop(),
        "state": window.session.state if window.session else "",
        "said": duel.page.said.text(),
    }
    took = time.monotonic() - began
    report |= {f"{name}_per_s": round(many / took, 1) for name, many in counts.items()}
    report["compared"] = duel.page.changes.queries is not None


def canvases(window: MainWindow, duel: Duel) -> tuple[PointCanvas, PointCanvas]:
    """Return the canvas of the window and that of the guest."""
    from explorer.ui.map.map_panel import MapPanel

    map = window.workspace.map
    assert map is not None
    assert isinstance(map.panel, MapPanel)
    return map.panel.canvas, duel.guest.panel.canvas


def main(data: str, run: str, seconds: str = "45") -> None:
    """Measure once."""
    from explorer.ui.app import application, build
    from explorer.ui.session.settings import Settings

    app, home = application(), Path(tempfile.mkdtemp(prefix="explorer-duel-"))
    window = build(
        None,
        settings=Settings(home / "settings.json"),
        make_session=lambda bell: Session(bell, live=True, cache_folder=home / "cache", runs_folder=home / "runs"),
    )
    window.resize(1440, 900)
    window.show()
    report: dict[str, object] = {}
    play(app, window, visit(window, data, Path(run), float(seconds), report))
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
