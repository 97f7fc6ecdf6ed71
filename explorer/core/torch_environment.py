"""What torch reads from the environment when it is loaded: in what pages its memory comes."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

LARGE_PAGES = {"THP_MEM_ALLOC_ENABLE": "1"}
"""Tensors of 2 MiB and more come in pages of 2 MiB, where Linux gives those to whoever asks.

What a step makes and frees is given back to the system and asked for again: at 64 px in 80,000 pages of 4 KiB a step,
each of which the kernel has to find and to clear; about a quarter of the processor time of a step.
"""


def prepare_for_torch(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set what torch shall read, where nobody has set it by hand; before torch is loaded."""
    for name, value in LARGE_PAGES.items():
        environment.setdefault(name, value)
