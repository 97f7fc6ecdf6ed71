"""The curve 1 / (1 + a d^(2b)) by which nearness on the map is measured, fitted to a minimum distance and a spread.

McInnes, Healy and Melville, UMAP, 2018, section 3.2.
"""

from __future__ import annotations

import numpy as np


def fit_curve(min_dist: float = 0.1, spread: float = 1.0) -> tuple[float, float]:
    """Return (a, b) so that the curve comes nearest to: 1 up to ``min_dist``, then exponential decay by ``spread``.

    Least squares over 300 distances from 0 to 3 spreads, by Levenberg and Marquardt's method on the logarithms of a
    and b (so that both stay positive).

    Raises
    ------
    ValueError: if the spread is not positive or the minimum distance is negative or beyond three spreads.
    """
    if not (spread > 0 and 0 <= min_dist < 3 * spread):
        raise ValueError(f"no curve for a minimum distance of {min_dist} and a spread of {spread}")
    d = np.linspace(0, 3 * spread, 300)
    wanted = np.where(d < min_dist, 1.0, np.exp(-(d - min_dist) / spread))
    logs = np.log(np.maximum(d, 1e-300))
    parameters = np.zeros(2)
    damping = 1e-3
    error, step, slope = _linearised(parameters, d, logs, wanted)
    for _ in range(200):
        change = np.linalg.solve(slope + damping * np.diag(np.diag(slope)), step)
        tried = parameters - np.clip(change, -2, 2)
        new_error, new_step, new_slope = _linearised(tried, d, logs, wanted)
        if new_error <= error:
            small = float(np.abs(change).max()) < 1e-10
            parameters, error, step, slope, damping = tried, new_error, new_step, new_slope, damping / 4
            if small:
                break
        else:
            damping *= 8
            if damping > 1e12:
                break
    a, b = np.exp(parameters)
    return float(a), float(b)


def _linearised(
    parameters: np.ndarray[tuple[int], np.dtype[np.float64]],
    d: np.ndarray[tuple[int], np.dtype[np.float64]],
    logs: np.ndarray[tuple[int], np.dtype[np.float64]],
    wanted: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> tuple[float, np.ndarray[tuple[int], np.dtype[np.float64]], np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """Return the squared error, its half gradient and JᵀJ, in the logarithms of a and b."""
    a, b = np.exp(parameters)
    power = a * np.where(d > 0, np.exp(np.minimum(2 * b * logs, 600)), 0)
    curve = 1 / (1 + power)
    gap = curve - wanted
    by_a = -curve * curve * power
    by_b = by_a * 2 * b * np.where(d > 0, logs, 0)
    jacobian = np.stack([by_a, by_b], axis=1)
    return float(gap @ gap), jacobian.T @ gap, jacobian.T @ jacobian + 1e-15 * np.eye(2)
