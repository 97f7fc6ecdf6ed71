"""The data of a run on their way to the encoder: decoded bytes in, batches of floats on the device out."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from explorer.core.types import ByteArray, FloatArray, IntArray

SHARE_OF_DEVICE = 0.4
"""The share of the free memory of a GPU that pixels may take; what is larger stays on the host."""


class DeviceData:
    """Serves (N, H, W, C) uint8 pixels in batches; kept on a GPU where they fit, else sent batch by batch.

    Vectors are served too, as (N, 1, 1, D) float32; they come as they are. Not ``whole``: some of the pixels are
    still to come, so that they stay on the host until ``settle`` is called.
    """

    def __init__(self, pixels: ByteArray | FloatArray, device: torch.device, *, whole: bool = True) -> None:
        self.pixels = pixels
        self.device = device
        self.shape = (int(pixels.shape[1]), int(pixels.shape[2]), int(pixels.shape[3]))
        self._rows = pixels.reshape(len(pixels), -1)
        self._resident: Tensor | None = None
        if whole:
            self.settle()

    def settle(self) -> None:
        """Put the pixels, which do not change any more, on a GPU where they fit."""
        pixels, device = self.pixels, self.device
        if device.type == "cuda" and pixels.nbytes <= SHARE_OF_DEVICE * torch.cuda.mem_get_info(device)[0]:
            self._resident = torch.empty(pixels.shape, dtype=torch.from_numpy(pixels[:0].copy()).dtype, device=device)
            for first in range(0, len(pixels), 4096):  # in pieces: the source may be a mapped file
                piece = np.array(pixels[first : first + 4096])
                self._resident[first : first + len(piece)] = torch.from_numpy(piece).to(device)

    def __len__(self) -> int:
        return len(self.pixels)

    def batch(self, indices: IntArray) -> Tensor:
        """Return the pictures of some items: (B, C, H, W) float32 channels last in memory; pixels in 0 to 1."""
        if self._resident is not None:
            taken = self._resident[torch.tensor(indices).pin_memory().to(self.device, non_blocking=True)]
        else:
            rows = np.take(self._rows, indices, axis=0).reshape(len(indices), *self.shape)
            taken = torch.from_numpy(np.asarray(rows))
            if self.device.type == "cuda":
                taken = taken.pin_memory().to(self.device, non_blocking=True)
        if taken.dtype != torch.uint8:
            return taken.permute(0, 3, 1, 2)
        return taken.permute(0, 3, 1, 2).to(torch.float32).mul_(1 / 255)
