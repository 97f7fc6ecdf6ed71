from __future__ import annotations

import numpy as np
import pytest

from explorer.engine.analysis.raw_baseline import embed_pixels, unit_rows


def pictures(count: int, width: int, rank: int, seed: int = 0) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    generator = np.random.default_rng(seed)
    low = generator.random((count, rank)) @ generator.random((rank, width))
    pixels: np.ndarray[tuple[int, int], np.dtype[np.uint8]] = (low / low.max() * 255).astype(np.uint8)
    return pixels


def test_rows_have_unit_length_and_a_black_picture_stays_zero() -> None:
    pixels = pictures(20, 50, 3)
    pixels[7] = 0
    lengths = np.linalg.norm(unit_rows(pixels), axis=1)
    assert lengths[7] == 0
    np.testing.assert_allclose(np.delete(lengths, 7), 1, atol=1e-6)


@pytest.mark.parametrize("count", [300, 9_000])
def test_the_directions_keep_cosines_as_well_as_a_full_decomposition_does(count: int) -> None:
    pixels = pictures(count, 120, 40)
    x = unit_rows(pixels[:300]).astype(np.float64)
    found = embed_pixels(pixels, dimension=16)[:300]
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    rows = np.linalg.svd(unit_rows(pixels[:8000]).astype(np.float64), full_matrices=False)[2][:16]
    best = x @ rows.T
    best /= np.linalg.norm(best, axis=1, keepdims=True)
    truth = x @ x.T
    ours, oracle = np.abs(found @ found.T - truth).mean(), np.abs(best @ best.T - truth).mean()
    assert ours <= oracle * 1.1 + 1e-6


def test_few_pixels_are_taken_as_they_are() -> None:
    pixels = pictures(10, 12, 3)
    np.testing.assert_array_equal(embed_pixels(pixels), unit_rows(pixels))
    assert embed_pixels(pictures(5, 100, 3)).shape == (5, 5)
