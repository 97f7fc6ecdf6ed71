"""Weights of a seed: torch draws them from one generator of the whole process, which two runs must not share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_drawing = threading.Lock()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let torch's own generator begin at ``seed`` here, one thread at a time, and go on as before afterwards.

    Without the lock two runs that begin together in one process would draw from each other's numbers.
    """
    with _drawing, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
