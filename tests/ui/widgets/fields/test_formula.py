"""The field for formulas of losses."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.recipe import Part
from explorer.core.registry import catalogue
from explorer.ui.widgets.fields.formula import FormulaField
from explorer.ui.widgets.forms import PartForm


def shown(qtbot: QtBot, loss: str, parameter: str) -> tuple[PartForm, FormulaField]:
    form = PartForm("loss")
    qtbot.addWidget(form)
    form.show_part(Part(name=loss))
    field = form.fields[f"loss.{parameter}"]
    assert isinstance(field, FormulaField)
    form.show()
    field.edit.setFocus()
    return form, field


def test_every_formula_has_such_a_field(qtbot: QtBot) -> None:
    found = {(name, info.name) for name, entry in catalogue("loss").items() for info in entry.parameters if info.syntax}
    assert found >= {("sum", "terms"), ("part_based", "of"), ("cross_batch_memory", "of")}
    for loss, parameter in found:
        _, field = shown(qtbot, loss, parameter)
        assert field.edit.property("invalid") == "false"
        assert field.button.accessibleName()


def test_a_formula_is_told_once_it_is_right(qtbot: QtBot) -> None:
    form, field = shown(qtbot, "sum", "terms")
    field.edit.selectAll()
    told: list[tuple[str, object]] = []
    problems: list[str] = []
    form.changed.connect(lambda path, value: told.append((path, value)))
    form.invalid.connect(problems.append)
    QTest.keyClicks(field.edit, "triplet + soft")
    assert field.edit.property("invalid") == "true"
    assert "character 11" in problems[-1]
    assert "softmax" in problems[-1]
    QTest.keyClick(field.edit, Qt.Key.Key_Return)
    assert told == []
    assert field.value() == "triplet + 0.1*softmax"
    QTest.keyClicks(field.edit, "max")
    assert field.edit.property("invalid") == "false"
    assert problems[-1] == ""
    QTest.keyClick(field.edit, Qt.Key.Key_Return)
    QTest.keyClick(field.edit, Qt.Key.Key_Return)
    assert told == [("loss.terms", "triplet + softmax")]


def test_escape_gives_up_what_was_typed(qtbot: QtBot) -> None:
    form, field = shown(qtbot, "sum", "terms")
    QTest.keyClicks(field.edit, "!")
    with qtbot.waitSignal(form.invalid) as told:
        QTest.keyClick(field.edit, Qt.Key.Key_Escape)
    assert told.args == [""]
    assert field.edit.text() == "triplet + 0.1*softmax"
    assert field.edit.property("invalid") == "false"


def test_what_is_being_typed_stays_until_the_formula_changes_elsewhere(qtbot: QtBot) -> None:
    form, field = shown(qtbot, "sum", "terms")
    qtbot.waitUntil(field.edit.hasFocus)
    field.edit.end(False)
    QTest.keyClicks(field.edit, " +")
    form.show_part(Part(name="sum"))
    assert field.edit.text() == "triplet + 0.1*softmax +"
    form.show_part(Part(name="sum", params={"terms": "softmax"}))
    assert field.edit.text() == field.value() == "softmax"


def test_the_menu_adds_a_loss(qtbot: QtBot) -> None:
    form, field = shown(qtbot, "sum", "terms")
    actions = {action.text(): action for action in field.fill_menu()}
    assert "Weighted sum" not in actions
    assert actions["ArcFace"].toolTip() == catalogue("loss")["arcface"].summary
    with qtbot.waitSignal(form.changed) as told:
        actions["ArcFace"].trigger()
    assert told.args == ["loss.terms", "triplet + 0.1*softmax + arcface"]


def test_the_menu_of_one_loss_replaces_it_by_one_that_fits(qtbot: QtBot) -> None:
    form, field = shown(qtbot, "cross_batch_memory", "of")
    actions = {action.text(): action for action in field.fill_menu()}
    assert "ArcFace" not in actions
    assert "Cross-batch memory" not in actions
    with qtbot.waitSignal(form.changed) as told:
        actions["Triplet"].trigger()
    assert told.args == ["loss.of", "triplet"]
