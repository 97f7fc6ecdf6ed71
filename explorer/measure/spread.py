"""Work that is divided among threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def spread(work: Callable[[slice], None], count: int, threads: int) -> None:
    """Divide ``count`` pieces of work among threads, each of which takes every so-manieth."""
    parts = [slice(first, count, threads) for first in range(min(threads, count))]
    if len(parts) < 2:
        for part in parts:
            work(part)
        return
    from threadpoolctl import threadpool_limits

    # one thread a part: threads of the matrix product on top of these would wait for each other
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(work, parts))
