"""The curves of the protocols against scikit-learn, and where their points and ticks stand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm
from sklearn.metrics import det_curve, roc_curve

from explorer.core.types import FloatArray
from explorer.evaluation.curves import KINDS, drawn, error_curve, extent, kind_of, placed, ticks, worth_of, written
from explorer.evaluation.protocol import Effort, Sample
from explorer.evaluation.retrieval import RetrievalProtocol
from explorer.evaluation.verification import VerificationProtocol
from explorer.measure.lifts import lift
from tests.helpers.blobs import blobs

SOME = arrays(np.float32, st.integers(1, 60), elements=st.integers(0, 12).map(lambda n: np.float32(n / 4)))


@settings(deadline=None)
@given(near=SOME, far=SOME)
def test_every_point_is_one_of_a_threshold_as_scikit_learn_finds_it(near: FloatArray, far: FloatArray) -> None:
    truth, score = np.repeat([1, 0], [len(near), len(far)]), -np.concatenate([near, far])
    accepts, hits, _ = roc_curve(truth, score, drop_intermediate=False)
    known = {(round(a, 9), round(1 - h, 9)) for a, h in zip(accepts, hits, strict=True)}
    fmr, fnmr = error_curve(near, far)
    assert {(round(a, 9), round(b, 9)) for a, b in zip(fmr, fnmr, strict=True)} <= known
    assert fmr == sorted(fmr)
    assert (fmr[-1], fnmr[-1]) == (1, 0)


def test_the_curve_lies_on_that_of_scikit_learn_and_is_a_line_on_normal_deviates() -> None:
    generator = np.random.default_rng(0)
    near, far = generator.normal(0, 1, 50_000).astype(np.float32), generator.normal(2, 1, 50_000).astype(np.float32)
    fmr, fnmr = error_curve(near, far)
    truth, score = np.repeat([1, 0], 50_000), -np.concatenate([near, far])
    false_positives, false_negatives, _ = det_curve(truth, score)
    order = np.argsort(false_positives, kind="stable")
    expected = np.interp(fmr, false_positives[order], false_negatives[order])
    enough = np.array(fmr) > 0.002  # a single pair more is a step that a line between points cannot follow
    assert np.abs(np.array(fnmr) - expected)[enough].max() < 3e-3
    x, y = drawn((fmr, fnmr), kind_of("det"))
    inside = (np.abs(x) < 2.5) & (np.abs(y) < 2.5)
    slope, start = np.polyfit(x[inside], y[inside], 1)
    assert slope == pytest.approx(-1, abs=0.03)
    assert start == pytest.approx(-2, abs=0.05)


def test_of_a_collapsed_embedding_nothing_or_everything_is_accepted() -> None:
    fmr, fnmr = error_curve(np.full(5, 0.3, np.float32), np.full(7, 0.3, np.float32))
    assert list(zip(fmr, fnmr, strict=True)) == [(0.0, 1.0), (1.0, 0.0)]
    assert all(len(values) == 0 for values in drawn((fmr, fnmr), kind_of("det")))


def test_rates_stand_at_their_normal_deviates() -> None:
    rates = [0.0, 0.001, 0.3, 1.0]
    assert placed(rates, "deviate")[1:3] == pytest.approx(norm.ppf(rates[1:3]))
    assert np.isnan(placed(rates, "deviate")[[0, 3]]).all()
    assert worth_of(float(norm.ppf(0.02)), "deviate") == pytest.approx(0.02)
    shown = ticks(float(norm.ppf(0.0005)), float(norm.ppf(0.5)), "deviate", 5)
    assert [text for _, text in shown] == ["0.1", "1", "10", "40"]
    assert [place for place, _ in shown] == pytest.approx([norm.ppf(float(text) / 100) for _, text in shown])


@pytest.mark.parametrize(
    ("low", "high", "scale", "texts"),
    [
        (0.0, 1.0, "share", ["0", "20", "40", "60", "80", "100"]),
        (0.9, 1.0, "share", ["90", "92", "94", "96", "98", "100"]),
        (1, 10, "rank", ["2", "4", "6", "8", "10"]),
        (1, 3, "rank", ["1", "2", "3"]),
        (-1e-12, 1.0, "share", ["0", "20", "40", "60", "80", "100"]),
    ],
)
def test_ticks_are_round(low: float, high: float, scale: str, texts: list[str]) -> None:
    assert [text for _, text in ticks(low, high, scale, 6)] == texts  # type: ignore[arg-type]


def test_values_are_written_with_the_digits_that_they_need() -> None:
    assert [written(rate, "share") for rate in (0, 1e-6, 0.0012, 0.5, 0.999, 1)] == [
        "0.0 %", "0.0001 %", "0.12 %", "50.0 %", "99.90 %", "100.0 %",
    ]  # fmt: skip
    assert written(12, "rank") == "12"


def test_curves_come_with_the_figures_of_their_protocols() -> None:
    x, labels = blobs(300, 10)
    sample = Sample(x, labels, lift("euclidean"))
    found = VerificationProtocol(VerificationProtocol.Params()).measure(sample, Effort())
    fmr, accepts = map(np.array, found.curves["roc"])
    assert np.trapezoid(accepts, fmr) == pytest.approx(found.figures["auc"], abs=2e-3)
    assert found.curves["det"][1] == pytest.approx(1 - accepts)
    by_k = RetrievalProtocol(RetrievalProtocol.Params(ks="1,3,5")).measure(sample, Effort())
    assert by_k.curves["knn"] == ([1, 3, 5], [by_k.figures[f"knn@{k}"] for k in (1, 3, 5)])
    assert by_k.curves["recall"][1] == [by_k.figures[f"recall@{k}"] for k in (1, 3, 5)]
    assert not RetrievalProtocol(RetrievalProtocol.Params(ks="3")).measure(sample, Effort()).curves


@pytest.mark.parametrize("name", [*KINDS, "of another package"])
def test_every_kind_of_curve_has_room_on_its_axes(name: str) -> None:
    kind = kind_of(name)
    some = ([1, 2, 3], [0.55, 0.9, 0.95]) if kind.x_scale == "rank" else ([0.0, 0.01, 0.2], [0.4, 0.1, 0.02])
    line = drawn(some, kind)
    for axis, (low, high) in enumerate(extent([line], kind)):
        assert low <= line[axis].min() < line[axis].max() <= high
    perfect = drawn(([1.0, 2.0], [1.0, 1.0]), kind)
    for low, high in (*extent([], kind), *extent([perfect], kind)):
        assert low < high
