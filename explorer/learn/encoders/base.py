"""What an encoder is to the trainer."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from explorer.core.registry import Parameters

AT_ONCE = 1024
"""How many numbers of a vector are measured at a time, in float64."""


class Encoder(nn.Module):
    """Turns pictures into embeddings: ``Encoder(params, shape=(H, W, C))``, (B, C, H, W) in 0 to 1 → (B, D).

    The mean and the standard deviation of each channel, measured on the training pictures, are buffers of the encoder,
    so that whoever has its weights can embed a picture. Vectors of length D come as pictures of one pixel with D
    channels, shape (1, 1, D), not in 0 to 1 but as they are. ``reads``: the modalities that it can read.
    ``from_files``: it is built from files outside a run; it has a buffer ``blueprint`` and takes its text as a keyword,
    so that a saved run needs them no more.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"pictures", "vectors"})
    from_files: ClassVar[bool] = False

    mean: Tensor
    std: Tensor

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.params: Any = params
        self.shape = shape
        self.register_buffer("mean", torch.full((1, shape[2], 1, 1), 0.5))
        self.register_buffer("std", torch.full((1, shape[2], 1, 1), 0.5))

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return int(self.params.dimension)

    @property
    def reads_columns(self) -> bool:
        """Whether its inputs are rows of a table, each of whose numbers has a scale of its own."""
        return self.shape[:2] == (1, 1)

    @property
    def channels(self) -> int:
        """Channels of the last feature maps, 0 where there are none."""
        return 0

    def maps(self, pictures: Tensor) -> Tensor:
        """Return the last feature maps, (B, C, H', W'), of encoders that have ``channels``."""
        raise NotImplementedError

    def pooled(self, maps: Tensor) -> Tensor:
        """Return the (B, D) embeddings that belong to feature maps: ``forward`` is ``pooled(maps(pictures))``."""
        raise NotImplementedError

    def observe(self, pictures: Tensor) -> None:
        """Measure mean and standard deviation of each channel on (M, C, H, W) pictures in 0 to 1."""
        if self.reads_columns:
            self._observe_vectors(pictures)
            return
        self.mean.copy_(pictures.mean(dim=(0, 2, 3), keepdim=True))
        self.std.copy_(pictures.std(dim=(0, 2, 3), keepdim=True).clamp(min=1e-2))

    def _observe_vectors(self, vectors: Tensor) -> None:
        """Measure vectors of any scale; a number that is always the same, or nearly, keeps the typical one.

        Nearly: to a thousandth of the typical deviation of the others, or to what float32 resolves.
        """
        parts = [
            torch.std_mean(part.double(), dim=(0, 2, 3), correction=0, keepdim=True)
            for part in vectors.split(AT_ONCE, dim=1)
        ]
        std, mean = (torch.cat(found, dim=1) for found in zip(*parts, strict=True))
        typical = std[std > 0].median() if bool((std > 0).any()) else torch.ones((), dtype=std.dtype)
        constant = (std <= 1e-3 * typical) | (std <= 1e-6 * mean.abs())
        self.mean.copy_(mean)
        self.std.copy_(torch.where(constant, typical, std))

    def normalised(self, pictures: Tensor) -> Tensor:
        """Return pictures with mean 0 and deviation 1 a channel."""
        return (pictures - self.mean) / self.std
