"""Work that is divided among threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any


def spread(work: Callable[[slice], None], count: int, threads: int) -> None:
    """Divide ``count`` pieces of work among threads, each of which takes every so-manieth."""
    parts = [slice(first, count, threads) for first in range(min(threads, count))]
    if len(parts) < 2:
        for part in parts:
            work(part)
        return
    with one_thread_a_product(), ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(work, parts))


class _Limited:
    """How many divide work now, and what gives the matrix products their threads back when the last is done."""

    lock = threading.Lock()
    count = 0
    limits: Any = None


@contextmanager
def one_thread_a_product() -> Iterator[None]:
    """Keep matrix products to the thread that asks for them: more on top of these would wait for each other.

    The limit is the whole process's, so the first sets it and the last lifts it, in whatever order they end.
    """
    from threadpoolctl import threadpool_limits

    with _Limited.lock:
        if not _Limited.count:
            _Limited.limits = threadpool_limits(1, "blas")
        _Limited.count += 1
    try:
        yield
    finally:
        with _Limited.lock:
            _Limited.count -= 1
            if not _Limited.count:
                _Limited.limits.restore_original_limits()
