"""Recipes in the real window: dropped, copied, pasted, saved, put back, and the lines that train a run again."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

import explorer
from explorer.core.events import RunFinished
from explorer.core.recipe import Recipe
from explorer.engine.paths import recipes_folder
from explorer.engine.recipes.command_line import program
from explorer.ui.shell.main_window import MainWindow
from tests.helpers.command_line import run_command
from tests.ui.conftest import LONG

Open = Callable[..., MainWindow]


def ready(qtbot: QtBot, window: MainWindow) -> Recipe:
    """Wait for the form of the recipe, and return what is set."""
    qtbot.waitUntil(lambda: window.commands["recipe.paste"].isEnabled(), timeout=LONG)
    assert window.session is not None
    return window.session.recipe


def told(window: MainWindow) -> str:
    return window.toasts.shown[-1].text if window.toasts.shown else ""


def test_a_dropped_recipe_is_taken_and_can_be_put_back(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window = open_window()
    before = ready(qtbot, window)
    path = tmp_path / "mine.toml"
    path.write_text('loss = { name = "triplet", margin = 0.5 }\n', encoding="utf-8")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    actions, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dragEnterEvent(QDragEnterEvent(QPointF(400, 400).toPoint(), actions, mime, buttons, keys))
    assert "Drop to take the recipe “mine.toml”" in window.start_page.zone.title.text()
    window.dropEvent(QDropEvent(QPointF(400, 400), actions, mime, buttons, keys))
    assert window.session is not None
    assert window.session.recipe.params("loss").margin == 0.5
    assert told(window).startswith("mine is set: margin of the loss 0.2 → 0.5. Open what it shall be trained on")
    window.toasts.shown[-1].offer.click()
    assert window.session.recipe == before


def test_a_recipe_goes_over_the_clipboard_and_other_texts_do_not(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    ready(qtbot, window)
    assert window.session is not None
    window.session.configure(Recipe().with_settings(["miner=hard", "seed=7"]))
    window.commands["recipe.copy"].trigger()
    text = QGuiApplication.clipboard().text()
    assert Recipe.from_toml(text).seed == 7
    window.commands["recipe.reset"].trigger()
    assert told(window).startswith("The default recipe is set: miner hard → all, seed 7 → 0.")
    window.commands["recipe.paste"].trigger()
    assert window.session.recipe.resolved() == Recipe().with_settings(["miner=hard", "seed=7"]).resolved()
    for wrong, words in (
        ("", "There is no recipe on the clipboard"),
        ("Dear Sir", "The text on the clipboard cannot be read as a recipe: it is no TOML"),
        ("los = { name = 'triplet' }", "it has a key 'los', which no recipe has. Did you mean loss?"),
        ("loss = { name = 'trplet' }", "There is no loss 'trplet'. Did you mean triplet?"),
        ("loss = { name = 'triplet', margi = 2 }", "has no parameter 'margi'"),
        ("data = { modality = '<i>' }", "data.modality=<i> is no kind of items"),
        ("a=" + "[" * 5000 + "]" * 5000, "it is nested deeper than any recipe"),
    ):
        QGuiApplication.clipboard().setText(wrong)
        window.commands["recipe.paste"].trigger()
        assert words in told(window)
        assert window.session.recipe.seed == 7


def test_a_saved_recipe_is_listed_by_its_name(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    ready(qtbot, window)
    window.commands["recipe.save"].trigger()
    files = window.findChild(QFileDialog, "file-dialog")
    assert isinstance(files, QFileDialog)
    assert Path(files.directory().absolutePath()) == recipes_folder()
    files.selectFile(str(recipes_folder() / "my own.toml"))
    files.accept()
    assert told(window) == "The recipe is saved as my own."
    window.commands["recipe.book"].trigger()
    book = window.actions_of_window.recipes.book
    assert book is not None
    qtbot.waitUntil(lambda: bool(book.list.findItems("my own", Qt.MatchFlag.MatchExactly)), timeout=LONG)
    book.list.setCurrentItem(book.list.findItems("An open set: multi-similarity", Qt.MatchFlag.MatchExactly)[0])
    book.take.click()
    assert window.session is not None
    assert window.session.recipe.loss.name == "multi_similarity"
    assert told(window).startswith("An open set: multi-similarity is set: split automatic → classes never trained on")
    book.copy.menu().actions()[2].trigger()
    assert "Open data first" in told(window)
    assert run_command("recipes", "list")[1].endswith("Saved by you\n  my own\n")


@pytest.mark.full
def test_the_copied_command_trains_the_run_of_the_window_again(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window = open_window("sample:digits")
    ready(qtbot, window)
    qtbot.waitUntil(lambda: window.workspace.shown, timeout=LONG)
    assert window.session is not None
    assert window.bridge is not None
    window.session.configure(Recipe().with_settings(["encoder=linear", "loss.margin=0.35", "epochs=2", "device=cpu"]))
    with qtbot.waitSignal(window.bridge.of(RunFinished), timeout=LONG):
        window.commands["run.train"].trigger()
    qtbot.waitUntil(lambda: window.session is not None and window.session.state == "finished", timeout=LONG)
    folder = window.session.run_folder
    assert folder is not None
    window.commands["recipe.copy_command"].trigger()
    qtbot.waitUntil(lambda: "again is on the clipboard" in told(window), timeout=LONG)
    words = shlex.split(QGuiApplication.clipboard().text())
    assert run_command(*words[len(program()) :])[0] == 0
    again = explorer.open_run(folder.with_name(f"{folder.name}-again"))
    assert (again.embeddings == explorer.open_run(folder).embeddings).all()
    assert window.run_bar is not None
    QTest.mouseClick(window.run_bar.chip, Qt.MouseButton.LeftButton)
    book = window.actions_of_window.recipes.book
    assert book is not None
    assert book.isVisible()
    qtbot.waitUntil(lambda: bool(book.list.findItems(folder.name, Qt.MatchFlag.MatchExactly)), timeout=LONG)
    book.list.setCurrentItem(book.list.findItems(folder.name, Qt.MatchFlag.MatchExactly)[0])
    assert book.same.text() == "They are the same"
    book.list.setCurrentItem(book.list.findItems("Default", Qt.MatchFlag.MatchExactly)[0])
    book.hide()
    window.commands["file.runs"].trigger()
    page = window.runs.page
    assert page is not None
    qtbot.waitUntil(lambda: page.details.run is not None, timeout=LONG)
    shown = page.details.run
    assert shown is not None
    page.details.buttons["recipe"].click()
    qtbot.waitUntil(lambda: book.chosen is not None and book.chosen.run == shown.path, timeout=LONG)
    assert book.isVisible()
