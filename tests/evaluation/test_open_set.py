import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import create
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.open_set import Draw, drawn, evaluate
from explorer.evaluation.protocol import Effort, Sample
from explorer.measure.lifts import lift
from tests.evaluation.test_verification import people

GRID = st.integers(-4, 4).map(np.float32)


def oracle(x: FloatArray, labels: IntArray, draw: Draw, far: float) -> tuple[float, float]:
    """Return DIR at a FAR and rank-1 rate by trying every threshold."""
    table = ((x[:, None] - x[None, draw.gallery]) ** 2).sum(2)
    strangers = table[draw.unknown].min(axis=1)
    answers = []
    for q in draw.known:
        same = labels[draw.gallery] == labels[q]
        best, other = table[q][same].min(), table[q][~same].min(initial=np.inf)
        answers.append(best if best < other else np.inf)
    allowed = [threshold for threshold in np.unique(table) if np.mean(strangers <= threshold) <= far]
    return max((float(np.mean(np.array(answers) <= threshold)) for threshold in allowed), default=0.0), float(
        np.isfinite(answers).mean()
    )


@settings(deadline=None)
@given(data=st.data(), n=st.integers(6, 40), collapsed=st.booleans(), seed=st.integers(0, 9))
def test_equals_every_threshold_tried(data: st.DataObject, n: int, collapsed: bool, seed: int) -> None:
    x = data.draw(arrays(np.float32, (n, 2), elements=GRID)) * np.float32(not collapsed)
    labels = np.concatenate(([0, 0, 1, 1], data.draw(arrays(np.int64, n - 4, elements=st.integers(-1, 5)))))
    draw = drawn(labels, 0.4, 2, seed)
    rates = (0.0, 0.01, 0.1, 0.5, 1.0)
    found = evaluate(x, labels, lift("squared_euclidean"), draw, fars=rates)
    for rate in rates:
        at, rank_1 = oracle(x, labels, draw, rate)
        assert found.at[rate] == pytest.approx(at)
        assert found.rank_1 == pytest.approx(rank_1)
    steps = [oracle(x, labels, draw, k / len(draw.unknown))[0] for k in range(len(draw.unknown))]
    assert found.auc == pytest.approx(np.mean(steps))
    if collapsed:
        assert found.auc == 0.0


def test_identities_are_drawn_apart() -> None:
    labels = np.array([0, 0, 1, 1, 2, 2, 2, 2, 2, 3, 3, 4, -1])
    draw = drawn(labels, 0.5, 3, seed=1)
    known, unknown = set(labels[draw.gallery]), set(labels[draw.unknown])
    assert not known & unknown
    assert 4 in unknown  # of a lone one nothing is left to be asked
    assert set(labels[draw.known]) == known
    assert not set(draw.known) & set(draw.gallery)
    assert sorted([*draw.gallery, *draw.known, *draw.unknown]) == list(range(12))
    assert max(np.bincount(labels[draw.gallery])) <= 3
    seeds = [set(labels[drawn(labels, 0.5, 3, seed).gallery]) for seed in range(8)]
    assert any(other != known for other in seeds)
    with pytest.raises(UserError, match="1 held-out classes of two or more items"):
        drawn([0, 0, 1, 2])


def test_separated_identities_are_all_found_and_the_interval_holds_the_figure() -> None:
    x, labels = people(20, 10)
    centres = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32) * 100
    sample = Sample(centres[labels] + x[:, :1] * 0, labels, lift("euclidean"))
    found = create("protocol", "open_set", {}).measure(sample, Effort(seed=2))
    assert found.figures["dir@far=0.01"] == found.figures["auc"] == found.figures["rank-1"] == 1.0
    noisy = create("protocol", "open_set", {}).measure(Sample(x, labels, lift("euclidean")), Effort())
    assert noisy.figures["dir@far=0.1_low"] <= noisy.figures["dir@far=0.1"] <= noisy.figures["dir@far=0.1_high"]
    far, rate = noisy.curves["dir"]
    assert rate == sorted(rate)
    assert (far[0], far[-1], rate[-1]) == (0.0, 1.0, noisy.figures["rank-1"])
    with pytest.raises(Cancelled):
        create("protocol", "open_set", {}).measure(sample, Effort(cancelled=lambda: True))
