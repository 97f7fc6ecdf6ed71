"""A line over steps: its band, its logarithmic scale and its moving mean."""

from __future__ import annotations

import numpy as np

from explorer.ui.metrics.step_line import LineShape, drawn_line
from explorer.ui.widgets.series import Series


def series_of(values: list[float]) -> Series:
    series = Series()
    for step, value in enumerate(values):
        series.append(step, value)
    return series


def test_where_several_steps_share_a_point_there_is_a_band_from_the_least_to_the_largest() -> None:
    drawn = drawn_line(series_of([1.0, 9.0] * 100), LineShape(), points=50)
    assert drawn.banded
    assert set(drawn.y[:-1]) == {5.0}
    assert drawn.ends[0].tolist() == [1.0, 9.0]
    assert not drawn_line(series_of([1.0, 9.0]), LineShape(), points=50).banded


def test_on_a_logarithmic_scale_zero_and_less_have_no_place_and_means_are_of_the_values() -> None:
    drawn = drawn_line(series_of([0.1, 0.0, -1.0, 10.0]), LineShape(log=True))
    assert np.allclose(drawn.y, [-1, np.nan, np.nan, 1], equal_nan=True)
    drawn = drawn_line(series_of([1.0, 0.0, 100.0, 100.0]), LineShape(log=True), points=2)
    assert np.allclose(drawn.y[:2], [np.log10(0.5), 2])
    assert drawn.ends[0].tolist() == [0.0, 0.0]  # its zero lies at the lower end of the scale


def test_a_smoothed_line_says_over_how_many_steps_and_keeps_the_line_itself() -> None:
    values = np.random.default_rng(0).normal(size=2000).tolist()
    drawn = drawn_line(series_of(values), LineShape(smooth=True), points=200)
    assert drawn.window == 90
    assert drawn.y.std() < drawn.plain.std()
    assert drawn.plain[0] == np.mean(values[:10])
