"""The product in float64, so that rounding cannot hide a difference."""

from __future__ import annotations

import torch


def compute_in_double() -> None:
    """Let all that is learned in this process be of float64; for a process of its own, or undone by monkeypatch."""
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double  # type: ignore[method-assign]
