from __future__ import annotations

import numpy as np
import pytest

from explorer.core.types import IntArray
from explorer.learn.samplers import members
from explorer.learn.samplers.members import COMPARED, Turns, without


@pytest.mark.parametrize("size", [0, 1, 7, 60, COMPARED])
def test_what_is_left_out_does_not_depend_on_how_it_is_looked_for(size: int) -> None:
    random = np.random.default_rng(size)
    rows, others = random.permutation(size), random.permutation(2 * size)[: size // 2]
    assert without(rows, others).tolist() == [row for row in rows.tolist() if row not in set(others.tolist())]


@pytest.mark.parametrize("compared", [0, COMPARED])
def test_a_class_gives_all_of_its_items_before_any_comes_again(compared: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "COMPARED", compared)
    random = np.random.default_rng(0)

    def permutation(n: int) -> IntArray:
        return random.permutation(n)

    for size, count in ((4, 4), (5, 4), (7, 2), (3, 5), (90, 8)):
        turns = Turns([np.arange(100, 100 + size)], permutation)
        drawn = [turns.take(0, count) for _ in range(20)]
        assert all(len(set(taken.tolist())) == len(taken) == min(size, count) for taken in drawn)
        times = np.bincount(np.concatenate(drawn) - 100, minlength=size)
        assert times.max() - times.min() <= 1
