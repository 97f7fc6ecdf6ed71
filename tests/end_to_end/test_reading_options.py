"""What was guessed about the data is changed in the Data panel of the real window, and they are read again."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.recipe import DataOptions
from explorer.data.modalities.base import modalities
from explorer.ui.data.data_panel import DataPanel
from explorer.ui.data.reading_options import OF_ALL, TITLES, ReadingOptions
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.fields.choice import ChoiceField
from explorer.ui.widgets.fields.number import IntField
from tests.end_to_end.conftest import LONG, drop


@pytest.fixture
def spec() -> None:
    """Open nothing: the data are dropped."""


@pytest.fixture
def table(digits: Path) -> Path:
    """A table of pictures with two columns that may be the class."""
    rows = ["path,label,parity"]
    for folder in sorted(digits.iterdir()):
        digit = folder.name.rpartition(" ")[2]
        parity = "odd" if int(digit) % 2 else "even"
        rows += [f"{folder.name}/{file.name},{digit},{parity}" for file in sorted(folder.glob("0*.png"))]
    path = digits / "digits.csv"
    path.write_text("\n".join(rows), "utf-8")
    return path


def test_another_class_column_and_size_are_chosen_by_hand(qtbot: QtBot, window: MainWindow, table: Path) -> None:
    session, panel = window.session, window.workspace.panels["data"]
    assert session is not None
    assert isinstance(panel, DataPanel)
    drop(window, table)
    qtbot.waitUntil(lambda: session.dataset is not None and panel.body_shown, timeout=LONG)
    reading = panel.reading
    QTest.mouseClick(reading.fold, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(reading.area.isVisible, timeout=LONG)  # the docks are shown a turn after the map
    column = reading.fields["label_column"]
    assert isinstance(column, ChoiceField)
    assert [column.combo.itemText(i) for i in range(column.combo.count())] == ["Auto", "parity"]
    QTest.keyClick(column.combo, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: session.dataset is not None and len(session.dataset.class_names) == 2, timeout=LONG)
    assert session.dataset is not None
    assert session.dataset.class_names == ("even", "odd")
    assert panel.reading.fields["label_column"].value() == "parity"
    size = panel.reading.fields["size"]
    assert isinstance(size, IntField)
    size.spin.setValue(14)
    qtbot.waitUntil(lambda: session.dataset is not None and session.dataset.shape[:2] == (14, 14), timeout=LONG)
    _an_option_that_is_not_of_this_modality_is_not_shown(reading)


def _an_option_that_is_not_of_this_modality_is_not_shown(reading: ReadingOptions) -> None:
    assert {"size", "colour", "white", *OF_ALL} <= set(reading.fields)
    assert not {"rate", "seconds", "frames", "points"} & set(reading.fields)


def test_every_option_has_a_title_and_a_modality_that_looks_at_it() -> None:
    names = {info.name for info in DataOptions.described()}
    assert names <= set(TITLES)
    looked_at = {name for one in modalities() for name in one.options}
    assert looked_at <= names


def test_a_number_is_chosen_as_the_target_and_colours_the_map(qtbot: QtBot, window: MainWindow, digits: Path) -> None:
    rows = ["path,label,size"]
    for folder in sorted(digits.iterdir()):
        digit = folder.name.rpartition(" ")[2]
        rows += [f"{folder.name}/{file.name},{digit},{i * 7 % 50}" for i, file in enumerate(folder.glob("0*.png"))]
    table = digits / "sizes.csv"
    table.write_text("\n".join(rows), "utf-8")
    session, panel = window.session, window.workspace.panels["data"]
    assert session is not None
    assert isinstance(panel, DataPanel)
    drop(window, table)
    qtbot.waitUntil(lambda: session.dataset is not None and panel.body_shown, timeout=LONG)
    QTest.mouseClick(panel.reading.fold, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(panel.reading.area.isVisible, timeout=LONG)
    field = panel.reading.fields["target_column"]
    assert isinstance(field, ChoiceField)
    offered = [field.combo.itemText(i) for i in range(field.combo.count())]
    assert offered == ["None", "size", "The classes, as numbers"]
    QTest.keyClick(field.combo, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: session.dataset is not None and session.dataset.target is not None, timeout=LONG)
    qtbot.waitUntil(lambda: window.state.colour_by == "size", timeout=LONG)
    assert session.recipe.loss.name == "rank_n_contrast"
    assert not session.why_not()
    field = panel.reading.fields["target_column"]
    assert field.value() == "size"
    field.changed.emit("")
    qtbot.waitUntil(lambda: session.dataset is not None and session.dataset.target is None, timeout=LONG)
    assert session.recipe.loss.name == "triplet"
