from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.core.recipe import Recipe
from explorer.engine.session.recipes import RUN, SAVED, SET, KnownRecipe
from explorer.ui.shell.recipes.recipe_book import ALONE, RecipeBook, difference_words, setting_words

MINE = Recipe().with_settings(["loss.margin=0.5", "epochs=3"])
KNOWN = (
    KnownRecipe("Default", SET, Recipe(), "What everybody begins with."),
    KnownRecipe("first", RUN, MINE, "Changed while it trained", Path("runs/first")),
    KnownRecipe("mine & <b>", SAVED, MINE.with_value("miner", "hard")),
    KnownRecipe("broken", SAVED, None, "it has no key"),
)


@pytest.fixture
def book(qtbot: QtBot) -> Iterator[RecipeBook]:
    """The window of recipes, with a few of them."""
    parent = QWidget()
    qtbot.addWidget(parent)
    made = RecipeBook(parent)
    made.show_recipes(KNOWN)
    made.show()
    yield made
    made.close()


def rows(book: RecipeBook) -> list[tuple[object, ...]]:
    model = book.table.rows
    return [
        tuple(model.data(model.index(row, column)) for column in range(model.columnCount()))
        for row in range(model.rowCount())
    ]


def choose(book: RecipeBook, name: str) -> None:
    (item,) = book.list.findItems(name, Qt.MatchFlag.MatchExactly)
    book.list.setCurrentItem(item)


def test_the_chosen_recipe_is_compared_with_what_is_set(book: RecipeBook) -> None:
    choose(book, "first")
    assert rows(book) == [("Margin of the loss", "0.2", "0.5"), ("Epochs", "auto", "3")]
    assert book.words.text() == "Changed while it trained"
    book.show_set(MINE)
    assert book.chosen is KNOWN[1]
    assert not rows(book)
    assert book.same.text() == "They are the same"
    assert not book.table.isVisible()
    book.other.setCurrentText("Default")
    assert len(rows(book)) == 2


def test_nothing_is_compared_with_itself(book: RecipeBook) -> None:
    assert book.chosen is not None
    assert book.chosen.name == "Default", "of what is known the first"
    assert book.other.currentText() == "The recipe that is set"
    choose(book, "The recipe that is set")
    assert book.other.currentText() == "first", "the run before says something else; the default recipe is the same"
    assert len(rows(book)) == 2
    book.other.setCurrentText("mine & <b>")
    choose(book, "first")
    assert book.other.currentText() == "mine & <b>", "what a person has chosen stays"
    choose(book, "mine & <b>")
    assert book.other.currentText() == "The recipe that is set"
    own = book.other.model().index(book.other.findText("mine & <b>"), 0)
    assert not own.flags() & Qt.ItemFlag.ItemIsEnabled
    choose(book, "first")
    assert book.other.currentText() == "mine & <b>"


def test_what_is_set_is_compared_with_something_that_differs(book: RecipeBook) -> None:
    book.show_recipes((KNOWN[0], *KNOWN[2:]))
    book.show_set(Recipe().with_settings(["loss.margin=0.2"]))  # which says what it is by default
    choose(book, "The recipe that is set")
    assert book.other.currentText() == "mine & <b>"
    assert rows(book)


def test_the_only_recipe_says_that_there_is_no_other(qtbot: QtBot, book: RecipeBook) -> None:
    alone = RecipeBook(book)
    alone.show_set(MINE)
    assert alone.same.text() == ALONE
    assert not alone.same.isHidden()
    assert alone.table.isHidden()
    assert not alone.other.isEnabled()
    alone.show_recipes(KNOWN)
    assert alone.chosen is not None
    assert alone.chosen.name == "The recipe that is set"
    assert alone.other.currentText() == "Default"
    assert alone.other.isEnabled()


def test_what_cannot_be_read_is_neither_taken_nor_compared_with(book: RecipeBook) -> None:
    choose(book, "broken")
    assert book.same.text() == "It cannot be read"
    assert not book.take.isEnabled()
    assert not book.copy.isEnabled()
    assert book.other.findText("broken") < 0
    choose(book, "The recipe that is set")
    assert not book.take.isEnabled()


def test_a_recipe_is_taken_by_return_and_copied_by_the_menu(qtbot: QtBot, book: RecipeBook) -> None:
    choose(book, "mine & <b>")
    with qtbot.waitSignal(book.taken) as taken:
        QTest.keyClick(book.list, Qt.Key.Key_Return)
    assert taken.args == [KNOWN[2]]
    assert not book.isVisible()
    book.show()
    actions = book.copy.menu().actions()
    with qtbot.waitSignal(book.copied) as copied:
        actions[1].trigger()
    assert copied.args == ["command", KNOWN[2]]


def test_the_run_that_was_asked_for_is_chosen(book: RecipeBook) -> None:
    choose(book, "Default")
    book.want(Path("runs/first"))
    book.show_recipes(KNOWN)
    assert book.chosen is KNOWN[1]
    choose(book, "Default")
    book.show_recipes(KNOWN)
    assert book.chosen is KNOWN[0]


def test_differences_in_a_few_words() -> None:
    assert difference_words(Recipe(), Recipe()) == ""
    assert difference_words(Recipe(), MINE) == "margin of the loss 0.2 → 0.5, epochs auto → 3"
    assert difference_words(Recipe(), MINE.with_settings(["seed=2", "miner=hard"])).endswith(", 2 more")
    assert setting_words("loss") == "Loss"
    other = Recipe().with_settings(["loss=supcon"])
    assert difference_words(MINE.with_value("epochs", 0), other).startswith("loss triplet → supervised contrastive")
    assert "–" not in difference_words(MINE, other)


def test_it_is_closed_by_its_button(book: RecipeBook) -> None:
    book.show()
    QTest.mouseClick(book.leave, Qt.MouseButton.LeftButton)
    assert not book.isVisible()
