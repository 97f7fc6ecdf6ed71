import numpy as np
import pytest
from scipy.stats import bootstrap

from explorer.core.errors import Cancelled
from explorer.evaluation.bootstrap import RESAMPLES, paired_bootstrap, resampled_means
from explorer.evaluation.paired import paired_means


@pytest.mark.parametrize("count", [12, 300])
def test_the_interval_is_that_of_scipy_drawn_by_the_same_seed(count: int) -> None:
    draw = np.random.default_rng(3)
    a, b = draw.normal(size=count), draw.normal(0.3, 1, count)
    found = paired_bootstrap(a, b, seed=5)
    theirs = bootstrap(
        (b - a,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=np.random.default_rng(5)
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert (found.a, found.b, found.difference) == pytest.approx((a.mean(), b.mean(), (b - a).mean()))
    assert found.p == paired_means(a, b, seed=5).p


def test_what_hangs_together_is_drawn_together() -> None:
    draw = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 25)
    difference = draw.normal(size=40)[groups] + 0.1 * draw.normal(size=1000)
    alone = paired_bootstrap(np.zeros(1000), difference)
    together = paired_bootstrap(np.zeros(1000), difference, groups)
    assert together.high - together.low > 4 * (alone.high - alone.low)
    student = paired_means(np.zeros(1000), difference, groups)
    assert (together.low, together.high) == pytest.approx((student.low, student.high), abs=0.05)


def test_nothing_is_no_difference_and_many_are_drawn_less_often() -> None:
    same = paired_bootstrap(np.ones(50), np.ones(50))
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)
    assert len(resampled_means(np.ones(60_000), np.ones(60_000, np.int64), 0)) == 1_666


def test_it_can_be_cancelled() -> None:
    with pytest.raises(Cancelled):
        paired_bootstrap(np.zeros(5), np.ones(5), cancelled=lambda: True)
