import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import create
from explorer.evaluation.protocol import Effort, Sample
from explorer.evaluation.re_id import ReIdentification, Roles, evaluate
from explorer.measure.lifts import lift

GRID = st.integers(-3, 3).map(np.float32)
LINE = np.arange(6, dtype=np.float32)[:, None]


@settings(deadline=None)
@given(data=st.data(), n=st.integers(1, 40), collapsed=st.booleans())
def test_equals_brute_force_with_wrong_items_first_among_equals(data: st.DataObject, n: int, collapsed: bool) -> None:
    x = data.draw(arrays(np.float32, (n, 2), elements=GRID)) * np.float32(not collapsed)
    who = data.draw(arrays(np.int64, n, elements=st.integers(0, 4)))
    camera = data.draw(arrays(np.int64, n, elements=st.integers(0, 2)))
    query, gallery = data.draw(arrays(np.bool_, n)), data.draw(arrays(np.bool_, n))
    first, average, last, lone = [], [], [], 0
    for q in np.flatnonzero(query):
        shown = np.flatnonzero(gallery & ~((who == who[q]) & (camera == camera[q])))
        right = who[shown] == who[q]
        if not right.any():
            lone += 1
            continue
        order = np.lexsort((right, ((x[shown] - x[q]) ** 2).sum(1)))
        ranks = np.flatnonzero(right[order]) + 1
        first.append(ranks[0])
        last.append(len(ranks) / ranks[-1])
        average.append(average_precision_score(right[order], -np.arange(len(order))))

    def run() -> ReIdentification:
        return evaluate(x, who, camera, lift("squared_euclidean"), Roles(query, gallery))

    if not first:
        with pytest.raises(UserError, match="No query has its identity in the gallery"):
            run()
        return
    found = run()
    assert (found.map, found.minp) == pytest.approx((np.mean(average), np.mean(last)))
    assert found.cmc == pytest.approx([np.mean(np.array(first) <= k) for k in range(1, 51)])
    assert (found.queries, found.lone) == (len(first), lone)


def test_cameras_junk_and_distractors_are_read_from_the_names_of_market_1501() -> None:
    ids = [
        "query/0002_c1s1_000451_03.jpg",
        "gallery/0002_c1s1_000801_01.jpg",
        "gallery/0002_c3s1_000551_01.jpg",
        "gallery/-1_c3s1_000001_02.jpg",
        "gallery/0000_c2s1_000101_05.jpg",
        "gallery/0007_c2s1_000101_05.jpg",
    ]
    x = np.array([[0.0], [0.1], [1.0], [0.2], [0.5], [3.0]], np.float32)
    labels = np.array([2, 2, 2, 0, 1, 3])
    split = {"split": ["query"] + ["gallery"] * 5}
    found = create("protocol", "re_id", {}).measure(Sample(x, labels, lift("euclidean"), split, ids=ids), Effort())
    # its own camera and the junk are passed over, the distractor stands before it
    assert found.figures == {"rank-1": 0.0, "rank-5": 1.0, "rank-10": 1.0, "map": 0.5, "minp": 0.5}
    assert (found.items, found.classes, found.lone) == (5, 3, 0)
    assert found.curves["cmc"][1][:3] == [0.0, 1.0, 1.0]


def test_without_parts_everybody_asks_everybody_but_distractors() -> None:
    columns = {"cam": list("ababab"), "split": ["test"] * 4 + ["distractor"] * 2}
    names = ("p", "q", "-1", "0000")
    sample = Sample(LINE, np.array([0, 0, 1, 2, -1, 3]), lift("euclidean"), columns, class_names=names)
    found = create("protocol", "re_id", {}).measure(sample, Effort())
    assert (found.items, found.lone) == (5, 1)  # the junk is left out, and q was seen once
    assert found.figures["rank-1"] == 0.5  # who stands at 1 has p and q at one distance: the wrong one is first
    with pytest.raises(Cancelled):
        create("protocol", "re_id", {}).measure(sample, Effort(cancelled=lambda: True))
