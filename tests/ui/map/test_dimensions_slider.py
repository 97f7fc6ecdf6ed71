"""The slider of dimensions: what it offers, what it tells, and what it shows of it."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from explorer.core.map_values import ShortFigures
from explorer.core.types import PIXELS_RUN, Snapshot
from explorer.ui.map.dimensions_slider import DimensionsSlider


def snapshot(dimension: int, run: str = "r1", distance: str = "euclidean") -> Snapshot:
    return Snapshot(run, 5, np.arange(3), np.ones((3, dimension), np.float32), True, distance)


@pytest.fixture
def slider(qtbot: QtBot) -> DimensionsSlider:
    made = DimensionsSlider()
    qtbot.addWidget(made)
    return made


def test_it_offers_powers_of_two_once_there_are_embeddings(slider: DimensionsSlider) -> None:
    slider.show_snapshot(snapshot(784, PIXELS_RUN))
    assert not slider.slider.isEnabled()
    assert slider.value.text() == "–"
    slider.show_snapshot(snapshot(64))
    assert slider.slider.isEnabled()
    assert (slider.slider.maximum(), slider.slider.value(), slider.value.text()) == (3, 3, "64 of 64")
    slider.show_snapshot(snapshot(64, distance="hyperbolic"))
    assert not slider.slider.isEnabled()
    assert "no meaning" in slider.figures.text()


def test_a_drag_is_told_once_it_rests_and_the_figures_stand_below(qtbot: QtBot, slider: DimensionsSlider) -> None:
    slider.show_snapshot(snapshot(64))
    with qtbot.waitSignal(slider.chosen) as told:
        slider.slider.setValue(0)
        slider.slider.setValue(1)
    assert told.args == [16]
    assert slider.value.text() == "16 of 64"
    slider.show_figures(ShortFigures("r1", 5, 8, 64, {"recall@1": 0.1}, {"recall@1": 0.9}))
    assert slider.figures.text() == ""
    slider.show_figures(ShortFigures("r1", 5, 16, 64, {"recall@1": 0.81234}, {"recall@1": 0.9}))
    assert slider.figures.text() == "recall@1 0.812, all 64: 0.900 · step 5"
    slider.show_snapshot(snapshot(128))
    assert (slider.count, slider.value.text()) == (16, "16 of 128")
    with qtbot.waitSignal(slider.chosen) as told:
        slider.slider.setValue(4)
    assert told.args == [0]
    slider.forget()
    assert slider.count == 0
