"""The embeddings alone, as an array of NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.core.registry import register
from explorer.engine.embedding_formats.base import EmbeddedItems, EmbeddingFormat


@register("embedding_format", "npy", title=".npy")
class Npy(EmbeddingFormat):
    """One array (N, D) of float32, without ids and classes."""

    ending = ".npy"

    def write(self, path: Path, items: EmbeddedItems) -> None:
        """Write the array."""
        np.save(path, items.embeddings, allow_pickle=False)
