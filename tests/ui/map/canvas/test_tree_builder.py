from __future__ import annotations

import threading

import numpy as np
import pytest

from explorer.core.types import FloatArray
from explorer.ui.map.canvas.tree_builder import TreeBuilder

PATIENCE = 60.0


def places(seed: int, count: int = 2000) -> FloatArray:
    return np.random.default_rng(seed).random((count, 2)).astype(np.float32)


def test_a_tree_is_built_aside_and_kept_until_another_is_asked_for() -> None:
    ready = threading.Semaphore(0)
    builder = TreeBuilder(ready.release)
    first, second = places(0), places(1)
    assert builder.tree(first) is None
    assert ready.acquire(timeout=PATIENCE)
    tree = builder.tree(first)
    assert tree is not None
    assert np.array_equal(tree.places, first[tree.items])
    assert builder.tree(first) is tree
    assert builder.tree(second) is None
    assert ready.acquire(timeout=PATIENCE)
    other = builder.tree(second)
    assert other is not None
    assert np.array_equal(other.places, second[other.items])
    builder.forget()
    assert builder.tree(second) is None
    builder.close()


def test_what_goes_wrong_is_told_to_who_asks() -> None:
    ready = threading.Semaphore(0)
    builder = TreeBuilder(ready.release)
    wrong = np.zeros(3, np.float32)
    assert builder.tree(wrong) is None
    assert ready.acquire(timeout=PATIENCE)
    with pytest.raises(TypeError):
        builder.tree(wrong)
