"""``alive.json``: a run that trains says every two seconds that it does, so that other computers can follow it.

A lock (``writer.lock``) tells who writes a run on one computer; across computers no lock can be trusted, and clocks
differ. A follower therefore looks whether ``beat`` goes on, by a clock of its own.
"""

from __future__ import annotations

import json
import math
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from explorer.core.errors import printable
from explorer.core.plain_json import parse_json
from explorer.runs.atomic import temporary_name
from explorer.runs.lock import Writer, writer_of

ALIVE_NAME = "alive.json"
BEAT_SECONDS = 2.0
"""How often a run says that it is there."""
SILENT_SECONDS = 20.0
"""After how long without that it is said to give no sign of life."""
GRACE_SECONDS = 10.0
"""How long a run is waited for that has not said it is done, and that nobody writes: it may be begun again."""
TAKEN_SECONDS = 10.0
"""How long what was asked of a run may wait to be taken before that is told."""
LARGEST = 4096


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """Process ``pid`` on ``host`` is at ``step`` and ``state`` (training or paused); ``beat`` counts its signs.

    ``seconds``: for how long the run was trained in all, as ``RunFinished`` says it at its end; 0: it does not say.
    """

    pid: int
    host: str
    beat: int
    step: int
    state: str
    seconds: float = 0.0

    @classmethod
    def here(cls, beat: int, step: int, state: str, seconds: float = 0.0) -> SignOfLife:
        """Return a sign of this process."""
        return cls(os.getpid(), socket.gethostname(), beat, step, state, seconds)

    @property
    def elsewhere(self) -> bool:
        """Whether it comes from another computer."""
        return self.host != socket.gethostname()

    def __str__(self) -> str:
        """Return who gives it: ``process 4711 on node7``."""
        return f"process {self.pid} on {printable(self.host)}"


def give_sign(folder: Path, sign: SignOfLife) -> None:
    """Write a sign of life in place of the last one; not forced to the disk, since the next one comes soon.

    Raises
    ------
    OSError: if it cannot be written.
    """
    path = folder / ALIVE_NAME
    temporary = temporary_name(path)
    try:
        temporary.write_text(json.dumps(asdict(sign)), encoding="utf-8")
        os.replace(temporary, path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def end_signs(folder: Path) -> None:
    """Say that the run does not train any more."""
    with suppress(OSError):
        (folder / ALIVE_NAME).unlink(missing_ok=True)


def read_sign(folder: Path) -> SignOfLife | None:
    """Return the last sign of life in the folder of a run; None where there is none, or it says nothing sensible."""
    try:
        with open(folder / ALIVE_NAME, "rb") as file:
            said = parse_json(file.read(LARGEST))
        sign = SignOfLife(
            int(said["pid"]),
            str(said["host"])[:255],
            int(said["beat"]),
            int(said["step"]),
            str(said["state"])[:64],
            float(said.get("seconds", 0.0)),  # which older versions do not say
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    return sign if 0 < sign.pid < 1 << 32 and sign.step >= 0 and 0 <= sign.seconds < math.inf else None


class LifeWatch:
    """Who writes a run elsewhere, and for how long that has given no sign of life; asked again and again.

    ``clock``: seconds from anywhere, in one direction.
    """

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder, self._clock = folder, clock
        self._sign: SignOfLife | None = None
        self._since = clock()

    def writer(self) -> Writer | SignOfLife | None:
        """Return who writes the run now: whoever holds its lock, or gives signs on another computer; None: nobody."""
        sign = read_sign(self._folder)
        if sign != self._sign:
            self._sign, self._since = sign, self._clock()
        held = writer_of(self._folder)
        return held if held is not None else (sign if sign is not None and sign.elsewhere else None)

    @property
    def sign(self) -> SignOfLife | None:
        """The last sign, as ``writer`` saw it."""
        return self._sign

    @property
    def silent(self) -> float:
        """For how many seconds there was no new sign; 0 where it is less than a run may take, or gives none at all."""
        quiet = self._clock() - self._since
        return quiet if self._sign is not None and quiet >= SILENT_SECONDS else 0.0
