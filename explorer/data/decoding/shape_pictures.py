"""Pictures of shapes: shaded by Lambert's law, seen from a little above, on a ground that goes with light and dark."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from explorer.core.types import ByteArray, FloatArray
from explorer.data.decoding.shape_files import Doubles, Shape3D
from explorer.data.decoding.shape_points import sampled

GROUND = (62, 70, 84)
BODY = (238, 226, 204)
AMBIENT = 0.22
LIGHT = np.array([-0.45, -0.65, 0.62]) / np.linalg.norm([-0.45, -0.65, 0.62])
"""Where the light comes from: left of who looks, before the shape, above it; x right, y away, z up."""
ABOVE = np.radians(25.0)
FIRST_TURN = np.radians(-35.0)
SPLATS = 3.0
"""Points on the surface for each pixel of the picture."""
FILLED = 0.94
"""Share of the side that the ball around a shape takes."""


def picture_of(shape: Shape3D, side: int, turn: float = 0.0) -> ByteArray:
    """Return a picture (side, side, 3) of a shape; ``turn``: of the shape about the upright axis, in radians."""
    picture: ByteArray = turntable(shape, side, (turn,))[0]
    return picture


def turntable(shape: Shape3D, side: int, turns: tuple[float, ...]) -> ByteArray:
    """Return pictures (F, side, side, 3) of a shape, one for each of the ``turns`` in radians.

    Points spread over the surface are painted into a grid of twice the side with a depth buffer, and the grid is
    averaged: fast in NumPy alone, whatever the number of triangles.
    """
    points, normals = sampled(shape, round(SPLATS * (2 * side) ** 2))
    points = points - (shape.vertices.max(axis=0) + shape.vertices.min(axis=0)) / 2
    points = points / max(float(np.sqrt((points**2).sum(axis=1).max())), 1e-12)
    pictures = np.empty((len(turns), side, side, 3), np.uint8)
    for at, turn in enumerate(turns):
        pictures[at] = _painted(points, normals, side, turn + FIRST_TURN)
    return pictures


def _painted(points: Doubles, normals: Doubles | None, side: int, turn: float) -> ByteArray:
    view = _view(turn)
    seen = (points @ view.T).astype(np.float32)
    fine = 2 * side
    reach = 2 if normals is not None else max(2, fine // 40)
    scale = FILLED * (fine - reach) / 2
    column = ((fine - reach) / 2 + seen[:, 0] * scale).astype(np.int32)
    row = ((fine - reach) / 2 - seen[:, 2] * scale).astype(np.int32)
    # Nearness and light in one number, so that one maximum is the depth buffer and the picture.
    near = ((1 - seen[:, 1]) * 16_000).astype(np.int32)
    value = near * 256 + (_light(seen, normals, view) * 255).astype(np.int32)
    grid = np.full(fine * fine, -1, np.int32)
    for down in range(reach):
        for right in range(reach):
            np.maximum.at(grid, (row + down) * fine + column + right, value)
    return _coloured(grid.reshape(fine, fine))


def _view(turn: float) -> Doubles:
    """Return the rotation (3, 3) that turns about z and then lowers the shape's top towards who looks along y."""
    cos, sin = np.cos(turn), np.sin(turn)
    up, along = np.sin(ABOVE), np.cos(ABOVE)
    about = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    view: Doubles = np.array([[1.0, 0.0, 0.0], [0.0, along, -up], [0.0, up, along]]) @ about
    return view


def _light(seen: FloatArray, normals: Doubles | None, view: Doubles) -> FloatArray:
    """Return how bright each point is, 0 to 1: by its normal, turned to the eye; of a set of points by its nearness."""
    if normals is None:
        lit = AMBIENT + (1 - AMBIENT) * (1 - seen[:, 1]) / 2
    else:
        turned = normals @ view.T
        turned = np.where(turned[:, 1:2] > 0, -turned, turned)
        lit = AMBIENT + (1 - AMBIENT) * np.maximum(turned @ LIGHT, 0.0)
    brightness: FloatArray = lit.astype(np.float32)
    return brightness


def _coloured(grid: npt.NDArray[np.int32]) -> ByteArray:
    """Return the picture (S, S, 3) of a grid (2S, 2S) whose last eight bits are brightness, -1 where only ground is."""
    lit = (grid & 255).astype(np.float32)[..., None] / 255
    body = np.where(grid[..., None] < 0, np.array(GROUND, np.float32), lit * np.array(BODY, np.float32))
    side = len(grid) // 2
    mean = body.reshape(side, 2, side, 2, 3).mean(axis=(1, 3))
    picture: ByteArray = np.round(mean).astype(np.uint8)
    return picture
