from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.types import Neighbours
from explorer.measure.index import build_index
from explorer.measure.lifts import lift
from explorer.retrieval.pinned import first_right, rankings


def neighbours(query: int, items: list[int], step: int = 1) -> Neighbours:
    return Neighbours(
        "run", step, np.array([query]), np.array([items]), np.linspace(0.1, 1.0, len(items), dtype=np.float32)[None]
    )


LABELS = np.array([0, 0, 1, 1, 0, -1])


def test_right_are_those_of_the_same_class() -> None:
    (ranking,) = rankings(neighbours(0, [2, 1, 4, 3]), LABELS)
    assert ranking.right.tolist() == [False, True, True, False]
    assert ranking.rights == 2
    assert ranking.first_right == 2


def test_an_unlabelled_query_has_nothing_right() -> None:
    (ranking,) = rankings(neighbours(5, [2, 1]), LABELS)
    assert not ranking.labelled
    assert ranking.first_right is None


def test_missing_neighbours_are_left_out() -> None:
    (ranking,) = rankings(neighbours(0, [1, -1, -1]), LABELS)
    assert ranking.indices.tolist() == [1]


def test_moves_name_places_and_arrivals() -> None:
    (before,) = rankings(neighbours(0, [1, 2, 3, 4]), LABELS)
    (now,) = rankings(neighbours(0, [2, 1, 5, 4], step=2), LABELS)
    assert [(move.kind, move.places) for move in now.moves_since(before)] == [
        ("up", 1),
        ("down", 1),
        ("new", 0),
        ("same", 0),
    ]
    assert len(now.gone_since(before)) == 1


@given(st.permutations(list(range(1, 12))), st.permutations(list(range(1, 12))), st.integers(1, 11))
def test_as_many_arrive_as_leave(first: list[int], second: list[int], k: int) -> None:
    labels = np.zeros(12, np.int64)
    (before,) = rankings(neighbours(0, first[:k]), labels)
    (now,) = rankings(neighbours(0, second[:k]), labels)
    moves = now.moves_since(before)
    assert sum(move.kind == "new" for move in moves) == len(now.gone_since(before))
    assert all((move.places > 0) == (move.kind in ("up", "down")) for move in moves)


@given(st.integers(0, 10_000), st.booleans())
def test_the_first_right_one_is_where_a_search_for_all_finds_it(seed: int, ties: bool) -> None:
    draw = np.random.default_rng(seed)
    x = draw.integers(0, 2 if ties else 1000, (12, 2)).astype(np.float32)
    labels = draw.integers(-1, 4, 12)
    index = build_index(x, lift("euclidean"), exact=True)
    for query in range(12):
        ((order, *_),) = (index.search(x[[query]], 11, exclude=[query])[0],)
        same = np.flatnonzero((labels[order] == labels[query]) & (labels[query] >= 0))
        expected = int(same[0]) + 1 if len(same) else 0
        assert first_right(index.distances(x[query]), labels, query) == expected


def test_what_is_no_number_is_never_the_first_right_one() -> None:
    assert first_right(np.array([0, np.nan, 3, 2], np.float32), np.array([1, 1, 1, 0]), 0) == 2
    assert first_right(np.array([0, np.nan], np.float32), np.array([1, 1]), 0) == 0
