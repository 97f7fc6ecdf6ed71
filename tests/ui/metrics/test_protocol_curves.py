"""The curves below the form of *Evaluate*: which are offered, where they stand, and what they say under the pointer."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from scipy.stats import norm

from explorer.ui.metrics.protocol_curves import ProtocolCurves
from explorer.ui.widgets.figures.figure import Chart
from explorer.ui.widgets.theme import ThemeManager

ERRORS = ([0.0, 0.001, 0.01, 0.1, 1.0], [1.0, 0.4, 0.1, 0.02, 0.0])
RAW = ([0.0, 0.01, 0.1, 1.0], [1.0, 0.9, 0.5, 0.0])


@pytest.fixture
def curves(qtbot: QtBot) -> ProtocolCurves:
    widget = ProtocolCurves(ThemeManager("dark"))
    qtbot.addWidget(widget)
    widget.resize(300, 230)
    widget.show_curves({"det": ERRORS, "roc": (ERRORS[0], [1 - y for y in ERRORS[1]])}, {"det": RAW}, "raw pixels")
    widget.show()
    return widget


def ticks(curves: ProtocolCurves, side: str) -> list[str]:
    axis = curves.plot.getAxis(side)
    low, high = axis.range
    ((spacing, values),) = axis.tickValues(low, high, 200)
    return [str(text) for text in axis.tickStrings(values, 1.0, spacing)]


def test_error_rates_stand_on_normal_deviates(curves: ProtocolCurves) -> None:
    x, y = curves._lines["now"].getData()
    assert x == pytest.approx(norm.ppf([0.001, 0.01, 0.1]))
    assert y == pytest.approx(norm.ppf([0.4, 0.1, 0.02]))
    assert {"1", "10", "40"} <= set(ticks(curves, "bottom"))
    assert curves.readout.text() == "FNMR over FMR, in percent"
    curves.plot.pointed.emit(float(norm.ppf(0.011)))
    assert curves.readout.text() == "FMR 1.0 %: FNMR 10.0 %, raw pixels 90.0 %"
    curves.plot.pointed.emit(None)
    assert curves.readout.text() == "FNMR over FMR, in percent"


def test_another_curve_is_chosen_and_stays_so(curves: ProtocolCurves) -> None:
    assert [curves.choice.itemText(row) for row in range(curves.choice.count())] == ["DET", "ROC"]
    curves.choice.setCurrentIndex(1)
    assert ticks(curves, "left")[0] == "0"
    assert ticks(curves, "left")[-1] == "100"
    curves.show_curves({"det": ERRORS, "roc": RAW}, {}, "raw pixels")
    assert curves.choice.currentText() == "ROC"
    assert np.array_equal(curves._lines["now"].getData()[1], RAW[1])


def test_ranks_have_whole_ticks_and_shares_begin_below_the_lowest(curves: ProtocolCurves) -> None:
    curves.show_curves({"cmc": ([1, 2, 3, 4], [0.93, 0.95, 0.97, 1.0])}, {}, "raw pixels")
    assert curves.choice.currentText() == "CMC"
    assert ticks(curves, "bottom") == ["1", "2", "3", "4"]
    assert ticks(curves, "left")[0] == "90"
    curves.plot.pointed.emit(2.2)
    assert curves.readout.text() == "rank 2: found 95.0 %"
    assert curves.plot.titles() == {"left": "found, %"}


def test_a_protocol_without_curves_takes_no_room(curves: ProtocolCurves) -> None:
    curves.show_curves({}, {}, "raw pixels")
    assert not curves.isVisible()
    curves.show_curves({"det": ([0.0, 1.0], [1.0, 0.0])}, {}, "raw pixels")  # of a collapsed embedding: no point at all
    assert curves.isVisible()
    curves.plot.pointed.emit(0.0)
    assert curves.readout.text() == "FNMR over FMR, in percent"


def test_curves_are_taken_away_with_their_rates_as_they_are(curves: ProtocolCurves) -> None:
    det, roc = curves.figures("digits · step 9")
    assert isinstance(det, Chart)
    assert [det.title, roc.title] == ["DET", "ROC"]
    assert det.columns.titles == ("now FMR", "now FNMR", "raw pixels FMR", "raw pixels FNMR")
    assert np.asarray(det.columns.cells[1]).tolist() == ERRORS[1]
    assert np.asarray(det.columns.cells[3])[:4].tolist() == RAW[1]
    assert np.isnan(np.asarray(det.columns.cells[3])[4])
    assert {"1", "10"} <= {text for _, text in det.bottom.ticks}
    assert det.traces[-1].x == pytest.approx(norm.ppf([0.001, 0.01, 0.1]))
    curves.choice.setCurrentIndex(1)
    assert [figure.title for figure in curves.figures("")] == ["ROC", "DET"]  # the one that is drawn comes first
