"""Shapes to points: sampled evenly over a surface, centred, and scaled to the unit ball."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray
from explorer.data.decoding.shape_files import Doubles, Shape3D

SEED = 20_150
"""Of every shape in every run: what points a shape becomes depends on its content and their number, on nothing else."""


def sampled(shape: Shape3D, count: int) -> tuple[Doubles, Doubles | None]:
    """Return ``count`` points (P, 3) of a shape and their normals (P, 3), None where it is a set of points.

    On a surface they are drawn in proportion to the area, one in each of P equal parts of it, so that none is left out
    by chance; the normals are those of the faces. Of a set of points as many are drawn without repetition as there are.
    """
    draws = np.random.default_rng(SEED)
    if len(shape.faces):
        corners = shape.vertices[shape.faces]
        crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        doubled = np.sqrt((crossed**2).sum(axis=1))
        total = np.cumsum(doubled)
        if total[-1] > 0:
            at = (np.arange(count) + draws.random(count)) * (total[-1] / count)
            chosen = np.minimum(np.searchsorted(total, at, side="right"), len(total) - 1)
            return _within(corners[chosen], draws), crossed[chosen] / np.maximum(doubled[chosen], 1e-300)[:, None]
    points = shape.vertices
    order = [draws.permutation(len(points)) for _ in range(-(-count // len(points)))]
    return points[np.concatenate(order)[:count]], None


def _within(corners: Doubles, draws: np.random.Generator) -> Doubles:
    """Return a point of each triangle (T, 3, 3), every place in it equally likely (Osada et al. 2002)."""
    root, other = np.sqrt(draws.random((len(corners), 1))), draws.random((len(corners), 1))
    inside: Doubles = (1 - root) * corners[:, 0] + root * (1 - other) * corners[:, 1] + root * other * corners[:, 2]
    return inside


def in_unit_ball(points: Doubles) -> FloatArray:
    """Return points (P, 3) about their mean, the farthest at distance 1, float32."""
    centred = points - points.mean(axis=0)
    farthest = np.sqrt((centred**2).sum(axis=1).max())
    scaled: FloatArray = (centred / max(farthest, 1e-12)).astype(np.float32)
    return scaled


def d2_histograms(points: npt.NDArray[np.float32], bins: int = 64, pairs: int = 4096) -> FloatArray:
    """Return the D2 shape distribution (Osada et al. 2002) of points (N, P, 3): (N, ``bins``) float32.

    The histogram of distances between pairs of points, the same pairs in every shape, each distance in units of the
    mean of its shape, from 0 to 3; a row sums to 1.
    """
    draws = np.random.default_rng(SEED)
    count = points.shape[1]
    first = draws.integers(0, count, pairs)
    second = (first + draws.integers(1, max(count, 2), pairs)) % count
    rows = np.empty((len(points), bins), np.float32)
    for at, shape in enumerate(points):
        apart = np.sqrt(((shape[first] - shape[second]) ** 2).sum(axis=1))
        scaled = apart * (bins / 3 / max(float(apart.mean()), 1e-12))
        rows[at] = np.bincount(np.minimum(scaled.astype(np.int64), bins - 1), minlength=bins) / pairs
    return rows
