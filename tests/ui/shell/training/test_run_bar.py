"""What the run bar says while a run trains, is paused, ends and has ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.core.events import RunFinished, RunPaused, RunStarted
from explorer.core.types import PIXELS_RUN, Evaluation, Progress
from explorer.engine.events import DatasetOpened
from explorer.ui.session.panel import Desk
from explorer.ui.shell.recipes.recipe_commands import WITHOUT
from explorer.ui.shell.training.action_button import ActionButton
from explorer.ui.shell.training.run_bar import LEAST_CHIP, RunBar
from explorer.ui.shell.training.run_bar_figure import NOTHING
from explorer.ui.shell.training.step_commands import STEPPING
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text_size import USUAL, text_size
from tests.helpers.blobs import blobs, dataset_of
from tests.ui.panel_desk import Held


@pytest.fixture
def desk(qtbot: QtBot, desk: Desk) -> Desk:
    for name in ("run.train", "run.continue", "run.stop", *STEPPING, "run.checkpoint", WITHOUT):
        desk.commands.add(name, name.partition(".")[2].capitalize(), lambda: None)
    desk.commands[WITHOUT].setEnabled(False)
    return desk


@pytest.fixture(autouse=True)
def usual_size(desk: Desk) -> Iterator[None]:
    """Give text its usual size back."""
    yield
    text_size().choose(USUAL)
    desk.themes.apply()


@pytest.fixture
def bar(qtbot: QtBot, desk: Desk) -> RunBar:
    made = RunBar(desk)
    qtbot.addWidget(made)
    return made


def test_the_second_press_of_a_double_click_is_none(qtbot: QtBot, desk: Desk) -> None:
    button, pressed = ActionButton(desk.commands["run.train"], desk, "play"), list[bool]()
    qtbot.addWidget(button)
    button.show()
    button.clicked.connect(lambda on=False: pressed.append(on))
    left = Qt.MouseButton.LeftButton
    QTest.mouseClick(button, left)
    QTest.mouseDClick(button, left)  # as it comes: in the place of a second press
    QTest.mouseRelease(button, left)
    assert len(pressed) == 1
    QTest.mouseClick(button, left)
    assert len(pressed) == 2


def progress(step: int, last_pass: tuple[int, int] | None = None) -> Progress:
    return Progress("r1", step, 1000, 3, 12, 20.0, 3540.0 if last_pass is None else 4.0, 900.0, 0.1, last_pass)


def test_beside_what_lacks_classes_stands_a_button_for_a_recipe_without_and_the_reason_is_short(
    desk: Desk, bar: RunBar
) -> None:
    reason = "None of the pictures has a class, and the loss triplet needs classes"
    why = f"{reason}: put each class in a folder of its own, or train without: the loss vicreg"
    desk.commands[WITHOUT].setEnabled(True)
    bar.show_state(why)
    assert bar.unlabelled.isVisibleTo(bar)
    assert bar.position.text() == in_window(reason)
    assert bar.position.about == in_window(why), "the rest is in the tip"
    desk.commands[WITHOUT].setEnabled(False)
    bar.show_state("Open pictures or vectors first")
    assert not bar.unlabelled.isVisibleTo(bar)


def test_after_stop_it_says_what_is_still_done(qtbot: QtBot, desk: Desk, bar: RunBar) -> None:
    held = cast(Held, desk.session)
    desk.bridge.run_event.emit(RunStarted("r1", 0, 1000, 12, "cpu", 1, 10))
    held.state = "training"
    bar.show_state("")
    desk.bridge.of(Progress).emit(progress(300))
    assert bar.position.text() == "Epoch 4 of 12 · step 300"
    held.ending = True
    bar.show_state("")
    desk.bridge.of(Progress).emit(progress(301))  # told before the trainer looked
    assert (bar.position.text(), bar.left.text()) == ("Stopping…", "")
    with qtbot.waitSignal(bar.finishing_changed):
        desk.bridge.of(Progress).emit(progress(302, (8155, 32460)))
    assert bar.finishing
    bar.show_state("")
    assert bar.position.text() == "Finishing: embedding 8,155 of 32,460"
    assert bar.bar.toolTip().endswith("4 s left")
    assert (bar.bar.value(), bar.bar.maximum()) == (8155, 32460)
    with qtbot.waitSignal(bar.finishing_changed):
        desk.bridge.run_event.emit(RunFinished("r1", 302, 3, "stopped", 30.0, 900.0))
    assert not bar.finishing
    assert (bar.bar.value(), bar.bar.maximum()) == (302, 1000), "as far as it came, not as the last pass"
    assert bar.position.text() == "Stopped at step 302"
    desk.bridge.run_event.emit(RunFinished("r1", 1000, 12, "done", 30.0, 900.0))
    assert bar.bar.value() == bar.bar.maximum() == 1000


def test_a_button_that_works_no_more_for_a_moment_has_the_focus_again(qtbot: QtBot, desk: Desk, bar: RunBar) -> None:
    bar.show()
    action = desk.commands["run.train"]
    bar.train.setFocus()
    qtbot.waitUntil(bar.train.hasFocus)
    action.setEnabled(False)
    assert bar.focusWidget() is None, "not what comes next, or is first in the window"
    action.setEnabled(True)
    assert bar.train.hasFocus()
    action.setEnabled(False)
    bar.stop.setFocus()
    action.setEnabled(True)
    assert bar.stop.hasFocus(), "a person went on"


def test_a_pause_is_called_one(desk: Desk, bar: RunBar) -> None:
    desk.bridge.run_event.emit(RunPaused("r1", 1300))
    cast(Held, desk.session).state = "paused"
    desk.bridge.of(Progress).emit(progress(1299))
    assert bar.position.text() == "Paused at step 1,300"


@pytest.mark.parametrize("percent", [100, 150, 200])
def test_the_time_that_is_left_is_read_whole_in_every_size_of_text(
    qtbot: QtBot, desk: Desk, bar: RunBar, percent: int
) -> None:
    text_size().choose(percent)
    desk.themes.apply()
    cast(Held, desk.session).state = "training"
    bar.show_state("")
    desk.bridge.run_event.emit(RunStarted("r1", 0, 1000, 12, "cpu", 1, 10))
    desk.bridge.of(Progress).emit(replace(progress(300), seconds_left=62.0))
    bar.resize(1024, bar.sizeHint().height())
    bar.show()
    qtbot.waitUntil(lambda: bar.left.width() >= bar.left.sizeHint().width())
    qtbot.waitUntil(lambda: bar.position.shown_text().endswith("step 300"))
    assert bar.minimumSizeHint().width() <= 1024


def test_where_there_is_no_figure_yet_it_says_when_it_comes(desk: Desk, bar: RunBar) -> None:
    desk.bridge.run_event.emit(RunStarted("r1", 0, 1000, 12, "cpu", 1, 9))
    coming = replace(progress(7), next_evaluation=20)
    desk.bridge.of(Progress).emit(coming)
    assert bar.recall1.value.text() == NOTHING
    assert bar.recall1.label.text() == "recall@1 · at step ≈ 20"
    assert "next at about step 20" in bar.recall1.toolTip()
    desk.bridge.of(Evaluation).emit(Evaluation("r1", 20, "held-out", {"recall@1": 0.5}, 9, 3, unseen=False))
    desk.bridge.of(Progress).emit(replace(coming, step=21, next_evaluation=40))
    assert bar.recall1.value.text() == "0.500"
    assert "≈" not in bar.recall1.label.text()
    assert "next at about step 40" in bar.recall1.toolTip()


def test_data_that_are_added_beside_a_run_take_nothing_of_it_away(desk: Desk, bar: RunBar) -> None:
    dataset = dataset_of(blobs(20, 2)[1])
    desk.bridge.run_event.emit(RunStarted("r1", 0, 1000, 12, "cpu", 1, 9))
    desk.bridge.of(Progress).emit(progress(500))
    desk.bridge.of(Evaluation).emit(Evaluation("r1", 500, "held-out", {"recall@1": 0.5}, 9, 3, unseen=False))
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(dataset, None, "test", kept_run=True))
    assert (bar.recall1.value.text(), bar.bar.value()) == ("0.500", 500)
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(dataset, None, kept_run=True))  # another run, with its data
    assert (bar.recall1.value.text(), bar.bar.value()) == (NOTHING, 0)


def test_the_figure_before_any_training_says_by_which_distance_it_is(desk: Desk, bar: RunBar) -> None:
    desk.bridge.of(Evaluation).emit(Evaluation(PIXELS_RUN, 0, "held-out", {"recall@1": 0.2}, 9, 3, unseen=False))
    assert bar.recall1.accessibleName() == "recall@1 raw cosine 0.200"
    assert "Evaluate goes by its own distance" in " ".join(bar.recall1.toolTip().split())


@pytest.mark.parametrize("width", [900, 1024, 1180, 1440])
def test_figures_that_have_room_are_named_whole(qtbot: QtBot, bar: RunBar, width: int) -> None:
    bar.chip.setText("a set with a long name · triplet 0.20 · semi_hard · mined among all of a batch and a memory")
    bar.position.setText("Stopped at step 146, in the middle of an epoch")
    bar.recall1.show_value("0.994", "recall@1 held-out items")
    bar.speed.show_value("1,579", "pictures / s")
    bar.resize(width, bar.sizeHint().height())
    bar.show()
    shown = [figure.label for figure in bar._figures if figure.isVisible()]
    assert bar.recall1.label in shown
    qtbot.waitUntil(lambda: all(label.shown_text() == label.text() for label in shown))


def test_in_a_small_window_figures_are_named_in_few_words_before_one_is_left_out_or_the_recipe_says_nothing(
    qtbot: QtBot, bar: RunBar
) -> None:
    bar.chip.setText("grocery_store · triplet 0.20 · all")
    bar.recall1.show_value("0.831", "recall@1 of what was kept out of the training", brief="recall@1")
    bar.speed.show_value("1,579", "pictures / s")
    for width, label in ((1440, "recall@1 of what was kept out of the training"), (960, "recall@1")):
        bar.resize(width, bar.sizeHint().height())
        bar.show()
        qtbot.waitUntil(lambda label=label: bar.recall1.label.text() == label)  # type: ignore[misc]
        assert all(figure.isVisible() for figure in bar._figures)
        qtbot.waitUntil(lambda: bar.chip.width() >= 100)
        assert bar.recall1.accessibleName() == "recall@1 of what was kept out of the training 0.831"


def test_two_figures_have_room_before_all_buttons_have_their_words(qtbot: QtBot, desk: Desk) -> None:
    around = QWidget()
    qtbot.addWidget(around)
    bar = RunBar(desk, around)
    around.show()
    bar.recall1.show_value("0.831", "recall@1")
    least = bar._least(bar._figures[:2], LEAST_CHIP)
    whole = bar._least(bar._figures[:2], LEAST_CHIP, bare=False)
    for width, words in ((whole, "Stop"), (least, ""), (whole, "Stop")):
        bar.resize(width, bar.sizeHint().height())
        bar.show()
        qtbot.waitUntil(lambda words=words: bar.stop.text() == words)  # type: ignore[misc]
        assert bar.recall5.isVisible()
        assert (bar.go_on.text(), bar.stop.accessibleName()) == ("Go on" if words else "", "Stop")
        assert bar.stop.needed(not words) == bar.stop.sizeHint().width()
    assert bar.stop.needed(True) < bar.stop.needed(False)
