"""Where a run computes: the device, its threads, its arithmetic and its random generators."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from explorer.core.errors import UserError


def choose_device(name: str) -> torch.device:
    """Return the device that a recipe asks for; ``auto`` is CUDA where there is one, else the CPU.

    Raises
    ------
    UserError: if CUDA is asked for and there is none, or no device of that number.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise UserError(
            f"Device {name!r}: this machine or this build of torch has no CUDA", remedy="Set device to auto or cpu"
        )
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UserError(
            f"Device {name!r}: there are {torch.cuda.device_count()} CUDA devices, counted from 0",
            remedy="Set device to auto or cuda:0",
        )
    return device


def several_cards() -> tuple[str, ...]:
    """Return the names of all CUDA devices, where they are two or more; else none."""
    cards = torch.cuda.device_count()
    return tuple(f"cuda:{card}" for card in range(cards)) if cards > 1 else ()


def mixed_precision(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """Return the context of a training step's forward pass through the encoder.

    ``precision``: that of the recipe. ``auto``, where nobody has measured it, is bfloat16 on CUDA devices that have it
    and float32 on the CPU: what runs were trained in that are older than this choice.
    """
    if device.type == "cuda":
        half = precision != "float32" and torch.cuda.is_bf16_supported()
    else:
        half = precision == "bfloat16"
    return torch.autocast(device.type, dtype=torch.bfloat16) if half else nullcontext()


def evaluation_precision(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """Return the context of an evaluation pass: that of training on CUDA, float32 on the CPU.

    So a figure is the same on every processor, whether or not it is quick at bfloat16.
    """
    return mixed_precision(device, precision) if device.type == "cuda" else nullcontext()


def generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a seeded random generator on a device."""
    made = torch.Generator(device=device)
    made.manual_seed(seed)
    return made
