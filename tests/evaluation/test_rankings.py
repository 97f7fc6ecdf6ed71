import numpy as np
import pytest

from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.rankings import Asking, Ranked, leave_one_out, query_against_gallery, rank
from explorer.measure import gathering
from explorer.measure.lifts import lift
from explorer.measure.pairs import distance_blocks

ITEMS, DEPTH = 1500, 12


def oracle(x: FloatArray, name: str, asking: Asking) -> Ranked:
    """Every query by its whole row of distances, sorted by (distance, index)."""
    among = np.arange(len(x)) if asking.among is None else asking.among
    nearest, scores = np.full((len(asking.queries), DEPTH), -1, np.int32), np.zeros((len(asking.queries), 3))
    for start, block in distance_blocks(x, asking.queries, lift(name), among=among):
        for q, row in enumerate(block, start):
            order = np.lexsort((np.arange(len(among)), row))
            order = order[order != asking.own[q]]
            nearest[q, : len(order)] = order[:DEPTH]
            right = asking.codes[order] == asking.asked[q]
            first = right[: asking.relevant[q]]
            precisions = np.cumsum(first) / np.arange(1, len(first) + 1)
            scores[q] = (precisions * first).sum() / len(first), first.mean(), np.argmax(right) + 1
    return Ranked(nearest, *scores.T)


def drawn(kind: str) -> FloatArray:
    """Return items of a kind: ``noise``, or such as have many equal distances."""
    draw = np.random.default_rng(3)
    if kind == "noise":
        return draw.normal(size=(ITEMS, 8)).astype(np.float32)
    if kind == "grid":
        return draw.integers(0, 3, size=(ITEMS, 4)).astype(np.float32)
    if kind == "far":  # a few are far from all others, which lie close together
        return np.concatenate((draw.normal(size=(9, 8)) * 1e4, draw.normal(size=(ITEMS - 9, 8)))).astype(np.float32)
    return np.ones((ITEMS, 8), np.float32)


def same(found: Ranked, wanted: Ranked) -> None:
    assert np.array_equal(found.nearest, wanted.nearest)
    other = np.abs(found.map_at_r - wanted.map_at_r)  # two that are equally far but for rounding may change places
    assert np.count_nonzero(other > 1e-12) <= 0.002 * len(other)
    assert np.all(other < 1e-4)
    assert found.r_precision == pytest.approx(wanted.r_precision, abs=1e-12)
    assert np.array_equal(found.first, wanted.first)


@pytest.mark.parametrize("kind", ["noise", "grid", "far", "collapsed"])
@pytest.mark.parametrize("classes", [2, 12, 400])
def test_what_is_gathered_ranks_as_all_distances_do(kind: str, classes: int) -> None:
    codes = np.random.default_rng(4).integers(classes, size=ITEMS)
    asking = leave_one_out(codes)
    found = rank(drawn(kind), lift("squared_euclidean"), asking, DEPTH, whole=True, threads=2)
    same(found, oracle(drawn(kind), "squared_euclidean", asking))


@pytest.mark.parametrize("name", ["euclidean", "cosine", "dot", "snr", "hyperbolic:0.1"])
def test_every_distance_ranks_in_a_gallery_too(name: str) -> None:
    codes, gallery = np.arange(ITEMS) % 60, np.arange(ITEMS) % 3 > 0
    x = drawn("noise") * np.float32(0.2)
    asking = query_against_gallery(codes, ~gallery, gallery)
    same(rank(x, lift(name), asking, DEPTH, whole=True), oracle(x, name, asking))


@pytest.mark.parametrize("kind", ["noise", "grid", "collapsed"])
def test_where_there_is_no_room_all_are_looked_through(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(gathering, "_SPARE", 0)
    asking = leave_one_out(np.arange(ITEMS) % 90)
    found = rank(drawn(kind), lift("squared_euclidean"), asking, DEPTH, whole=True)
    same(found, oracle(drawn(kind), "squared_euclidean", asking))


def test_a_right_item_is_found_behind_all_wrong_ones() -> None:
    codes: IntArray = (np.arange(ITEMS) % 2).astype(np.int64)
    x = (codes * 200)[:, None].astype(np.float32)
    x[0] = 150
    asking = leave_one_out(codes)
    found = rank(x, lift("squared_euclidean"), asking, DEPTH, whole=True)
    same(found, oracle(x, "squared_euclidean", asking))
    assert found.first[0] == ITEMS // 2 + 1
