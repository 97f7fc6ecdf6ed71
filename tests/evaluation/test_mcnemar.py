import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2

from explorer.evaluation.mcnemar import FEW, holm, mcnemar, mcnemar_p, paired_share_interval


@given(fixed=st.integers(0, 200), broken=st.integers(0, 200))
def test_p_is_that_of_the_binomial_test_of_few_and_of_chi_square_of_many(fixed: int, broken: int) -> None:
    p, exact = mcnemar_p(fixed, broken)
    changed = fixed + broken
    assert exact == (changed < FEW)
    if not changed:
        assert p == 1
    elif exact:
        assert p == pytest.approx(binomtest(fixed, changed, 0.5).pvalue)
    else:
        assert p == pytest.approx(chi2.sf((abs(fixed - broken) - 1) ** 2 / changed, 1))


def test_p_is_that_of_the_textbook() -> None:
    """Agresti, Categorical Data Analysis, the approval of 1,600 citizens: 86 and 150 changed their mind."""
    assert mcnemar_p(150, 86)[0] == pytest.approx(chi2.sf(63**2 / 236, 1))
    assert mcnemar_p(6, 1)[0] == pytest.approx(2 * (1 + 7) / 2**7)


def test_intervals_are_those_that_newcombe_published() -> None:
    """Newcombe 1998, table of 36, 12, 2 and 0 of 50, where the first share is the larger one."""
    low, high = paired_share_interval([36], [2], [12], [50])
    assert (-high[0], -low[0]) == pytest.approx((0.0569, 0.3404), abs=5e-5)


def test_the_interval_turns_round_with_the_runs_and_holds_the_difference() -> None:
    counts = np.random.default_rng(0).multinomial(40, [0.5, 0.2, 0.1, 0.2], 200).T
    both, fixed, broken, _ = counts
    low, high = paired_share_interval(both, fixed, broken, counts.sum(axis=0))
    other_low, other_high = paired_share_interval(both, broken, fixed, counts.sum(axis=0))
    np.testing.assert_allclose((low, high), (-other_high, -other_low), atol=1e-12)
    assert ((low <= (fixed - broken) / 40) & ((fixed - broken) / 40 <= high)).all()


def test_nineteen_of_twenty_intervals_hold_what_is_true() -> None:
    shares = np.array([0.6, 0.15, 0.05, 0.2])
    counts = np.random.default_rng(1).multinomial(60, shares, 4000).T
    low, high = paired_share_interval(counts[0], counts[1], counts[2], counts.sum(axis=0))
    assert 0.94 <= np.mean((low <= 0.1) & (high >= 0.1)) <= 0.975


def test_queries_are_counted_by_who_has_them_right() -> None:
    a, b = (np.array(bits, np.bool_) for bits in ([1, 1, 0, 0, 0], [1, 0, 1, 1, 0]))
    found = mcnemar(a, b)
    assert (found.queries, found.fixed, found.broken, found.difference, found.exact) == (5, 2, 1, 0.2, True)
    assert found.p == 1
    same = mcnemar(a, a)
    assert (same.difference, same.p) == (0, 1)
    assert same.low < 0 < same.high


@pytest.mark.parametrize(
    ("p", "corrected"),
    [([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]), ([0.5, 0.6], [1, 1]), ([], []), ([0.2], [0.2])],
)
def test_p_of_several_tests_is_corrected_as_holm_did(p: list[float], corrected: list[float]) -> None:
    np.testing.assert_allclose(holm(p), corrected)
