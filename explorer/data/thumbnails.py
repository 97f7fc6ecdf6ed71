"""Small pictures for the window, made from decoded pixels with numpy alone."""

from __future__ import annotations

import numpy as np

from explorer.core.types import ByteArray, FloatArray, IntArray
from explorer.data.dataset import Dataset

RESIZED_AT_ONCE = 1024
"""Keeps the intermediate floats of many pictures small."""


def _weights(source: int, target: int) -> FloatArray:
    """Return (target, source) float32 rows that sum to 1: means where smaller, linear interpolation where larger."""
    scale = source / target
    reach = max(scale, 1.0)  # half the width of the triangle of the filter, in source pixels
    centres = (np.arange(target) + 0.5) * scale - 0.5
    distance = np.abs(np.arange(source)[None, :] - centres[:, None])
    weights = np.clip(1.0 - distance / reach, 0.0, None)
    result: FloatArray = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


def resized(pixels: ByteArray, side: int) -> ByteArray:
    """Return (M, S, S, C) pixels as (M, side, side, 3) uint8; grey is repeated into the three channels."""
    count, height, width, _ = pixels.shape
    result = np.empty((count, side, side, 3), dtype=np.uint8)
    if (height, width) == (side, side):
        result[:] = pixels
        return result
    rows, columns = _weights(height, side), _weights(width, side)
    for start in range(0, count, RESIZED_AT_ONCE):
        part = slice(start, start + RESIZED_AT_ONCE)
        tall = np.tensordot(rows, pixels[part].astype(np.float32), axes=(1, 1))  # (y, M, W, C)
        both = np.tensordot(columns, tall, axes=(1, 2))  # (x, y, M, C)
        result[part] = np.clip(np.rint(both.transpose(2, 1, 0, 3)), 0, 255)
    return result


def thumbnails(dataset: Dataset, indices: IntArray, side: int) -> ByteArray:
    """Return (M, side, side, 3) uint8 of the items ``indices`` (M,), from the cache; nothing is decoded.

    Raises
    ------
    ValueError: if the dataset holds vectors.
    """
    if dataset.pixels is None:
        raise ValueError(f"{dataset.name} holds vectors, not pictures")
    return resized(np.asarray(dataset.pixels[np.asarray(indices, dtype=np.int64)]), side)


def atlas(dataset: Dataset, indices: IntArray, side: int, columns: int) -> ByteArray:
    """Return the thumbnails of ``indices`` row by row as (rows · side, columns · side, 3) uint8, the rest black."""
    small = thumbnails(dataset, indices, side)
    rows = max(1, -(-len(small) // columns))
    sheet = np.zeros((rows * columns, side, side, 3), dtype=np.uint8)
    sheet[: len(small)] = small
    grid = sheet.reshape(rows, columns, side, side, 3).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(grid.reshape(rows * side, columns * side, 3))
