"""The beginning of an embedding in place of the whole: its first numbers, of unit length anew where it had that."""

from __future__ import annotations

import numpy as np

from explorer.core.types import FloatArray

SHORTENED = frozenset({"euclidean", "squared_euclidean", "cosine", "dot", "snr"})
"""The distances of which a beginning of two vectors has a meaning."""
UNIT = 1e-3
"""So far from 1 the lengths of rows may be that count as of unit length."""


def shortened(x: FloatArray, count: int) -> FloatArray:
    """Return the first ``count`` numbers of embeddings (M, D); 0 or D and more: ``x`` itself.

    Where all rows of ``x`` are of unit length, so are those that are returned; a beginning of zeros stays as it is.
    """
    if not 0 < count < x.shape[1]:
        return x
    found = np.ascontiguousarray(x[:, :count], np.float32)
    sample = x[:: max(1, len(x) // 1000)]
    if not len(sample) or np.abs(np.linalg.norm(sample, axis=1) - 1.0).max() > UNIT:
        return found
    lengths = np.sqrt(np.einsum("ij,ij->i", found, found))[:, None]
    found /= np.where(lengths > 0, lengths, np.float32(1.0))
    return found


def stops(dimension: int, least: int = 8) -> tuple[int, ...]:
    """Return how many numbers of an embedding of ``dimension`` are worth a look: 8, 16, 32, …, all of them."""
    found = []
    while least < dimension:
        found.append(least)
        least *= 2
    return (*found, dimension)
