"""The features of frozen encoders, kept on the disk: another metric on them is fitted without embedding anew."""

from __future__ import annotations

from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from explorer.core.errors import UserError
from explorer.data.cache import PixelCache

if TYPE_CHECKING:
    from explorer.core.types import ByteArray, FloatArray
    from explorer.learn.encoders.base import Encoder

ROWS = 1024
"""Items that are read at once."""
DIGEST_BYTES = 20


class KeptFeatures:
    """What an encoder makes of some items, in the cache of what items became, under what both are made of.

    Only encoders from files are worth it: others are as quick as reading is. ``folder``: of the cache; None: the usual.
    """

    def __init__(
        self, encoder: Encoder, pixels: ByteArray | FloatArray, precision: str, folder: Path | None = None
    ) -> None:
        self._items, self._dimension = len(pixels), encoder.dimension
        self._cache = PixelCache(folder)
        self._key = _key(encoder, pixels, precision) if encoder.from_files and len(pixels) else ""

    def load(self) -> FloatArray | None:
        """Return the features (N, d) float32, None where they are not kept, or not whole."""
        entry = self._cache.load(self._key) if self._key else None
        if entry is None or entry.pixels.shape != (self._items, 1, 1, self._dimension):
            return None
        found: FloatArray = np.array(entry.pixels, np.float32).reshape(self._items, self._dimension)
        return found

    def keep(self, features: FloatArray) -> None:
        """Keep the features (N, d); where the disk refuses they are computed again."""
        if not self._key:
            return
        with suppress(UserError), self._cache.write(self._key, (1, 1, self._dimension), "float32") as writer:
            for first in range(0, len(features), ROWS):
                rows = features[first : first + ROWS]
                writer.append(rows.reshape(len(rows), 1, 1, self._dimension))
            writer.commit({})


def _key(encoder: Encoder, pixels: ByteArray | FloatArray, precision: str) -> str:
    """Return what stands for the contents of the items and for the weights of the encoder."""
    found = blake2b(digest_size=DIGEST_BYTES)
    tensors = encoder.state_dict()
    device = next((tensor.device.type for tensor in tensors.values()), "cpu")
    made_by = (type(encoder).__name__, repr(encoder.params), precision, device, pixels.shape)
    found.update(repr(made_by).encode())
    for name, tensor in sorted(tensors.items()):
        found.update(repr((name, tensor.dtype, tuple(tensor.shape))).encode())
        found.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    for first in range(0, len(pixels), ROWS):
        found.update(np.ascontiguousarray(pixels[first : first + ROWS]).data)
    return f"features-{found.hexdigest()}"
