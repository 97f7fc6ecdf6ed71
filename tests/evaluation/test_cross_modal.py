"""Captions and pictures that ask each other, against a ranking that is written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.registry import Scalar, create
from explorer.evaluation.intervals import wilson
from explorer.evaluation.protocol import Effort, Protocol, Sample
from explorer.measure.lifts import lift


def protocol(**params: Scalar) -> Protocol:
    made: Protocol = create("protocol", "cross_modal", params)
    return made


def sample(
    captions: int = 2, pictures: int = 12, seed: int = 0, *, repeated: bool = False, spread: float = 1.0
) -> Sample:
    draw = np.random.default_rng(seed)
    pair = [*range(pictures), *(number for number in range(pictures) for _ in range(captions))]
    said = [f"text {i // 3 if repeated else i}" for i in range(pictures * captions)]
    centres = draw.standard_normal((pictures, 4))
    x = (spread * (centres[pair] + draw.standard_normal((len(pair), 4)))).astype(np.float32)
    order = draw.permutation(len(pair))
    columns = {
        "pair": [f"p{number}" for number in pair],
        "kind": ["picture"] * pictures + ["caption"] * (pictures * captions),
        "caption": [""] * pictures + said,
    }
    shuffled = {name: [values[i] for i in order.tolist()] for name, values in columns.items()}
    return Sample(x[order], (np.array(pair) % 3)[order], lift("euclidean"), shuffled)


def ranks(of: Sample, way: str, relevant: str) -> list[int]:
    """Return the rank of the first right answer of each query, wrong ones first where it is a draw."""
    pair, kind, said = (of.columns[name] for name in ("pair", "kind", "caption"))
    labels = np.asarray(of.labels)
    asks = "caption" if way == "text_to_picture" else "picture"
    found = []
    for query in range(len(pair)):
        if kind[query] != asks:
            continue
        others = [i for i in range(len(pair)) if kind[i] != asks]

        def right(other: int, query: int = query) -> bool:
            if relevant == "classes":
                return bool(labels[other] == labels[query])
            if pair[other] == pair[query]:
                return True
            picture, caption = (other, query) if asks == "caption" else (query, other)
            own = {said[i] for i in range(len(pair)) if kind[i] == "caption" and pair[i] == pair[picture]}
            return relevant == "captions" and said[caption] in own

        distance = [float(np.sqrt(np.square(of.x[query].astype(np.float64) - of.x[i]).sum())) for i in others]
        order = sorted(range(len(others)), key=lambda at: (round(distance[at], 5), right(others[at])))
        found.append(1 + next(place for place, at in enumerate(order) if right(others[at])))
    return found


@pytest.mark.parametrize("relevant", ["captions", "pairs", "classes"])
@pytest.mark.parametrize("repeated", [False, True])
@pytest.mark.parametrize("spread", [1.0, 0.0])
def test_recall_and_median_rank_equal_a_ranking_written_out(relevant: str, repeated: bool, spread: float) -> None:
    of = sample(repeated=repeated, spread=spread)
    figures: Any = protocol(relevant=relevant).measure(of, Effort()).figures
    for way in ("text_to_picture", "picture_to_text"):
        expected = np.array(ranks(of, way, relevant))
        for k in (1, 5, 10):
            assert figures[f"{way}_recall@{k}"] == pytest.approx(float((expected <= k).mean()))
        assert figures["recall@1"] == pytest.approx(
            (figures["text_to_picture_recall@1"] + figures["picture_to_text_recall@1"]) / 2
        )
        assert figures[f"{way}_median_rank"] == np.median(expected)
        assert figures[f"{way}_median_rank_low"] <= np.median(expected) <= figures[f"{way}_median_rank_high"]


def test_intervals_count_captions_of_one_picture_as_they_hang_together() -> None:
    figures: Any = protocol().measure(sample(captions=1, pictures=40), Effort()).figures
    for way in ("text_to_picture", "picture_to_text"):
        low, high = wilson(figures[f"{way}_recall@1"], 40)
        assert (figures[f"{way}_recall@1_low"], figures[f"{way}_recall@1_high"]) == pytest.approx((low, high))
    of = sample(captions=1, pictures=40)
    copies = list(range(80)) + [i for i in range(80) if of.columns["kind"][i] == "caption"] * 4
    same = Sample(
        of.x[copies],
        np.asarray(of.labels)[copies],
        of.lift,
        {name: [values[i] for i in copies] for name, values in of.columns.items()},
    )
    repeated: Any = protocol().measure(same, Effort()).figures
    for end in ("low", "high"):  # five equal captions of a picture say no more than one
        expected = figures[f"text_to_picture_recall@1_{end}"]
        assert repeated[f"text_to_picture_recall@1_{end}"] == pytest.approx(expected, abs=0.01)


def test_a_guess_is_told_by_its_chance() -> None:
    figures: Any = protocol(relevant="pairs").measure(sample(captions=2, pictures=10), Effort()).figures
    assert figures["text_to_picture_chance@1"] == pytest.approx(1 / 10)
    assert figures["picture_to_text_chance@1"] == pytest.approx(2 / 20)


def test_two_embeddings_are_compared_query_by_query() -> None:
    a, b = sample(pictures=30), sample(pictures=30)
    noise = 20 * np.random.default_rng(9).standard_normal(b.x.shape).astype(np.float32)
    noisy = Sample(b.x + noise, b.labels, b.lift, b.columns)
    found = protocol(ks="1").paired(a, noisy, Effort())
    assert set(found) == {"text_to_picture_recall@1", "picture_to_text_recall@1"}
    alone: Any = protocol(ks="1").measure(a, Effort()).figures
    assert found["text_to_picture_recall@1"].a == pytest.approx(alone["text_to_picture_recall@1"])
    assert found["text_to_picture_recall@1"].difference < 0


def test_what_is_live_asks_so_many_at_most() -> None:
    figures: Any = protocol().measure(sample(pictures=30), Effort(queries=10, thorough=False)).figures
    assert set(figures) == {"recall@1", "recall@5", "recall@10"} | {
        f"{way}_{name}"
        for way in ("text_to_picture", "picture_to_text")
        for name in ("recall@1", "recall@5", "recall@10", "median_rank")
    }


@pytest.mark.parametrize(
    ("kinds", "words"), [(["picture"] * 3, "not pictures with captions"), (["x", "picture", "caption"], "not pictures")]
)
def test_what_it_cannot_measure_is_said(kinds: Sequence[str], words: str) -> None:
    columns = {"pair": ["a", "b", "c"], "kind": list(kinds), "caption": ["", "", "x"]}
    nothing = Sample(np.zeros((3, 0), np.float32), [-1, -1, -1], lift("euclidean"), columns)
    with pytest.raises(UserError, match=words):
        protocol().check(nothing)
    unlabelled = Sample(nothing.x, [-1] * 3, nothing.lift, {**columns, "kind": ["picture", "picture", "caption"]})
    with pytest.raises(UserError, match="None of these items has a class"):
        protocol(relevant="classes").check(unlabelled)


def test_pairs_that_were_torn_are_told() -> None:
    columns = {"pair": ["a", "b"], "kind": ["picture", "caption"], "caption": ["", "x"]}
    torn = Sample(np.zeros((2, 3), np.float32), [-1, -1], lift("euclidean"), columns)
    with pytest.raises(UserError, match="No caption and picture that belong together are both held out"):
        protocol().measure(torn, Effort())
