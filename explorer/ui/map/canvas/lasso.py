"""The edges of a lasso sorted by height, so that a point is compared with the few edges at its own height."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MOST_ROWS = 512

Corners = npt.NDArray[np.float64]
EdgesByRow = tuple[Corners, npt.NDArray[np.int64], float, float]


def edges_by_row(polygon: Corners) -> EdgesByRow:
    """Return ``(edges, starts, low, step)`` for ``kernels.inside_polygon`` from corners (V, 2).

    Edges (E, 4) are repeated for each row that they cross; row r is ``edges[starts[r]:starts[r + 1]]`` and begins at
    the height ``low + r / step``.
    """
    after = np.roll(polygon, -1, axis=0)
    edges = np.ascontiguousarray(np.hstack([polygon, after]))
    rows = int(np.clip(len(polygon), 1, MOST_ROWS))
    low, high = float(polygon[:, 1].min()), float(polygon[:, 1].max())
    step = rows / max(high - low, 1e-30)
    heights = np.clip(((edges[:, [1, 3]] - low) * step).astype(np.int64), 0, rows - 1)
    first, last = heights.min(axis=1), heights.max(axis=1)
    spans = last - first + 1
    which = np.repeat(np.arange(len(edges)), spans)
    row = np.repeat(first, spans) + np.arange(len(which)) - np.repeat(np.cumsum(spans) - spans, spans)
    order = np.argsort(row, kind="stable")
    starts = np.searchsorted(row[order], np.arange(rows + 1)).astype(np.int64)
    return np.ascontiguousarray(edges[which[order]]), starts, low, step
