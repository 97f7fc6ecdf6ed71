"""A torchvision that does not fit the build of torch, made importable."""

from __future__ import annotations

import functools
import importlib.util
import threading
from pathlib import Path
from typing import Literal

import torch

_LOCK = threading.Lock()

State = Literal["absent", "native", "shimmed"]

OPERATORS = ("nms", "qnms")
"""What torchvision describes to torch while it is imported, and fails to if its compiled half did not load."""


def guard_torchvision() -> State:
    """Make ``import torchvision`` work beside any build of torch; call it before anything imports torchvision.

    The compiled half of a torchvision for CUDA does not load beside a torch for the CPU, and then its import fails
    (pytorch/vision 8985, 9077). Encoders need nothing of it: the operators that the import looks for are declared, and
    only calling them fails.

    Returns
    -------
    ``absent``: there is no torchvision; ``native``: it fits; ``shimmed``: its operators were declared.
    """
    with _LOCK:
        return _guarded()


@functools.cache
def _guarded() -> State:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations:
        return "absent"
    folder = Path(spec.submodule_search_locations[0])
    library = next((path for pattern in ("_C*.so", "_C*.pyd") for path in folder.glob(pattern)), None)
    try:
        if library is None:
            raise OSError("torchvision has no compiled half")
        torch.ops.load_library(str(library))
    except OSError:
        _declare()
        return "shimmed"
    return "native"


@functools.cache
def _declare() -> torch.library.Library:
    """Declare the operators for as long as the process lives: torch forgets them with the value that is returned."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in OPERATORS:
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library
