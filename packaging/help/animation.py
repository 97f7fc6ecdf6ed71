"""Makes ``packaging/training.gif``, which the README shows: the window during a real training on the digits sample.

``python packaging/help/animation.py`` opens the window offscreen with settings and runs of its own, trains, pins a
picture and takes one of the window at equal times from the first step to the last. Nothing is drawn into it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import numpy as np
from PIL import Image
from PySide6.QtCore import QEventLoop, QSize, Qt, QTimer
from PySide6.QtGui import QImage

from explorer.core.events import RunFinished
from explorer.core.recipe import Recipe
from explorer.core.types import PIXELS_RUN, Projection
from explorer.engine.session.session import Session
from explorer.ui.app import build
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow

OUT = Path(__file__).resolve().parents[1] / "training.gif"
WINDOW, SHOWN = QSize(1280, 800), QSize(960, 600)
EPOCHS, SEED = 10, 3
EVERY = 0.4
"""Seconds of the training between two pictures."""
FRAME_MS, LAST_MS = 160, 3000
COMMON, RARE = 96, 160
"""Colours of the animation: the commonest as they are, so that no surface changes its hue, and some of the others."""
MOST = 64
"""Pictures of the training that are shown, at equal times."""
LARGEST = 3_000_000
PATIENCE = 600.0


class Training:
    """A window that trains on the digits, and the pictures that were taken of it."""

    def __init__(self, folder: Path) -> None:
        self.pictures: list[QImage] = []
        self.ended = self.mapped = self.moved = False
        self._taken = 0.0
        settings = Settings(folder / "settings.json")
        settings.set_theme("dark")
        self.window: MainWindow = build(
            recipe=Recipe(epochs=EPOCHS, seed=SEED),
            settings=settings,
            make_session=lambda bell: Session(bell, live=True, cache_folder=folder / "c", runs_folder=folder / "r"),
        )
        self.window.built.connect(self._follow)
        self.window.resize(WINDOW)
        self.window.show()

    def run(self) -> None:
        """Open, train, and take pictures until it ends."""
        window = self.window
        wait(lambda: window.bridge is not None)
        window.opener.open("sample:digits")
        wait(lambda: window.run_bar is not None and window.run_bar.train.isEnabled())
        wait(lambda: self.mapped and self._drawn())
        rest(3.0)
        window.toasts.settle()
        self._take()
        assert window.run_bar is not None
        window.run_bar.train.click()
        wait(lambda: self.moved)
        window.state.pins.toggle(11)
        wait(self._ended)
        rest(4.0)
        self._take()
        window.close()
        wait(lambda: window.ended)

    def _drawn(self) -> bool:
        """Whether the newest view of the map is drawn, whole."""
        panel = self.window.workspace.panels["map"]
        assert isinstance(panel, MapPanel)
        picture = panel.canvas.picture
        return picture is not None and picture.bounds is not None and not panel.canvas.navigator.gliding

    def _follow(self) -> None:
        bridge = self.window.bridge
        assert bridge is not None
        bridge.of(Projection).connect(self._on_projection)
        bridge.run_event.connect(self._on_run_event)

    def _on_projection(self, frame: Projection) -> None:
        self.mapped = True
        self.moved = self.moved or frame.run != PIXELS_RUN

    def _on_run_event(self, event: object) -> None:
        self.ended = self.ended or isinstance(event, RunFinished)

    def _ended(self) -> bool:
        if time.monotonic() - self._taken >= EVERY:
            self._take()
        return self.ended

    def _take(self) -> None:
        self._taken = time.monotonic()
        picture = self.window.grab().toImage()
        kept, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        self.pictures.append(picture.scaled(SHOWN, kept, smooth).convertToFormat(QImage.Format.Format_RGB888))


def rest(seconds: float) -> None:
    """Let the window work for a while."""
    end = time.monotonic() + seconds
    wait(lambda: time.monotonic() >= end)


def wait(done: Callable[[], bool]) -> None:
    """Run the event loop until ``done``.

    Raises
    ------
    SystemExit: if that takes too long.
    """
    began = time.monotonic()
    loop, look = QEventLoop(), QTimer()
    look.timeout.connect(lambda: loop.quit() if done() or time.monotonic() - began > PATIENCE else None)
    look.start(20)
    loop.exec()
    look.stop()
    if time.monotonic() - began > PATIENCE:
        raise SystemExit("the window did not get on")


def palette_of(frame: Image.Image) -> Image.Image:
    """Return a picture with the colours of ``frame`` that are kept."""
    count = np.unique(np.asarray(frame).reshape(-1, 3), axis=0, return_counts=True)
    common = count[0][np.argsort(-count[1])[:COMMON]]
    others = frame.quantize(RARE, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*common.ravel().tolist(), *others[: 3 * RARE]])
    return palette


def write(pictures: list[QImage], path: Path) -> None:
    """Write the pictures as an animation; all share the colours of the last, rare ones too."""
    frames = [Image.frombytes("RGB", (p.width(), p.height()), bytes(p.constBits()), "raw", "RGB", p.bytesPerLine())
              for p in pictures]  # fmt: skip
    palette = palette_of(frames[-1])
    drawn = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    times = [FRAME_MS] * (len(drawn) - 1) + [LAST_MS]
    drawn[0].save(path, save_all=True, append_images=drawn[1:], duration=times, loop=0, optimize=True)


def main() -> None:
    """Make the animation and say how large it is."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="embedding-explorer-", ignore_cleanup_errors=True) as folder:
        training = Training(Path(folder))
        training.run()
    first, *moving, last = training.pictures
    write([first, *moving[:: -(-len(moving) // MOST)], last], OUT)
    size = OUT.stat().st_size
    told = f"{len(training.pictures)} pictures, {size / 1e6:.2f} MB, {time.monotonic() - began:.0f} s\n"
    sys.stdout.write(told)
    if size > LARGEST:
        raise SystemExit(f"more than {LARGEST / 1e6:.0f} MB")


if __name__ == "__main__":  # false in the processes that are spawned
    main()
