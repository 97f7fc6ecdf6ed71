from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from explorer.core.recipe import PART_KINDS, Part, Recipe
from explorer.core.registry import ParameterInfo, catalogue, find
from explorer.ui.fields.choice import ChoiceField
from explorer.ui.fields.choosing import field_for
from explorer.ui.fields.number import IntField, NumberField, SliderField, out_of_range, written
from explorer.ui.forms import WAIT, PartForm


def info(**changes: object) -> ParameterInfo:
    values: dict[str, object] = {
        "name": "margin", "type": "float", "default": 0.2, "minimum": 0.0, "maximum": 2.0, "step": 0.01, "unit": "",
        "choices": (), "help": "How far", "live": True, "logarithmic": False, "advanced": False,
    }  # fmt: skip
    return ParameterInfo(**{**values, **changes})  # type: ignore[arg-type]


@given(st.floats(1e-9, 1e9), st.booleans())
def test_a_written_number_reads_back(value: float, logarithmic: bool) -> None:
    text = written(value, info(logarithmic=logarithmic))
    assert math.isclose(float(text), value, rel_tol=1e-8)


def test_numbers_are_written_as_in_a_paper() -> None:
    assert written(0.2, info()) == "0.20"
    assert written(0.125, info()) == "0.125"
    assert written(1e-3, info(logarithmic=True)) == "1.0e-3"
    assert written(0.00015, info(logarithmic=True)) == "1.5e-4"


def test_a_number_out_of_range_is_one_clear_sentence() -> None:
    assert out_of_range(3.0, "3", info()) == "Margin must be at most 2"
    assert out_of_range(-1.0, "-1", info()) == "Margin must be at least 0"
    assert out_of_range(math.nan, "wide", info()) == "“wide” is not a number for margin"
    assert out_of_range(0.3, "0.3", info()) == ""


@pytest.mark.parametrize("kind", PART_KINDS)
def test_every_part_has_a_form_that_shows_its_values(qtbot: QtBot, kind: str) -> None:
    form = PartForm(kind)
    holder = QWidget()
    qtbot.addWidget(holder)
    form.setParent(holder)
    form.more.setParent(holder)
    for name, entry in catalogue(kind).items():
        form.show_part(Part(name=name))
        assert form.fields[kind].value() == name
        for parameter in entry.parameters:
            field = form.fields[f"{kind}.{parameter.name}"]
            assert field.value() == parameter.default
            editors = [child for child in field.findChildren(QWidget) if child.focusPolicy() != Qt.FocusPolicy.NoFocus]
            assert editors
            assert all(editor.accessibleName() for editor in editors)
            assert field.toolTip()


def test_a_typed_margin_is_told_with_its_path(qtbot: QtBot) -> None:
    form = PartForm("loss", main=frozenset({"margin"}))
    qtbot.addWidget(form)
    form.show_part(Part(name="triplet"))
    field = form.fields["loss.margin"]
    assert isinstance(field, SliderField)
    with qtbot.waitSignal(form.changed) as told:
        field.edit.setText("0.35")
        QTest.keyClick(field.edit, Qt.Key.Key_Return)
    assert told.args == ["loss.margin", 0.35]
    assert field.slider.value() == 35


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


def test_arrow_keys_step_within_the_bounds(qtbot: QtBot) -> None:
    field = NumberField(info(logarithmic=True, minimum=1e-6, maximum=1.0, default=1e-3))
    qtbot.addWidget(field)
    with qtbot.waitSignal(field.changed):
        QTest.keyClick(field.edit, Qt.Key.Key_Up)
    assert field.value() == 1.25e-3
    field.set_value(1.0)
    with qtbot.assertNotEmitted(field.changed):
        QTest.keyClick(field.edit, Qt.Key.Key_Up)


def test_while_a_run_trains_only_what_is_live_can_be_changed(qtbot: QtBot) -> None:
    loss, miner, encoder = (PartForm(kind) for kind in ("loss", "miner", "encoder"))
    for form, kind in ((loss, "loss"), (miner, "miner"), (encoder, "encoder")):
        qtbot.addWidget(form)
        form.show_part(Recipe().part(kind))
        form.set_running(True)
    assert loss.fields["loss.margin"].isEnabled()
    assert miner.fields["miner"].isEnabled()
    assert not loss.fields["loss"].isEnabled()
    assert not encoder.fields["encoder.dimension"].isEnabled()
    assert encoder.fields["encoder.dimension"].toolTip() == WAIT
    encoder.set_running(False)
    assert encoder.fields["encoder.dimension"].isEnabled()
    assert encoder.fields["encoder.dimension"].toolTip() != WAIT


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


def test_a_choice_that_needs_something_is_listed_but_off(qtbot: QtBot) -> None:
    field = ChoiceField([("a", "A", "", True), ("b", "B", "Needs b: pip install b", False)])
    qtbot.addWidget(field)
    index = field.combo.model().index(1, 0)
    assert not field.combo.model().flags(index) & Qt.ItemFlag.ItemIsEnabled
    assert field.combo.itemData(1, Qt.ItemDataRole.ToolTipRole) == "Needs b: pip install b"


@pytest.mark.parametrize("kind", ["bool", "int", "str", "choice", "float"])
def test_there_is_a_field_for_every_type(qtbot: QtBot, kind: str) -> None:
    default = {"bool": True, "int": 3, "str": "split", "choice": "b", "float": 0.2}[kind]
    field = field_for(info(type=kind, default=default, maximum=9.0, choices=("a", "b") if kind == "choice" else ()))
    qtbot.addWidget(field)
    assert field.value() == default
    assert find("loss", "triplet").available
