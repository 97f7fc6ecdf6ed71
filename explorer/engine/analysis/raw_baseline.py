"""The raw pixels of a dataset, or its raw vectors, as embeddings: what is shown, and the baseline of a trained one."""

from __future__ import annotations

import numpy as np

from explorer.core.shared_arrays import shareable
from explorer.core.types import ByteArray, FloatArray

RAW_DISTANCE = "cosine"
"""By what raw data are compared, before any training."""

DIMENSION = 64
_LEAST = 1e-12
_SAMPLE = 8_000
_BLOCK = 4_096


def unit_rows(pixels: ByteArray | FloatArray) -> FloatArray:
    """Return pixel rows, or vectors, (M, P) as float32 vectors of length 1; an all-black picture stays 0."""
    rows = pixels.astype(np.float32)
    if pixels.dtype != np.uint8:  # the largest becomes 1, so that squares neither overflow nor vanish
        largest = np.abs(rows).max(axis=1, keepdims=True)
        np.divide(rows, largest, out=rows, where=largest > 0)
    rows /= np.maximum(np.sqrt(np.einsum("ij,ij->i", rows, rows)), np.float32(1e-6))[:, None]
    return rows


def plain_rows(pixels: ByteArray | FloatArray) -> FloatArray:
    """Return pixel rows (M, P) as float32 in 0 to 1; vectors as they are, or divided by one number if squares overflow.

    Where it is divided, the order of Euclidean distances stays what it is.
    """
    if pixels.dtype == np.uint8:
        return pixels.astype(np.float32) / np.float32(255)
    largest = float(np.abs(pixels).max(initial=0))
    return pixels.astype(np.float32) / np.float32(largest if largest and not _LEAST < largest < 1 / _LEAST else 1)


def embed_pixels(pixels: ByteArray | FloatArray, *, dimension: int = DIMENSION, seed: int = 0) -> FloatArray:
    """Return pixel rows or vectors (N, P) in their ``dimension`` strongest directions, again of length 1, float32.

    The directions are the leading eigenvectors of the second moment of a sample of unit vectors, not centred, so that
    inner products, hence cosines, are kept as well as so few numbers can (Eckart and Young, 1936).
    """
    count, width = pixels.shape
    if width <= dimension:
        return unit_rows(pixels)
    if count > _SAMPLE:
        chosen = np.sort(np.random.default_rng(seed).choice(count, _SAMPLE, replace=False))
    else:
        chosen = np.arange(count)
    sample = unit_rows(pixels[chosen])
    directions = _leading(sample, dimension, seed)
    embedded: FloatArray = shareable((count, directions.shape[1]), np.float32)
    for start in range(0, count, _BLOCK):
        np.matmul(unit_rows(pixels[start : start + _BLOCK]), directions, out=embedded[start : start + _BLOCK])
    embedded /= np.maximum(np.sqrt(np.einsum("ij,ij->i", embedded, embedded)), np.float32(1e-6))[:, None]
    return embedded


def _leading(sample: FloatArray, dimension: int, seed: int) -> FloatArray:
    """Return the leading right singular vectors (P, dimension) of ``sample`` by subspace iteration.

    Halko, Martinsson and Tropp, Finding Structure with Randomness (2011), algorithm 4.4: two passes suffice where
    directions that are nearly as strong may stand for each other.
    """
    generator = np.random.default_rng(seed)
    wanted = min(dimension, *sample.shape)
    start = generator.standard_normal((sample.shape[1], min(wanted + 16, sample.shape[1])), dtype=np.float32)
    basis = sample @ start
    for _ in range(2):
        basis, _ = np.linalg.qr(sample @ (sample.T @ basis))
    _, _, rows = np.linalg.svd(basis.T @ sample, full_matrices=False)
    return np.ascontiguousarray(rows[:wanted].T)
