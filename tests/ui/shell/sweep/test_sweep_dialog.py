from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.core.recipe import Recipe
from explorer.engine.sweep.background import LeftSweep, SweepEnded
from explorer.engine.sweep.summary import Combination
from explorer.ui.shell.sweep.sweep_dialog import ONE, AskedSweep, SweepDialog
from explorer.ui.shell.sweep.sweep_fields import VALUE, AxisRow, numbers_in
from explorer.ui.shell.sweep.sweep_results import SweepResults
from explorer.ui.widgets.steady_scroll import SteadyScroll
from explorer.ui.widgets.theme import ThemeManager


class Given:
    """Keeps what the dialog hands over."""

    def __init__(self) -> None:
        self.asked: list[AskedSweep] = []
        self.left: list[LeftSweep] = []


UNFIT = {"clip": "For pictures with captions, and these data have one side"}


@pytest.fixture
def given() -> Given:
    return Given()


@pytest.fixture
def dialog(qtbot: QtBot, themes: ThemeManager, given: Given) -> Iterator[SweepDialog]:
    parent = QWidget()
    qtbot.addWidget(parent)
    made = SweepDialog(parent, themes, Recipe().resolved(), given.asked.append, given.left.append, UNFIT)
    made.show()
    yield made
    made.close()


def tick(row: AxisRow, *values: str) -> None:
    items = [row.choices.item(place) for place in range(row.choices.count())]
    for item in items:
        item.setCheckState(Qt.CheckState.Checked if item.data(VALUE) in values else Qt.CheckState.Unchecked)


def test_a_loss_that_means_nothing_for_the_data_is_off_and_says_why(dialog: SweepDialog) -> None:
    dialog.add("loss")
    choices = dialog.rows[0].choices
    (clip,) = (item for place in range(choices.count()) if (item := choices.item(place)).data(VALUE) == "clip")
    assert clip.flags() == Qt.ItemFlag.NoItemFlags
    assert clip.toolTip() == UNFIT["clip"]


def test_it_opens_with_the_value_of_the_recipe_on_top_and_says_what_to_do(dialog: SweepDialog) -> None:
    dialog.add("loss")
    choices = dialog.rows[0].choices
    first, last = choices.item(0), choices.item(choices.count() - 1)
    assert (first.data(VALUE), first.checkState()) == ("triplet", Qt.CheckState.Checked)
    assert last.data(VALUE) == "clip", "what means nothing for the data comes last"
    assert dialog.note.text() == ONE
    assert dialog.note.isVisible()
    tick(dialog.rows[0], "triplet", "supcon")
    assert not dialog.note.isVisible()


def test_suggested_values_are_on_top_and_nothing_of_a_row_is_out_of_sight(qtbot: QtBot, dialog: SweepDialog) -> None:
    dialog.suggest("loss", ("triplet", "supcon", "arcface"), seeds=2)
    dialog.add("optimiser.rate")
    row, rates = dialog.rows
    assert {row.choices.item(place).data(VALUE) for place in range(3)} == {"triplet", "supcon", "arcface"}
    rates.how.setCurrentIndex(1)
    qtbot.waitUntil(lambda: rates.width() > 0)
    inside = row.parentWidget()
    assert inside is not None
    (scroll,) = dialog.findChildren(SteadyScroll)

    def fits() -> None:
        assert inside.width() <= scroll.viewport().width()
        for one in dialog.rows:
            assert one.remove.geometry().right() <= one.width()
        for field in (row.choices, dialog.devices):
            assert field.width() >= field.minimumSizeHint().width()
        words = dialog.devices.placeholderText()
        assert dialog.devices.fontMetrics().horizontalAdvance(words) < dialog.devices.width()

    qtbot.waitUntil(fits, timeout=5000)


def test_lists_choices_and_ranges_become_one_sweep(dialog: SweepDialog, given: Given) -> None:
    for key in ("loss", "loss.margin", "optimiser.rate"):
        dialog.add(key)
    losses, margins, rates = dialog.rows
    assert losses.said(drawn=False) == ("loss=triplet", 1)  # what the recipe says is there already
    tick(losses, "triplet", "supcon")
    margins.listed.setText("0.2, 0.4 0.6")
    rates.how.setCurrentIndex(1)
    assert not rates.said(drawn=False)[0]
    assert not dialog.train.isEnabled()
    rates.low.setText("0.001")
    rates.high.setText("0.1")
    rates.steps.setValue(3)
    rates.logarithmic.setChecked(True)
    assert rates.said(drawn=True)[0] == "optimiser.rate=0.001:0.1:log"
    dialog.seeds.setValue(2)
    assert dialog.train.text() == "Train at most 36 runs"
    dialog.budget.setCurrentIndex(dialog.budget.findData("pictures"))
    dialog.amount.setValue(5000)
    dialog.train.click()
    over = ("loss=triplet,supcon", "loss.margin=0.2,0.4,0.6", "optimiser.rate=0.001:0.1:3:log")
    assert given.asked == [AskedSweep(over, seeds=2, pictures=5000)]


def test_what_cannot_be_is_told_before_anything_is_trained(dialog: SweepDialog) -> None:
    dialog.add("optimiser.rate")
    row = dialog.rows[0]
    row.how.setCurrentIndex(1)
    row.low.setText("0.5")
    row.high.setText("0.1")
    assert "is no range" in dialog.problem.text()
    assert not dialog.train.isEnabled()
    row.high.setText("0.9")
    assert dialog.problem.text() == ""
    assert dialog.train.isEnabled()
    dialog.add("optimiser.rate")
    assert len(dialog.rows) == 1
    dialog.add("")
    dialog.rows[1].field.setCurrentIndex(row.field.currentIndex())
    assert "twice" in dialog.problem.text()
    dialog.rows[1].remove.click()
    assert len(dialog.rows) == 1


def test_some_combinations_are_drawn_and_optuna_goes_by_a_figure(dialog: SweepDialog, given: Given) -> None:
    dialog.add("loss.margin")
    dialog.rows[0].listed.setText("0.2, 0.4 0.2")
    assert dialog.note.text() == "Named twice, trained once: 0.2"
    assert dialog.train.text() == "Train 2 runs"
    dialog.rows[0].how.setCurrentIndex(1)
    dialog.rows[0].low.setText("0.1")
    dialog.rows[0].high.setText("0.5")
    assert not dialog.note.isVisible()
    dialog.halving.setChecked(True)
    assert not dialog.draw.isVisible()
    dialog.drawn.setCurrentIndex(dialog.drawn.findData("optuna"))
    assert not dialog.halving.isChecked()
    dialog.draw.setValue(12)
    dialog.figure.setCurrentIndex(dialog.figure.findData("map@r"))
    dialog.devices.setText("cpu gpu")
    assert "gpu is no device" in dialog.problem.text()
    assert not dialog.train.isEnabled()
    dialog.devices.setText("cuda:0, cuda:1")
    assert dialog.train.text() == "Train 12 runs"
    dialog.train.click()
    asked = AskedSweep(("loss.margin=0.1:0.5",), 12, "optuna", "map@r", ("cuda:0", "cuda:1"))
    assert given.asked == [asked]


def test_halving_goes_by_epochs_and_what_is_left_can_be_gone_on_with(dialog: SweepDialog, given: Given) -> None:
    dialog.halving.setChecked(True)
    dialog.budget.setCurrentIndex(dialog.budget.findData("minutes"))
    assert not dialog.halving.isEnabled()
    assert not dialog.halving.isChecked()
    left = LeftSweep(Path("/runs/sweep"), "<b>d", 12, 5)
    dialog.show_left((left,))
    button = next(one for one in dialog.findChildren(QPushButton) if one.text().startswith("Go on"))
    assert button.text() == "Go on with 12 runs on <b>d, of which 5 are trained"
    button.click()
    assert given.left == [left]


def test_numbers_of_a_list_may_be_parted_by_blanks_commas_or_semicolons() -> None:
    assert numbers_in(" 0.1, 0.3;0.5  1 ") == ["0.1", "0.3", "0.5", "1"]


def test_results_say_what_can_be_said(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    best = Combination((("loss", "nt_xent"), ("loss.margin", "0.2")), {0: 0.9}, 0.9, 0.8, 0.95, 1, whole=False)
    told = SweepEnded(Path("/runs/sweep"), "d", 2, 0, 1, (best,), "It is so.", stopped=False)
    opened: list[bool] = []
    results = SweepResults(told, lambda: opened.append(True), parent)
    assert results.sentence.text() == "It is so."
    cells = [str(results.table.rows.index(0, column).data()) for column in range(5)]
    assert cells == ["Loss InfoNCE / NT-Xent · Margin 0.2", "0.9000", "0.8000 – 0.9500", "1", "left behind, 1 failed"]
    next(one for one in results.findChildren(QPushButton) if one.text() == "Table of runs").click()
    assert opened == [True]
