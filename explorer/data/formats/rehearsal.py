"""Looking through a file in a process of its own first, where its library may end or hold up who asks it.

What pyarrow finds wrong in the footer of a Parquet file may end the process (a C++ exception that nothing catches), and
HDF5 may go round in circles in a damaged attribute. So a worker asks first: what it survives is asked again here. It
stays a moment for the next file, and then ends by itself.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from explorer.core.errors import UserError, printable
from explorer.core.spawned import apart_from_main, end
from explorer.data.patience import Patience

Kind = Literal["parquet", "hdf5"]
Found = Literal["through", "ended", "too long", "starved"]
"""The worker has looked through a file, has ended, was not done in time, or hardly got to work in that time."""

IDLE_SECONDS = 1.0
STARTING_SECONDS = 60.0
SECONDS = 20.0
"""How long a file may take to be looked through; what is read of it is little. See ``Patience``."""
LOOK_SECONDS = 0.05
PROCESSOR_SECONDS, BYTES_A_SECOND = 3.0, 16 << 20
"""How much of the processor that may take: so long, and longer for a large file. Where signals end a process by it."""
MOST_MEMORY = 1 << 30
"""Bytes that looking through a file may take, of which no value beyond the next line is read: damage asks for more."""
READ_WHOLE = 16 << 20
"""Bytes up to which the values in an HDF5 file are read as well."""


def rehearse(path: Path, kind: Kind) -> None:
    """Let a worker look through a file; what it raises of its own is left to whoever asks next.

    Raises
    ------
    UserError: if that ends the worker, or takes it too long: the file is damaged then, unless the machine is busy.
    """
    with _lock:
        found = _asked(path, kind) if _running else "ended"
        if found == "ended" and (not _running or _ended_by_itself()):
            _start()
            found = _asked(path, kind)
        if found == "through":
            return
        _end()
    shown = printable(str(path))
    if found == "starved":
        raise UserError(
            f"{shown} could not be looked through in time, as the machine or the disk is busy",
            remedy="Open it again in a moment",
        )
    raise UserError(
        f"{shown} is damaged: reading what it says of its contents comes to no end, or ends its reader",
        remedy="Copy or download it again",
    )


_lock = threading.Lock()
_running: list[tuple[Connection, multiprocessing.process.BaseProcess]] = []


def _ended_by_itself() -> bool:
    """Whether the worker had ended before it was asked, because nothing came for a while."""
    process = _running[0][1]
    if _running[0][0].closed or not process.is_alive():
        return process.exitcode == 0
    process.join(0.2)
    return process.exitcode == 0


def _start() -> None:
    _end()
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), name="embedding-explorer rehearsal", daemon=True)
    try:
        with apart_from_main():
            process.start()
    finally:
        theirs.close()
    _running.append((pipe, process))
    with suppress(OSError, EOFError):
        if _answers(pipe, Patience(process.pid or 0, STARTING_SECONDS)):
            pipe.recv_bytes()


def _end() -> None:
    while _running:
        pipe, process = _running.pop()
        process.kill()
        end(process)
        pipe.close()


def _answers(pipe: Connection, patience: Patience) -> bool:
    while not pipe.poll(LOOK_SECONDS):
        if patience.over():
            return False
    return True


def _asked(path: Path, kind: Kind) -> Found:
    """Let the worker look through a file, and return what came of it."""
    pipe, process = _running[0]
    patience = Patience(process.pid or 0, SECONDS)
    try:
        pipe.send_bytes(kind.encode("ascii"))
        pipe.send_bytes(os.fsencode(path))
        if _answers(pipe, patience):
            pipe.recv_bytes()
            return "through"
    except (OSError, EOFError):
        return "ended"
    return "starved" if patience.starved() else "too long"


def serve(pipe: Connection) -> None:
    """Look through files until none comes any more; the entry of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # where it ends, it says so from C
    pipe.send_bytes(b"ready")
    with suppress(OSError, EOFError):
        while pipe.poll(IDLE_SECONDS):
            library, look = _LOOKS[pipe.recv_bytes().decode("ascii")]
            path = os.fsdecode(pipe.recv_bytes())
            with suppress(Exception):
                importlib.import_module(library)  # which is not the file's doing
            _allow(PROCESSOR_SECONDS + os.path.getsize(path) / BYTES_A_SECOND)
            before = _most_memory()
            with suppress(Exception):
                look(path)
            _allow(0)
            if _most_memory() - before > MOST_MEMORY:
                os._exit(1)  # whoever asks next would take as much
            pipe.send_bytes(b"through")


def _most_memory() -> int:
    """Return the most bytes that this process had in use so far; 0 where the system does not say."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _allow(seconds: float) -> None:
    """End this process once it has used so much more of the processor; 0: let it go on."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _look_at_parquet(path: str) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        meta = file.metadata
        for group in range(meta.num_row_groups):
            for place in range(meta.num_columns):
                meta.row_group(group).column(place).to_dict()


def _look_at_hdf5(path: str) -> None:
    import h5py

    whole = os.path.getsize(path) <= READ_WHOLE

    def look(_name: str, found: Any) -> None:
        with suppress(Exception):
            dict(found.attrs)
        if isinstance(found, h5py.Dataset) and not found.external and not found.is_virtual:
            with suppress(Exception):
                if whole and found.nbytes <= READ_WHOLE:
                    found[()]
                elif found.ndim and found.nbytes // len(found) <= READ_WHOLE:
                    found[:1]

    with h5py.File(path, "r") as file:
        look("", file)
        file.visititems(look)


_LOOKS: dict[str, tuple[str, Callable[[str], None]]] = {
    "parquet": ("pyarrow.parquet", _look_at_parquet),
    "hdf5": ("h5py", _look_at_hdf5),
}
