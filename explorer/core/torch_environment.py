"""What torch reads from the environment when it is loaded, and loading its largest library beside other threads."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

LARGE_PAGES = {"THP_MEM_ALLOC_ENABLE": "1"}
"""Tensors of 2 MiB and more come in pages of 2 MiB, where Linux gives those to whoever asks.

What a step makes and frees is given back to the system and asked for again: at 64 px in 80,000 pages of 4 KiB a step,
each of which the kernel has to find and to clear; about a quarter of the processor time of a step.
"""

WAITS = {"GOMP_SPINCOUNT": "20000"}
"""Turns that a thread waits for the others in a loop before it sleeps, by GNU's OpenMP, which torch has on Linux.

By default it waits for milliseconds, and beside other busy processes for one that has no processor. Two threads on two
cores, 28 px, against that: 0.997 of the images a second with nothing beside, 1.8 times beside two busy loops; sleeping
at once (``OMP_WAIT_POLICY=PASSIVE``) 0.89 and 1.9.
"""
POLICY = "OMP_WAIT_POLICY"
"""What a person may have set in place of that."""


MOST_SECONDS = 2.0
"""So long imports wait at most for the library."""


def prepare_for_torch(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set what torch shall read, where nobody has set it by hand; before torch is loaded."""
    for name, value in (LARGE_PAGES if POLICY in environment else LARGE_PAGES | WAITS).items():
        environment.setdefault(name, value)


def load_beside() -> None:
    """Let the system load the largest library of torch while the other threads of Python go on; on Linux alone.

    ``import torch`` holds all of them up until that is done, 0.26 to 0.4 seconds, the window as well; after this 0.06.
    A function of C that is called by ctypes does not; but the system loads one library at a time, and a thread that
    imports another meanwhile would hold all up again: imports wait. Where it cannot be loaded, the import tells of it.
    """
    if not sys.platform.startswith("linux") or "torch" in sys.modules:
        return
    import ctypes  # none of this before the first paint
    from importlib.util import find_spec

    from explorer.core.import_turns import import_turns

    spec = find_spec("torch")
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        load = ctypes.CDLL(None).dlopen
        load.argtypes, load.restype = [ctypes.c_char_p, ctypes.c_int], ctypes.c_void_p
        with import_turns().held(MOST_SECONDS):
            load(os.fsencode(f"{place}/lib/libtorch_cpu.so"), os.RTLD_NOW)
