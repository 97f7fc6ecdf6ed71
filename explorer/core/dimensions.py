"""The beginning of an embedding in place of the whole: its first numbers, of unit length anew where it had that."""

from __future__ import annotations

import numpy as np

from explorer.core.errors import UserError
from explorer.core.types import FloatArray
from explorer.core.words import several

SHORTENED = frozenset({"euclidean", "squared_euclidean", "cosine", "dot", "snr"})
"""The distances of which a beginning of two vectors has a meaning."""
UNIT = 1e-3
"""So far from 1 the lengths of rows may be that count as of unit length."""
DIRECTIONS = frozenset({"cosine", "snr"})
"""The distances that compare how embeddings differ in direction or spread, of which one number has none."""


def of_unit_length(x: FloatArray) -> bool:
    """Return whether embeddings (M, D) are of unit length, by a sample of them; no rows are not."""
    sample = x[:: max(1, len(x) // 1000)]
    return bool(len(sample)) and float(np.abs(np.linalg.norm(sample, axis=1) - 1.0).max()) <= UNIT


def least(x: FloatArray, distance: str) -> int:
    """Return how many numbers of embeddings (M, D) have to be looked at for a ``distance`` to say anything.

    One number of unit length is 1 or −1: only a sign. So it is for the cosine; the signal-to-noise ratio of one number
    is the variance of nothing.
    """
    return 2 if distance in DIRECTIONS or of_unit_length(x) else 1


def check_beginning(x: FloatArray, count: int, distance: str) -> None:
    """Refuse to look at the first ``count`` numbers of embeddings (M, D) where these say nothing by a ``distance``.

    Raises
    ------
    UserError: if beginnings have no meaning for it, there are not so many numbers, or see ``least``.
    """
    whole = x.shape[1]
    if distance not in SHORTENED:
        raise UserError(
            f"The distance {distance} has no meaning for a beginning of the embedding",
            remedy=f"Leave dimensions out: all {whole} are compared",
        )
    if count > whole:
        raise UserError(f"The embeddings have {several(whole, 'number')}, not {count}", remedy="Ask for fewer")
    if count < least(x, distance):
        raise UserError(
            "One number of an embedding says nothing here: of unit length, or by its direction, it is only a sign",
            remedy=f"Ask for dimensions from 2 to {whole}",
        )


def shortened(x: FloatArray, count: int) -> FloatArray:
    """Return the first ``count`` numbers of embeddings (M, D); 0 or D and more: ``x`` itself.

    Where all rows of ``x`` are of unit length, so are those that are returned; a beginning of zeros stays as it is.
    """
    if not 0 < count < x.shape[1]:
        return x
    found = np.ascontiguousarray(x[:, :count], np.float32)
    if not of_unit_length(x):
        return found
    lengths = np.sqrt(np.einsum("ij,ij->i", found, found))[:, None]
    found /= np.where(lengths > 0, lengths, np.float32(1.0))
    return found


def stops(dimension: int, first: int = 8) -> tuple[int, ...]:
    """Return how many numbers of an embedding of ``dimension`` are worth a look: 8, 16, 32, …, all of them."""
    found = []
    while first < dimension:
        found.append(first)
        first *= 2
    return (*found, dimension)
