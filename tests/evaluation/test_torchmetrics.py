"""Figures beside those of torchmetrics, an independent implementation.

It scores a query's items by numbers above 0, larger for nearer ones: items whose score is not above 0 count as wrong in
precision, average precision and reciprocal rank. Here every item gets 1 / rank, with ranks by distance and then by
index, so that ties are broken as ours are: torchmetrics leaves their order to the sort, or averages over it (nDCG).
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

import numpy as np
import pytest

from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.re_id import Roles
from explorer.evaluation.re_id import evaluate as re_identify
from explorer.evaluation.retrieval import evaluate
from explorer.learn.encoders.torchvision_guard import guard_torchvision
from explorer.measure.histograms import verification
from explorer.measure.lifts import lift
from tests.evaluation.test_verification import every_pair

K = 5


@pytest.fixture(scope="module")
def oracle() -> ModuleType:
    guard_torchvision()  # torchmetrics imports it, which fails where it was built for another torch
    pytest.importorskip("torchmetrics")
    return import_module("torchmetrics.functional")


def embedded(kind: str) -> tuple[FloatArray, IntArray]:
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 9, 80)
    centres = draw.normal(size=(9, 4))
    x = centres[labels] + draw.normal(size=(80, 4)) * 0.8
    return {"random": x, "tied": np.rint(x), "collapsed": np.ones((80, 4))}[kind].astype(np.float32), labels


def means(oracle: ModuleType, x: FloatArray, labels: IntArray, wrong_first: bool = False) -> dict[str, float]:
    """Return what torchmetrics says of each item that asks all others, in the mean."""
    from torch import from_numpy

    found: dict[str, list[float]] = {}
    for query in range(len(x)):
        others = np.delete(np.arange(len(x)), query)
        right = labels[others] == labels[query]
        if not right.any():
            continue
        distance = np.square(x[others] - x[query]).sum(axis=1)
        order = np.lexsort((right, distance)) if wrong_first else np.lexsort((others, distance))
        scores = np.empty(len(others), np.float32)
        scores[order] = 1 / np.arange(1, len(others) + 1)
        asked, many = (from_numpy(scores), from_numpy(right)), int(right.sum())

        def said(name: str, top: int | None = None, asked: tuple[object, object] = asked) -> float:
            function: Callable[..., float] = getattr(oracle.retrieval, f"retrieval_{name}")
            return float(function(*asked) if top is None else function(*asked, top_k=top))

        figures = {
            f"recall@{K}": said("hit_rate", K),  # what metric learning calls recall: is there a right one among K?
            f"precision@{K}": said("precision", K),
            "r_precision": said("r_precision"),
            # its AP at R divides by how many right ones it found, MAP@R by R
            "map@r": said("average_precision", many) * said("r_precision"),
            "mrr": said("reciprocal_rank"),
            "ndcg@10": said("normalized_dcg", 10),
            "map": said("average_precision"),
        }
        for name, value in figures.items():
            found.setdefault(name, []).append(value)
    return {name: float(np.mean(values)) for name, values in found.items()}


@pytest.mark.parametrize("kind", ["random", "tied", "collapsed"])
def test_retrieval(oracle: ModuleType, kind: str) -> None:
    x, labels = embedded(kind)
    ours = evaluate(x, labels, lift("euclidean"), ks=(K,), thorough=True).metrics
    theirs = means(oracle, x, labels)
    theirs.pop("map")
    assert {name: ours[name] for name in theirs} == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize("kind", ["random", "tied", "collapsed"])
def test_re_identification(oracle: ModuleType, kind: str) -> None:
    x, labels = embedded(kind)
    everybody = Roles(np.ones(80, np.bool_), np.ones(80, np.bool_))
    ours = re_identify(x, labels, np.arange(80), lift("euclidean"), everybody)
    theirs = means(oracle, x, labels, wrong_first=True)
    assert (ours.map, float(ours.cmc[K - 1])) == pytest.approx((theirs["map"], theirs[f"recall@{K}"]), abs=1e-6)


@pytest.mark.parametrize("kind", ["random", "tied", "collapsed"])
def test_verification(oracle: ModuleType, kind: str) -> None:
    from torch import from_numpy

    distances, alike = every_pair(*embedded(kind))
    scores = from_numpy(1 / (1 + distances))  # from 0 to 1: others it takes for logits, and rounds them
    same = from_numpy(alike).int()
    eer, _, auc = verification(distances[alike], distances[~alike])
    assert auc == pytest.approx(float(oracle.classification.auroc(scores, same, task="binary")), abs=1e-6)
    fmr, accepted, _ = (values.numpy() for values in oracle.classification.roc(scores, same, task="binary"))
    gap = fmr - (1 - accepted)
    after = int(np.argmax(gap >= 0))
    assert min(fmr[after - 1], 1 - accepted[after]) <= eer <= max(fmr[after], 1 - accepted[after - 1])
    # it takes the nearest threshold, where ours is in between: they differ by no more than a step of the curve
    step = float(max(fmr[after] - fmr[after - 1], accepted[after] - accepted[after - 1]))
    assert float(oracle.classification.eer(scores, same, task="binary")) == pytest.approx(eer, abs=step)
