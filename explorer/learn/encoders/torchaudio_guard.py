"""A torchaudio that does not load, hidden from who would import it."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
import threading
from typing import Literal

_LOCK = threading.Lock()

State = Literal["absent", "native", "hidden"]


def guard_torchaudio() -> State:
    """Let a torchaudio that cannot be imported count as not installed; call it before anything imports transformers.

    The compiled half of a torchaudio for CUDA does not load beside a torch for the CPU, and its import then ends in an
    ``OSError`` that names a library. The package transformers imports it wherever it is installed, also for models of
    pictures, which need nothing of it.

    Returns
    -------
    ``absent``: there is no torchaudio; ``native``: it fits; ``hidden``: whoever asks for it is told there is none.
    """
    with _LOCK:
        return _guarded()


@functools.cache
def _guarded() -> State:
    if importlib.util.find_spec("torchaudio") is None:
        return "absent"
    try:
        importlib.import_module("torchaudio")
    except (OSError, ImportError, RuntimeError, AttributeError):
        sys.modules["torchaudio"] = None  # type: ignore[assignment]  # as Python's import has it: there is none
        return "hidden"
    return "native"
