"""An X display of its own, with a mouse and a keyboard that are driven from outside of the program that is tested."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageGrab, features

TOOLS = ("Xvfb", "xdotool")
PATIENCE = 180.0
"""Seconds that a step may take on a busy machine; each waits for what it needs, not for time."""
LOOKS = 0.1
"""Seconds between two looks from outside, where no signal tells of anything."""

Pixels = npt.NDArray[np.uint8]


def missing() -> str:
    """Return what the session needs and this machine lacks; empty where it has all."""
    if not sys.platform.startswith("linux"):
        return "Linux"
    return ", ".join(
        [*(tool for tool in TOOLS if shutil.which(tool) is None), *([] if features.check("xcb") else ["xcb"])]
    )


def wait_for(what: str, look: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Look until something is so.

    Raises
    ------
    AssertionError: it was not so in time.
    """
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, f"after {seconds:.0f} s still not: {what}"
        time.sleep(LOOKS)


@dataclass(frozen=True)
class Screen:
    """A display by its name, as in ``:99``, and the environment of programs that shall appear on it."""

    name: str
    environment: dict[str, str]

    def do(self, *words: str | int) -> str:
        """Let xdotool do something, and return what it says."""
        told = subprocess.run(
            ["xdotool", *map(str, words)], env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        return told.stdout.strip()

    def press(self, *keys: str) -> None:
        """Press keys one after the other, for example ``ctrl+r``."""
        self.do("key", "--clearmodifiers", "--delay", 40, *keys)

    def write(self, text: str) -> None:
        """Type a text."""
        self.do("type", "--delay", 15, text)

    def click(self, x: int, y: int) -> None:
        """Click at a place of the screen."""
        self.do("mousemove", x, y)
        self.do("click", 1)

    def drag(self, start: tuple[int, int], end: tuple[int, int], ready: Callable[[], object], steps: int = 12) -> None:
        """Hold the left button, move over places between, and let it go at the end once that is ``ready``."""
        self.do("mousemove", *start)
        self.do("mousedown", 1)
        for step in range(1, steps + 1):
            at = (round(a + (b - a) * step / steps) for a, b in zip(start, end, strict=True))
            self.do("mousemove", "--sync", *at)
        wait_for("a sign that something can be dropped", ready)
        self.do("mouseup", 1)

    def focus(self, title: str) -> None:
        """Give the keyboard to a window, as the window manager of a desktop does with a click on it."""
        self.do("windowfocus", "--sync", self.windows(title)[0])

    def windows(self, title: str) -> list[str]:
        """Return the ids of the windows in sight whose title has these words."""
        return self.do("search", "--onlyvisible", "--name", title).split()

    def keep(self) -> None:
        """Save what is on the screen beside the runs, to be looked at where something went wrong."""
        Image.fromarray(self.picture()).save(Path(self.environment["HOME"]) / "last.png")

    def picture(self, left: int = 0, top: int = 0, right: int = 1 << 15, bottom: int = 1 << 15) -> Pixels:
        """Return what is on a part of the screen as (H, W, 3) of red, green and blue."""
        whole = np.asarray(ImageGrab.grab(xdisplay=self.name).convert("RGB"), np.uint8)
        return whole[top:bottom, left:right]


@contextmanager
def screen(folder: Path, width: int, height: int) -> Iterator[Screen]:
    """Give a display of this size in pixels; settings, runs and cache of programs on it are in ``folder``."""
    reading, writing = os.pipe()
    # -noreset: where its last client leaves, one of xdotool, it would start anew and refuse who comes meanwhile
    command = [
        "Xvfb",
        "-noreset",
        "-displayfd",
        str(writing),
        "-screen",
        "0",
        f"{width}x{height}x24",
        "-nolisten",
        "tcp",
    ]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
        try:
            os.close(writing)
            with os.fdopen(reading) as told:
                name = f":{told.readline().strip()}"
            own = {key: value for key, value in os.environ.items() if key not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")}
            own |= {"DISPLAY": name, "XDG_CONFIG_HOME": str(folder / "config"), "HOME": str(folder)}
            yield Screen(name, own)
        finally:
            server.terminate()


@contextmanager
def program(screen: Screen, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run a Python program on a display, and end it where it has not ended by itself."""
    with subprocess.Popen([sys.executable, *words], env=screen.environment, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        except AssertionError:
            screen.keep()
            raise
        finally:
            child.kill()
