import numpy as np
import pytest
from scipy.stats import binomtest

from explorer.evaluation.intervals import wilson


@pytest.mark.parametrize(("right", "count"), [(0, 7), (7, 7), (3, 10), (450, 1000)])
def test_equals_scipy(right: int, count: int) -> None:
    wanted = binomtest(right, count).proportion_ci(0.95, method="wilson")
    assert wilson(right / count, count) == pytest.approx((wanted.low, wanted.high))


def test_of_nothing_nothing_is_known() -> None:
    assert np.isnan(wilson(float("nan"), 0)).all()
