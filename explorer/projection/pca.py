"""The first picture of a map: principal components, at once and without compiled code."""

from __future__ import annotations

import numpy as np

from explorer.core.types import FloatArray

EXTENT = 10.0
"""How far from the origin the outermost point is placed: the size at which the layout begins."""


def finite(x: FloatArray) -> FloatArray:
    """Return ``x`` as float32 without NaN, infinities or numbers whose square would overflow."""
    rows = np.ascontiguousarray(x, dtype=np.float32)
    if not rows.size or max(rows.max(), -rows.min()) < 1e15:  # false where there is a NaN
        return rows
    return np.clip(np.nan_to_num(rows, nan=0.0, posinf=1e15, neginf=-1e15), -1e15, 1e15)


def principal_components(x: FloatArray, seed: int = 0) -> FloatArray:
    """Return (M, 2) float32: the two directions of largest variance, scaled to ``EXTENT``.

    The sign of a direction is chosen so that its largest entry is positive. A trace of noise tells equal items apart,
    without which a layout could not part them.
    """
    rows = finite(x)
    xy = np.zeros((len(rows), 2), np.float32)
    if len(rows) and rows.shape[1]:
        largest = np.abs(rows).max()
        centred = rows / (largest if largest > 0 else np.float32(1))
        centred -= centred.mean(axis=0)
        values, vectors = np.linalg.eigh(np.asarray(centred.T @ centred, np.float64))
        axes = vectors[:, np.argsort(values)[::-1][:2]]
        signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
        xy[:, : axes.shape[1]] = centred @ (axes * signs).astype(np.float32)
        reach = np.abs(xy).max()
        if reach > 1e-6:
            xy *= np.float32(EXTENT) / reach
    noise = np.random.default_rng(seed).normal(scale=1e-4, size=xy.shape)
    return xy + noise.astype(np.float32)
