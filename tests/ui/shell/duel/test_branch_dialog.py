"""From where a branch begins and what is changed in it: what is shown is what is trained."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from explorer.core.recipe import Recipe
from explorer.engine.session.branches import BranchOffered
from explorer.ui.shell.duel.branch_dialog import BranchDialog
from explorer.ui.widgets.fields.choice import Combo


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """Return over what the dialog stands."""
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


@pytest.fixture
def dialog(window: QWidget, tmp_path: Path) -> BranchDialog:
    """Return one for a run whose margin and miner were moved between its two steps."""
    values = (
        (("miner", "all"), ("loss.margin", 0.2), ("optimiser.lr", 0.01)),
        (("miner", "semi_hard"), ("loss.margin", 0.9), ("optimiser.lr", 0.01)),
    )
    recipe = Recipe()
    moved = recipe.with_settings(["loss.margin=0.9", "miner=semi_hard"])
    return BranchDialog(
        BranchOffered(tmp_path, (180, 450), values, (recipe, moved)), window, title="Branch", words="", at=180
    )


def shown(dialog: BranchDialog) -> dict[str, str]:
    """Return what its fields hold, by key."""
    return {
        key: field.currentData() if isinstance(field, Combo) else field.text() for key, field in dialog.values.items()
    }


def asked(qtbot: QtBot, dialog: BranchDialog) -> tuple[int, set[str]]:
    """Train, and return the step and what is to be others."""
    with qtbot.waitSignal(dialog.chosen) as told:
        dialog.take.click()
    return told.args[0], set(told.args[1])


def test_the_values_of_the_chosen_step_are_shown(qtbot: QtBot, dialog: BranchDialog) -> None:
    assert shown(dialog) == {"miner": "all", "loss.margin": "0.2", "optimiser.lr": "0.01"}
    dialog.step.setCurrentIndex(1)
    assert shown(dialog) == {"miner": "semi_hard", "loss.margin": "0.9", "optimiser.lr": "0.01"}
    dialog.step.setCurrentIndex(0)
    assert shown(dialog) == {"miner": "all", "loss.margin": "0.2", "optimiser.lr": "0.01"}
    assert asked(qtbot, dialog) == (180, set())


def test_what_a_person_has_put_stays_where_another_step_is_chosen(qtbot: QtBot, dialog: BranchDialog) -> None:
    margin, miner = dialog.values["loss.margin"], dialog.values["miner"]
    assert isinstance(margin, QLineEdit)
    assert isinstance(miner, Combo)
    margin.setText("0.9")
    miner.setCurrentIndex(miner.findData("hard"))
    dialog.step.setCurrentIndex(1)
    assert shown(dialog) == {"miner": "hard", "loss.margin": "0.9", "optimiser.lr": "0.01"}
    dialog.step.setCurrentIndex(0)
    assert shown(dialog) == {"miner": "hard", "loss.margin": "0.9", "optimiser.lr": "0.01"}
    assert asked(qtbot, dialog) == (180, {"miner=hard", "loss.margin=0.9"})


def test_what_is_put_back_follows_the_step_again(qtbot: QtBot, dialog: BranchDialog) -> None:
    margin = dialog.values["loss.margin"]
    assert isinstance(margin, QLineEdit)
    margin.setText("0.3")
    margin.setText("0.2")
    dialog.step.setCurrentIndex(1)
    assert margin.text() == "0.9"
    assert asked(qtbot, dialog) == (450, set())


@pytest.mark.parametrize("typed", ["abc", "-5", ""])
def test_a_value_that_cannot_be_is_refused_before_anything_begins(
    qtbot: QtBot, dialog: BranchDialog, typed: str
) -> None:
    margin = dialog.values["loss.margin"]
    assert isinstance(margin, QLineEdit)
    dialog.open()
    margin.setText(typed)
    with qtbot.assertNotEmitted(dialog.chosen):
        dialog.take.click()
    assert dialog.isVisible()
    assert dialog.problem.isVisible()
    assert dialog.problem.text()
    assert margin.text() == typed
    margin.setText("0.45")
    assert asked(qtbot, dialog) == (180, {"loss.margin=0.45"})
    assert not dialog.isVisible()


@pytest.mark.parametrize(
    ("at", "chosen", "words"),
    [
        (100, 180, "step 180, the first that was kept, is chosen and comes later"),
        (440, 180, "step 180, the last one before it, is chosen"),
        (999, 450, "step 450, the last one before it, is chosen"),
    ],
)
def test_the_note_says_which_step_is_chosen(
    dialog: BranchDialog, window: QWidget, at: int, chosen: int, words: str
) -> None:
    other = BranchDialog(dialog.offered, window, title="Branch", words="", at=at)
    assert other.step.currentData() == chosen
    assert words in other.note.text()
