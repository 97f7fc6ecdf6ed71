"""The distances by the words of their definitions, in double precision, and vectors that they are defined on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray

Row = npt.NDArray[np.float64]


def suited(name: str, x: FloatArray) -> FloatArray:
    """Return any rows as rows of the kind that a run with this distance stores."""
    if name.startswith("hyperbolic"):
        radius = float(name.partition(":")[2]) ** -0.5
        lengths = np.linalg.norm(x, axis=1, keepdims=True)
        return np.asarray(x * 0.7 * radius / (1 + lengths), np.float32)
    if name in ("bhattacharyya", "matusita", "kullback_leibler", "jeffreys"):
        powers = np.exp(np.clip(x, -8, 8).astype(np.float64) / 2)
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
    return x


def formula(name: str, a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Return the distance from ``a`` to ``b``."""
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if name in ("bhattacharyya", "matusita", "kullback_leibler", "jeffreys"):
        return _of_distributions(name, x / x.sum(), y / y.sum())
    square = float(((x - y) ** 2).sum())
    if name.startswith("hyperbolic"):
        c = float(name.partition(":")[2])
        return float(np.arccosh(1 + 2 * c * square / ((1 - c * x @ x) * (1 - c * y @ y))) / c**0.5)
    if name == "cosine":
        lengths = np.linalg.norm(x) * np.linalg.norm(y)
        return float(1 - x @ y / lengths) if lengths else 1.0
    if name == "snr":
        return float((x - y).var() / x.var())
    others: dict[str, float] = {"dot": float(-x @ y), "squared_euclidean": square, "euclidean": square**0.5}
    return others[name]


def _of_distributions(name: str, p: Row, q: Row) -> float:
    there, back = float((p * np.log(p / q)).sum()), float((q * np.log(q / p)).sum())
    return {
        "bhattacharyya": float(-np.log(np.sqrt(p * q).sum())),
        "matusita": float(np.sqrt(((np.sqrt(p) - np.sqrt(q)) ** 2).sum())),
        "kullback_leibler": there,
        "jeffreys": there + back,
    }[name]


def table(name: str, x: FloatArray) -> Row:
    """Return the distances of all rows to all rows, one by one."""
    return np.array([[formula(name, a, b) for b in x] for a in x])
