from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.ui.map.canvas.point_shapes import LARGEST_RADIUS, PointShape, diamond, disc

AREAS: dict[Callable[..., PointShape], float] = {disc: np.pi, diamond: 2.0}


@pytest.mark.parametrize("shape", [disc, diamond])
@pytest.mark.parametrize("radius", [0.8, 1.5, 2.0, 3.3, 7.0, 14.0])
def test_the_coverage_of_a_shape_is_its_area_wherever_it_lies_in_a_pixel(
    shape: Callable[..., PointShape], radius: float
) -> None:
    stamp = shape(radius)
    for position in range(16):
        covered = float(stamp.cover[position].sum()) / 256
        assert covered == pytest.approx(AREAS[shape] * radius**2, rel=0.12, abs=0.7)


@pytest.mark.parametrize("shape", [disc, diamond])
def test_a_radius_that_cannot_be_drawn_is_refused(shape: Callable[..., PointShape]) -> None:
    for radius in (0.0, -1.0, LARGEST_RADIUS + 1):
        with pytest.raises(ValueError, match="radius"):
            shape(radius)


@given(st.sampled_from([disc, diamond]), st.floats(1.0, 8.0), st.integers(0, 15))
def test_a_hole_takes_colour_but_no_ownership(shape: Callable[..., PointShape], radius: float, position: int) -> None:
    whole, hollow = shape(radius), shape(radius, radius * 0.5)

    def owned(stamp: PointShape) -> set[tuple[int, int]]:
        last = stamp.sizes[position, 1]
        return set(zip(stamp.rows[position, :last].tolist(), stamp.columns[position, :last].tolist(), strict=True))

    assert owned(whole) == owned(hollow)
    assert hollow.cover[position].sum() < whole.cover[position].sum()
    assert max(np.abs(hollow.rows).max(), np.abs(hollow.columns).max()) <= hollow.reach


def test_a_diamond_stands_on_its_corner() -> None:
    stamp = diamond(6.0)
    rows, columns = stamp.rows[5, : stamp.sizes[5, 1]], stamp.columns[5, : stamp.sizes[5, 1]]
    assert (np.abs(rows) + np.abs(columns)).max() <= 7
    assert np.abs(rows).max() >= 5
    assert np.abs(columns).max() >= 5
