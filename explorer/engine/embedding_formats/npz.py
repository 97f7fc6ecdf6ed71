"""Embeddings, ids and classes as arrays of NumPy in one file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.core.errors import printable
from explorer.core.registry import register
from explorer.engine.embedding_formats.base import EmbeddedItems, EmbeddingFormat


@register("embedding_format", "npz", title=".npz")
class Npz(EmbeddingFormat):
    """The arrays ``embeddings`` (N, D), ``ids`` and ``labels``."""

    ending = ".npz"

    def write(self, path: Path, items: EmbeddedItems) -> None:
        """Write the arrays."""
        ids, labels = (np.array([printable(text) for text in texts], np.str_) for texts in (items.ids, items.labels))
        np.savez(path, embeddings=items.embeddings, ids=ids, labels=labels)
