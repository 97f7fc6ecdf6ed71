"""What the palette finds beside commands, what it puts first, and which letters it marks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.map.map_panel import MapPanel
from explorer.ui.session.commands import Commands
from explorer.ui.session.settings import Settings
from explorer.ui.shell.commands.command_palette import NOTHING, SHORTCUT, CommandPalette
from explorer.ui.shell.commands.typed_words import matched
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.settings.settings_page import SettingsPage
from explorer.ui.widgets.language import LANGUAGE, said, tr
from tests.ui.conftest import LONG


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("fold", "Open folder", ["fold"]),
        ("der", "Open folder", ["der"]),
        ("op fo", "Open folder", ["Op", "fo"]),
        ("opf", "Open folder", ["O", "p", "f"]),
        ("", "Open folder", []),
        ("xyz", "Open folder", []),
        ("trplt", "The triplet loss", ["t", "r", "p", "l", "t"]),
        ("csv", "Hyperbolisch kontrastiv", []),  # scattered
        ("csv", "Schutz vor falschen Negativen", []),
        ("onnx", "Opening the newest box", []),  # too far apart
        ("gross", "Groß", ["Groß"]),
        ("groes", "Text größer", ["größ"]),
        ("grös", "Text groesser", ["groes"]),
        ("ueb", "Übliche Größe", ["Üb"]),
        ("poinc", "Hyperbolisch (Poincaré)", ["Poinc"]),
        ("care", "Hyperbolisch (Poincaré)", ["caré"]),
    ],
)
def test_the_letters_that_fit_are_marked(words: str, text: str, found: list[str]) -> None:
    assert [text[at : at + length] for at, length in matched(words, text)] == found


def titles(palette: CommandPalette) -> list[str]:
    return [palette.list.item(row).text() for row in range(palette.list.count())]


FIRST = {
    "en": {
        "pause": "run.step_1",
        "resume": "run.train",
        "halt": "run.stop",
        "font size": "view.text_larger",
        "Semi-hard": "Help: Semi-hard (Miners)",
        "saved runs": "file.runs",
        "rename": "file.runs",
        "fork": "run.branch",
        "slides": "view.full_screen",
        "beamer": "view.full_screen",
        "keyboard": "help.shortcuts",
        "hotkeys": "help.shortcuts",
        "preferences": "edit.settings",
        "manual": "help.guide",
        "tutorial": "help.tour",
    },
    "de": {
        "Pausieren": "run.train",
        "Anhalten": "run.train",
        "abbrechen": "run.stop",
        "Schriftgröße": "view.text_larger",
        "schriftgroesse": "view.text_larger",
        "groesser": "view.text_larger",
        "oeffnen": "file.reopen",
        "ordner oeffnen": "file.open_folder",
        "Semi-hard": "Hilfe: Halbschwer (Miner)",
        "saved runs": "file.runs",
        "font size": "view.text_larger",
        "dark theme": "view.theme_dark",
        "train 10 steps": "run.step_10",
        "points": "Einstellung: Größe der Punkte",
        "Umbenennen": "file.runs",
        "verzweigen": "run.branch",
        "Präsentieren": "view.full_screen",
        "Beamer": "view.full_screen",
        "Tastatur": "help.shortcuts",
        "Tastenkürzel": "help.shortcuts",
        "Optionen": "edit.settings",
        "Handbuch": "help.guide",
        "Einführung": "help.tour",
    },
}
"""What is listed first for some words, in the language of the window: the id of a command, or what else is called."""


@pytest.mark.parametrize("words", FIRST[LANGUAGE])
def test_in_german_or_in_english_words_find_what_is_meant(start: MainWindow, words: str) -> None:
    start.open_palette()
    palette = start.palette_of_commands
    palette.field.setText(words)
    ids = {f"{said(one.menu)}: {one.label}" if one.menu else one.label: one.id for one in start.commands}
    first = titles(palette)[0]
    assert ids.get(first, first) == FIRST[LANGUAGE][words]


def test_what_is_called_alike_can_be_told_apart(start: MainWindow) -> None:
    start.open_palette()
    start.palette_of_commands.field.setText(tr("Keyboard shortcuts"))
    found = titles(start.palette_of_commands)
    assert len(found) > 1
    assert len(set(found)) == len(found)


def test_csv_finds_the_table_of_saved_runs_before_any_data_are_open(start: MainWindow) -> None:
    start.open_palette()
    start.palette_of_commands.field.setText("csv")
    assert tr("Save the table of saved runs as CSV") in titles(start.palette_of_commands)


def test_what_was_chosen_last_comes_first(qtbot: QtBot, settings: Settings) -> None:
    commands, parent = Commands(), QWidget()
    qtbot.addWidget(parent)
    for letter in "abc":
        commands.add(f"a.{letter}", f"Do {letter}", lambda: None)
    palette = CommandPalette(commands, parent, settings=settings)
    palette.open_at(QPoint(500, 50))
    assert titles(palette) == ["Do a", "Do b", "Do c"]
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    palette.open_at(QPoint(500, 50))
    assert titles(palette) == ["Do c", "Do a", "Do b"]
    palette.field.setText("do")
    assert titles(palette)[0] == "Do c"
    assert Settings(settings.path).palette == ("a.c",)


def test_what_is_called_so_comes_before_what_was_chosen_lately(qtbot: QtBot, settings: Settings) -> None:
    commands, parent = Commands(), QWidget()
    qtbot.addWidget(parent)
    for name, title in (("a", "Also save the network"), ("b", "Save the network as ONNX"), ("c", "Save the network…")):
        commands.add(f"a.{name}", title, lambda: None, menu="File")
    for name in "ba":
        settings.add_to_palette(f"a.{name}")
    palette = CommandPalette(commands, parent, settings=settings)
    palette.open_at(QPoint(500, 50))
    palette.field.setText("save the network")
    assert titles(palette)[0] == "File: Save the network…", "as in the menu: a dialog comes"
    palette.field.setText("save the")
    assert titles(palette)[-1] == "File: Also save the network"
    palette.field.setText("qqq")
    assert titles(palette) == [NOTHING]
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isHidden()


def test_what_writes_a_format_is_found_by_its_name(qtbot: QtBot) -> None:
    commands, parent = Commands(), QWidget()
    qtbot.addWidget(parent)
    commands.add("a.a", "Compare supervised variants", lambda: None)
    asked: list[str] = []
    keys, by_name = "Ctrl+B", asked.append
    commands.add("a.b", "Save the embeddings", lambda: None, words="npy CSV", shortcut=keys, by_name=by_name)
    palette = CommandPalette(commands, parent)
    palette.open_at(QPoint(500, 50))
    palette.field.setText("csv")
    assert titles(palette) == ["Save the embeddings", "Compare supervised variants"]  # the initials of the other
    assert palette.list.item(0).data(SHORTCUT) == "CSV"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    for words in ("embeddings np", "embed"):  # the last one names no format
        palette.open_at(QPoint(500, 50))
        palette.field.setText(words)
        assert palette.list.item(0).data(SHORTCUT) == "Ctrl+B"
        QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert asked == ["CSV", "npy"]


def test_settings_are_found_and_shown(qtbot: QtBot, start: MainWindow) -> None:
    start.activateWindow()
    qtbot.waitUntil(start.isActiveWindow)
    start.open_palette()
    palette = start.palette_of_commands
    palette.field.setText("size of points")
    assert titles(palette)[0] == "Setting: Size of points"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    page = start.findChild(SettingsPage)
    assert isinstance(page, SettingsPage)
    qtbot.waitUntil(page.rows["points"].field.hasFocus)
    page.close()


def test_a_class_and_an_item_are_found_selected_and_shown(qtbot: QtBot, open_window: Callable[..., MainWindow]) -> None:
    window = open_window("sample:digits")
    session, palette = window.session, window.palette_of_commands
    assert session is not None
    panel = window.workspace.panels["map"]
    assert isinstance(panel, MapPanel)
    picture = partial(getattr, panel.canvas, "picture")
    qtbot.waitUntil(lambda: picture() is not None and picture().share == 1.0, timeout=LONG)
    qtbot.waitUntil(  # a map that is new has none for a moment
        lambda: picture() is not None and bool(np.isfinite(picture().positions([41])).all()), timeout=LONG
    )
    window.commands["map.freeze"].trigger()  # the bounds stay as they are
    dataset = session.dataset
    assert dataset is not None
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.open_palette()
    palette.field.setText("#4")
    palette.field.setText("#41")
    qtbot.waitUntil(lambda: any(title.startswith("Item: #41 ") for title in titles(palette)), timeout=LONG)
    assert len([title for title in titles(palette) if title.startswith("Item")]) == 1
    palette.list.setCurrentRow(next(row for row, title in enumerate(titles(palette)) if title.startswith("Item")))
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.state.selection.tolist() == [41]
    assert window.status_bar.selected.text() == "1 selected"
    window.status_bar.selected.click()
    assert not window.workspace.docks["selection"].visibleRegion().isEmpty()
    assert not panel.canvas.navigator.following
    qtbot.waitUntil(lambda: not panel.canvas.navigator.gliding, timeout=LONG)
    assert 1 < panel.canvas.navigator.zoom < 100  # others can be seen as well

    window.open_palette()
    palette.field.setText("PCA")
    assert titles(palette)[0] == "Layout of the map: PCA"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert session.analysis.projection.name == "pca"
    window.open_palette()
    palette.field.setText("ask by a text")
    assert "Ask by a text" not in titles(palette)  # pictures are not typed

    palette.field.setText(dataset.ids[7])  # given up
    palette.field.setText("class 3")
    qtbot.waitUntil(lambda: "Class: 3" in titles(palette), timeout=LONG)
    assert not any(title.startswith("Item") for title in titles(palette))
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert {dataset.class_names[label] for label in dataset.labels[window.state.selection]} == {"3"}
    assert len(window.state.selection) == (dataset.labels == dataset.class_names.index("3")).sum()

    window.open_palette()
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
