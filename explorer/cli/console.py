"""Where the commands write: results to stdout, everything else to stderr."""

from __future__ import annotations

import io
import json
import math
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from explorer.core.errors import UserError, printable

REDRAW_SECONDS = 0.1
LINE_SECONDS = 5.0
BAR = 24


class Console:
    """Text for people and JSON for scripts.

    Progress is a bar that redraws itself on a terminal, and a plain line every five seconds elsewhere.
    """

    def __init__(
        self, out: TextIO | None = None, err: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._clock = clock
        self._terminal = self._err.isatty()
        self._drawn = -math.inf
        self._title = ""
        self._bar = False
        for stream in (self._out, self._err):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")

    def say(self, text: str) -> None:
        """Write one line for people to stderr."""
        self._clear()
        self._write(printable(text) + "\n")

    def error(self, text: str) -> None:
        """Write ``error: …`` on one line to stderr."""
        self.say(f"error: {' '.join(text.split())}")

    def result(self, text: str) -> None:
        """Write lines of a result to stdout; each is made printable. UserError where stdout refuses them."""
        self._put("".join(printable(line) + "\n" for line in text.split("\n")))

    def json(self, value: Any) -> None:
        """Write one JSON value to stdout, ASCII only; what is not finite becomes null. UserError as of ``result``."""
        self._put(json.dumps(_finite(value), indent=1, allow_nan=False) + "\n")

    def progress(self, title: str, done: int, total: int, detail: str = "") -> None:
        """Show how far something is; ``total`` 0: not known. Called as often as one likes."""
        now = self._clock()
        fresh = title != self._title
        if not fresh and now - self._drawn < (REDRAW_SECONDS if self._terminal else LINE_SECONDS):
            return
        self._title, self._drawn = title, now
        share = f"{done / total:4.0%}  {done:,} of {total:,}" if total else f"{done:,}" if done else ""
        if not self._terminal:
            self._write("  ".join(printable(part) for part in (title, share.strip(), detail) if part) + "\n")
            return
        filled = round(BAR * min(1.0, done / total)) if total else 0
        bar = f"{'█' * filled}{'░' * (BAR - filled)}" if total else ""
        text = "  ".join(printable(part) for part in (title, bar, share, detail) if part)
        self._write(f"\r\x1b[2K{text[: max(1, shutil.get_terminal_size().columns - 1)]}")
        self._bar = True

    def clear(self) -> None:
        """Take the bar away; what was a line stays."""
        self._clear()
        self._title = ""

    def _clear(self) -> None:
        if self._bar:
            self._write("\r\x1b[2K")
            self._bar = False

    def _put(self, text: str) -> None:
        self._clear()
        try:
            self._out.write(text)
            self._out.flush()
        except BrokenPipeError:  # whoever reads has enough: no error to be told of
            raise
        except OSError as error:
            raise UserError(
                f"The result cannot be written to stdout: {error.strerror or error}",
                remedy="Free some space, or send it elsewhere",
            ) from error

    def _write(self, text: str) -> None:
        try:
            self._err.write(text)
            self._err.flush()
        except OSError:  # nobody reads it any more, or a log on a full disk: not a reason to stop training
            return


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
