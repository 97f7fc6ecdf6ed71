"""Why a run failed, in words."""

from __future__ import annotations

import traceback
from pathlib import Path

import torch
from torch import nn

from explorer.core.errors import UserError, printable
from explorer.core.registry import extension_of
from explorer.learn.batch import LossOutput

ELSE = "Tell its author, or choose another part in the recipe"


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
    if (failed := _of_extension(error, step)) is not None:
        return str(failed), ""
    trace = "".join(traceback.format_exception(error))
    return printable(f"{type(error).__name__}: {error}"), trace


def out_of_memory(error: Exception | SystemExit) -> str | None:
    """Return what ran out of memory: the GPU, the computer, or nothing."""
    if isinstance(error, torch.OutOfMemoryError):
        return "GPU"
    on_cpu = isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    return "computer" if on_cpu or isinstance(error, MemoryError) else None


def _of_extension(error: Exception | SystemExit, step: int) -> UserError | None:
    """Return what to say where an extension was running when an error was raised, None where none was."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if extension := extension_of(str(frame.f_globals.get("__name__", ""))):
            file, said = Path(frame.f_code.co_filename).name, f"{type(error).__name__}: {error}".partition("\n")[0]
            return UserError(
                f"The extension {printable(extension)} failed at step {step + 1}, in line {line} of {printable(file)}: "
                f"{printable(said)}",
                remedy=ELSE,
            )
    return None


def checked(output: object, loss: nn.Module) -> LossOutput:
    """Return what a loss has returned; that of an extension is looked at first.

    Raises
    ------
    UserError: if it is not what a loss returns.
    """
    extension = extension_of(type(loss).__module__)
    value = output.value if isinstance(output, LossOutput) else None
    if extension and not (isinstance(value, torch.Tensor) and value.ndim == 0 and value.requires_grad):
        raise UserError(
            f"The loss {type(loss).__name__} of the extension {printable(extension)} returns no LossOutput whose value "
            "is one number with a gradient",
            remedy=ELSE,
        )
    assert isinstance(output, LossOutput)
    return output


def diverged(step: int, rate: float) -> UserError:
    """Return what to say when the loss of the step after ``step`` was no number, at a learning rate."""
    return UserError(
        f"The loss was not a finite number at step {step + 1}, with a learning rate of {rate:.3g}; the weights of step"
        f" {step} were kept",
        remedy="Start again with a smaller optimiser.rate",
    )
