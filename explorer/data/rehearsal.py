"""Looking through the footer of a Parquet file in a process of its own first.

What pyarrow finds wrong in it may end the process that asks (a C++ exception that nothing catches). So a worker asks
first: what it survives is asked again here. It stays a moment for the next file, and then ends by itself.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from explorer.core.errors import UserError, printable

IDLE_SECONDS = 1.0
SECONDS = 60.0


def rehearse(path: Path) -> None:
    """Let a worker look through the footer of a Parquet file; what it raises of its own is left to whoever asks next.

    Raises
    ------
    UserError: if that ends the worker, or takes it too long.
    """
    with _lock:
        if _pipe_of_worker() is None or not _asked(path):
            _start()  # the first one, or in place of one that had ended by itself meanwhile
            if not _asked(path):
                _end()
                raise UserError(
                    f"{printable(str(path))} is damaged: what it says of its columns cannot be read",
                    remedy="Write it again",
                )


_lock = threading.Lock()
_running: list[tuple[Connection, multiprocessing.process.BaseProcess]] = []


def _pipe_of_worker() -> Connection | None:
    return _running[0][0] if _running else None


def _start() -> None:
    _end()
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), name="embedding-explorer rehearsal", daemon=True)
    try:
        process.start()
    finally:
        theirs.close()
    _running.append((pipe, process))


def _end() -> None:
    while _running:
        pipe, process = _running.pop()
        process.kill()
        process.join()
        pipe.close()


def _asked(path: Path) -> bool:
    """Return whether the worker has looked through a file, and is still there."""
    pipe = _pipe_of_worker()
    assert pipe is not None
    try:
        pipe.send_bytes(os.fsencode(path))
        return pipe.poll(SECONDS) and bool(pipe.recv_bytes())
    except (OSError, EOFError):
        return False


def serve(pipe: Connection) -> None:
    """Look through files until none comes any more; the entry of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # where it ends, it says so from C
    import pyarrow.parquet as pq

    with suppress(OSError, EOFError):
        while pipe.poll(IDLE_SECONDS):
            path = os.fsdecode(pipe.recv_bytes())
            with suppress(Exception), pq.ParquetFile(path) as file:
                meta = file.metadata
                for group in range(meta.num_row_groups):
                    for place in range(meta.num_columns):
                        meta.row_group(group).column(place).to_dict()
            pipe.send_bytes(b"through")
