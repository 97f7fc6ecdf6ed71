"""Why a run failed, in words."""

from __future__ import annotations

import traceback

import torch

from explorer.core.errors import UserError, printable
from explorer.core.extensions import failed_in


def explained(error: Exception | SystemExit, step: int, batch: int) -> tuple[str, str]:
    """Return what to tell the user about an error after ``step`` steps, and a traceback where the fault is ours.

    ``batch``: pictures in a batch, 0 where that is not known.
    """
    if isinstance(error, UserError):
        return str(error), ""
    if (where := out_of_memory(error)) is not None:
        batches = f" with batches of {batch} pictures" if batch else ""
        reason = UserError(
            f"The {where} ran out of memory at step {step + 1}{batches}",
            remedy="Make sampler.images, sampler.classes, encoder.width or data.size smaller, or set sampler.chunk",
        )
        return str(reason), ""
    if (failed := failed_in(error, step + 1)) is not None:
        return str(failed), ""
    trace = "".join(traceback.format_exception(error))
    return printable(f"{type(error).__name__}: {error}"), trace


def out_of_memory(error: Exception | SystemExit) -> str | None:
    """Return what ran out of memory: the GPU, the computer, or nothing."""
    if isinstance(error, torch.OutOfMemoryError):
        return "GPU"
    on_cpu = isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    return "computer" if on_cpu or isinstance(error, MemoryError) else None


def diverged(step: int, rate: float) -> UserError:
    """Return what to say when the loss of the step after ``step`` was no number, at a learning rate."""
    return UserError(
        f"The loss was not a finite number at step {step + 1}, with a learning rate of {rate:.3g}; the weights of step"
        f" {step} were kept",
        remedy="Start again with a smaller optimiser.rate",
    )
