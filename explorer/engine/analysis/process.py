"""The entry of the analysis process. Nothing heavy is imported here: how many threads libraries get is set first."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection

from explorer.core.freed_memory import keep_large_apart, share_heaps
from explorer.core.priority import step_back


def main(requests: Connection, replies: Connection, live: bool, threads: int) -> None:
    """Answer requests until the pipe closes, which it also does when the window's process dies.

    Parameters
    ----------
    requests, replies: the ends of the two pipes.
    live: a map is shown, so the layout is computed as well.
    threads: of numpy's and faiss's own thread pools; they wait passively, so as not to slow the trainer down.
    """
    began = time.monotonic()
    if live:
        step_back()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the parent decides what it means
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ[variable] = str(threads)
    share_heaps()
    keep_large_apart()

    from explorer.engine.analysis.dispatcher import Dispatcher

    Dispatcher(requests, replies, live=live, threads=threads, began=began).run()
    os._exit(0)  # at once: threads may be inside kernels, and there is nothing to save
