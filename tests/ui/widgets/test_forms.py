from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.core.recipe import PART_KINDS, Part, Recipe
from explorer.core.registry import catalogue
from explorer.ui.widgets.fields.base import PairField
from explorer.ui.widgets.fields.choice import ChoiceField
from explorer.ui.widgets.fields.number import SliderField
from explorer.ui.widgets.forms import WAIT, PartForm


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


def test_losses_stand_under_their_families(qtbot: QtBot) -> None:
    form = PartForm("loss")
    qtbot.addWidget(form)
    field = form.fields["loss"]
    assert isinstance(field, ChoiceField)
    combo = field.combo
    rows = [(combo.itemText(row), str(combo.itemData(row) or "")) for row in range(combo.count())]
    assert sorted(name for _, name in rows if name) == sorted(catalogue("loss"))
    headings = [row for row, (_, name) in enumerate(rows) if not name]
    model = combo.model()
    assert all(not model.flags(model.index(row, 0)) & Qt.ItemFlag.ItemIsSelectable for row in headings)
    assert ("TRIPLETS", "") in rows
    assert rows.index(("TRIPLETS", "")) < rows.index(("Triplet", "triplet"))


def test_two_whole_numbers_share_a_row_only_as_classes_and_images(qtbot: QtBot) -> None:
    form = PartForm("fitter", main=frozenset({"dimension", "iterations"}))
    qtbot.addWidget(form)
    form.show_part(Part(name="nca"))
    assert not form.findChildren(PairField)
    batch = PartForm("sampler", main=frozenset({"classes", "images"}))
    qtbot.addWidget(batch)
    batch.show_part(Part(name="pk"))
    assert len(batch.findChildren(PairField)) == 1


def test_the_focus_stays_where_a_part_was_sought_and_chosen(qtbot: QtBot) -> None:
    """The form is built anew then, and F1 tells of what has the focus."""
    form = PartForm("loss")
    qtbot.addWidget(form)
    form.show_part(Part(name="triplet"))
    form.changed.connect(lambda _path, value: form.show_part(Part(name=str(value))))
    with qtbot.waitExposed(form):
        form.show()
    form.activateWindow()
    field = form.fields["loss"]
    assert isinstance(field, ChoiceField)
    QTest.mouseClick(field.combo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: field.combo.search is not None and field.combo.search.hasFocus())
    assert field.combo.search is not None
    QTest.keyClicks(field.combo.search, "proxy anchor")
    QTest.keyClick(field.combo.search, Qt.Key.Key_Return)
    again = form.fields["loss"]
    assert isinstance(again, ChoiceField)
    assert again is not field
    assert again.value() == "proxy_anchor"
    qtbot.waitUntil(again.combo.hasFocus)
