"""Vectors like those of a trained encoder, and how the time of one thread is taken: shared by the benchmarks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from explorer.core.types import FloatArray, IntArray
from explorer.measure.lifts import lift

ITEMS = 70_000
EUCLIDEAN = lift("euclidean")


def say(text: str) -> None:
    """Print a figure (seen with ``pytest -s``)."""
    sys.stderr.write(f"\n{text}\n")


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of this thread that ``work`` takes."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


def trained(dimension: int = 64, classes: int = 10, noise: float = 0.05) -> tuple[FloatArray, IntArray]:
    """Return unit vectors (70,000, D) and their classes: of a few dimensions each, with some noise on all."""
    generator = np.random.default_rng(0)
    labels = generator.integers(classes, size=ITEMS)
    centres = generator.normal(size=(classes, dimension))
    axes = generator.normal(size=(classes, 4, dimension)) * 0.5
    x = centres[labels] + np.einsum("ni,nid->nd", generator.normal(size=(ITEMS, 4)), axes[labels])
    x += generator.normal(size=x.shape) * noise * np.sqrt(dimension)
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32), labels


def repeated(x: FloatArray, items: int, jitter: float = 0.02) -> FloatArray:
    """Return (items, D): the rows of ``x`` (M, D) again and again, each moved a little."""
    rows = x[np.resize(np.arange(len(x)), items)]
    rows += np.random.default_rng(1).standard_normal(rows.shape, dtype=np.float32) * np.float32(jitter)
    return rows
