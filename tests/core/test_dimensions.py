"""The beginning of an embedding in place of the whole."""

from __future__ import annotations

import numpy as np

from explorer.core.dimensions import least, shortened, stops


def test_rows_of_unit_length_have_that_again_and_others_stay_as_long_as_they_are() -> None:
    x = np.random.default_rng(0).normal(size=(50, 12)).astype(np.float32)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    short = shortened(unit, 4)
    np.testing.assert_allclose(np.linalg.norm(short, axis=1), 1.0, rtol=1e-6)
    np.testing.assert_allclose(short, x[:, :4] / np.linalg.norm(x[:, :4], axis=1, keepdims=True), rtol=1e-5)
    np.testing.assert_array_equal(shortened(x, 4), x[:, :4])
    assert shortened(x, 0) is x
    assert shortened(x, 12) is x


def test_a_beginning_of_zeros_stays_zero() -> None:
    x = np.eye(8, dtype=np.float32)
    assert np.isfinite(shortened(x, 2)).all()
    assert not shortened(x, 2)[5].any()


def test_powers_of_two_are_worth_a_look() -> None:
    assert stops(64) == (8, 16, 32, 64)
    assert stops(100) == (8, 16, 32, 64, 100)
    assert stops(6) == (6,)


def test_one_number_that_is_only_a_sign_is_too_few() -> None:
    x = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    assert least(unit, "euclidean") == least(unit, "dot") == 2
    assert (least(x, "euclidean"), least(x, "cosine"), least(x, "snr")) == (1, 2, 2)
    assert least(x[:0], "euclidean") == 1
    assert min(count for whole in range(2, 70) for count in stops(whole)) == 2  # what the slider can offer
