from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.fields.number import IntField, NumberField, SliderField, out_of_range, typed, written
from tests.ui.widgets.fields.parameters import info


@given(st.floats(1e-9, 1e9), st.booleans())
def test_a_written_number_reads_back(value: float, logarithmic: bool) -> None:
    text = written(value, info(logarithmic=logarithmic))
    assert math.isclose(float(text), value, rel_tol=1e-8)


def test_numbers_are_written_as_in_a_paper() -> None:
    assert written(0.2, info()) == "0.20"
    assert written(0.125, info()) == "0.125"
    assert written(1e-3, info(logarithmic=True)) == "1.0e-3"
    assert written(0.00015, info(logarithmic=True)) == "1.5e-4"


@pytest.mark.parametrize("text", ["0.5", "0,5", " .5", "+0,50", "5e-1", "5,0e-1"])
def test_a_number_is_read_with_a_point_or_a_comma(text: str) -> None:
    assert typed(text) == 0.5


def test_of_a_point_and_a_comma_the_last_is_before_the_decimals() -> None:
    assert typed("1,234.5") == typed("1.234,5") == 1234.5
    assert typed("−2,5") == -2.5
    with pytest.raises(ValueError, match="wide"):
        typed("wide")


def test_a_number_out_of_range_is_one_clear_sentence() -> None:
    assert out_of_range(3.0, "3", info()) == "Margin must be at most 2"
    assert out_of_range(-1.0, "-1", info()) == "Margin must be at least 0"
    assert out_of_range(math.nan, "wide", info()) == "“wide” is not a number for margin"
    assert out_of_range(0.3, "0.3", info()) == ""


def test_a_dragged_slider_is_told_once_it_rests(qtbot: QtBot) -> None:
    field = SliderField(info())
    qtbot.addWidget(field)
    told: list[object] = []
    field.changed.connect(told.append)
    for position in range(20, 61):
        field.slider.setValue(position)
    assert field.value() == 0.6
    qtbot.waitUntil(lambda: told == [0.6])


def test_what_cannot_be_read_is_marked_told_and_given_up_with_escape(qtbot: QtBot) -> None:
    field = NumberField(info(maximum=None))
    qtbot.addWidget(field)
    field.set_value(0.5)
    field.edit.setText("wide")
    with qtbot.waitSignal(field.invalid) as told, qtbot.assertNotEmitted(field.changed):
        QTest.keyClick(field.edit, Qt.Key.Key_Return)
    assert "wide" in told.args[0]
    assert field.edit.property("invalid") == "true"
    assert field.value() == 0.5
    QTest.keyClick(field.edit, Qt.Key.Key_Escape)
    assert field.edit.text() == "0.50"
    assert field.edit.property("invalid") == "false"


@pytest.fixture(params=["C", "en_US", "de_DE", "de_CH", "fr_FR", "sv_SE", "ar_EG"])
def country(request: pytest.FixtureRequest) -> Iterator[None]:
    """The way in which numbers are written."""
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield
    QLocale.setDefault(before)


def type_into(field: IntField, text: str) -> None:
    field.spin.selectAll()
    QTest.keyClicks(field.spin.lineEdit(), text)
    QTest.keyClick(field.spin, Qt.Key.Key_Return)


@pytest.mark.usefixtures("country")
def test_a_whole_number_is_taken_as_it_is_typed_or_not_at_all(qtbot: QtBot) -> None:
    field = IntField(-5, 2000, zero="auto")
    qtbot.addWidget(field)
    field.set_value(7)
    told: list[str] = []
    field.invalid.connect(told.append)
    for text, words in (
        ("12.5", "“12.5” is not a whole number"),
        ("12,5", "“12,5” is not a whole number"),
        ("1,000", "“1,000” is not a whole number"),
        (".5", "not a whole number"),
        ("many", "“many” is not a whole number"),
        ("3000", "3000 is not from -5 to 2,000"),
        ("-9", "-9 is not from -5"),
    ):
        type_into(field, text)
        assert words in told[-1]
        assert (field.value(), field.spin.text()) == (7, "7")
    for text, number in (("12", 12), ("-3", -3), ("auto", -5)):
        type_into(field, text)
        assert (field.value(), told[-1]) == (number, "")
    field.set_value(-3)
    assert field.spin.text() == "-3"
    QTest.keyClick(field.spin, Qt.Key.Key_Up)
    assert field.value() == -2


def test_arrow_keys_step_within_the_bounds(qtbot: QtBot) -> None:
    field = NumberField(info(logarithmic=True, minimum=1e-6, maximum=1.0, default=1e-3))
    qtbot.addWidget(field)
    with qtbot.waitSignal(field.changed):
        QTest.keyClick(field.edit, Qt.Key.Key_Up)
    assert field.value() == 1.25e-3
    field.set_value(1.0)
    with qtbot.assertNotEmitted(field.changed):
        QTest.keyClick(field.edit, Qt.Key.Key_Up)


def test_a_number_with_a_name_is_refused_by_it(qtbot: QtBot) -> None:
    field = IntField(2, 1024)
    qtbot.addWidget(field)
    field.name("Batch classes", "")
    with qtbot.waitSignal(field.invalid) as refused:
        type_into(field, "0")
    assert refused.args == ["Batch classes: 0 is not from 2 to 1,024"]


def test_the_wheel_changes_only_a_field_that_has_the_focus(qtbot: QtBot) -> None:
    field = IntField(0, 100)
    qtbot.addWidget(field)
    field.set_value(10)
    field.show()
    field.spin.clearFocus()
    at = QPointF(10, 10)
    wheel = QWheelEvent(
        at, field.spin.mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(field.spin, wheel)
    assert field.value() == 10


def test_a_fine_slider_takes_a_row_of_its_own(qtbot: QtBot) -> None:
    fine, coarse = SliderField(info()), SliderField(info(maximum=1.0))
    for field in (fine, coarse):
        qtbot.addWidget(field)
    assert (fine.wide, coarse.wide) == (True, False)
