"""A run that trains shows others that it is there, and does what they ask of it, through files in its folder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from explorer.core.events import Command
from explorer.runs.commands import forget, take, words
from explorer.runs.sign_of_life import BEAT_SECONDS, SignOfLife, end_signs, give_sign

LOOK_SECONDS = 0.5
"""How often it is looked for commands."""
ENDING_SECONDS = 5.0
"""How long the end waits for a folder on a network that does not answer."""


class FarControl:
    """Gives signs of life and hands commands over, in a thread of its own, until ``close``.

    Parameters
    ----------
    place: the folder of the run, wherever it is by now. where: its step and state (training or paused),
        and for how many seconds it was trained.
    obey: is handed every command, in order. tell: hears of it in a sentence, and why what was sent is none.
    """

    def __init__(
        self,
        place: Callable[[], Path],
        where: Callable[[], tuple[int, str, float]],
        obey: Callable[[Command], None],
        tell: Callable[[str], None],
    ) -> None:
        self._place, self._where, self._obey, self._tell = place, where, obey, tell
        self._over = threading.Event()
        with suppress(OSError):
            forget(place())
        self._thread = threading.Thread(target=self._main, name="far control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, and the signs of life with it."""
        self._over.set()
        if self._thread is not threading.current_thread():
            self._thread.join(ENDING_SECONDS)

    def _main(self) -> None:
        beat, due = 0, float("-inf")
        while not self._over.is_set():
            now = time.monotonic()
            if now >= due:
                beat, due = beat + 1, now + BEAT_SECONDS
                with suppress(OSError):  # a full disk is told by what writes the run
                    give_sign(self._place(), SignOfLife.here(beat, *self._where()))
            for taken in take(self._place()):
                if taken.command is None:
                    self._tell(taken.problem)
                else:
                    self._tell(f"Asked for through the folder of the run: {words(taken.command)}")
                    self._obey(taken.command)
            self._over.wait(LOOK_SECONDS)
        end_signs(self._place())
