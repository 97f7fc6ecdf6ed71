from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from explorer.core.events import RunStarted
from explorer.core.map_values import KeptStep, StepShown
from explorer.core.types import Evaluation, StepMetrics
from explorer.engine.events import StateChanged
from explorer.ui.map.time_line import BACK, BACK_SHORT, ELSEWHERE, FOLLOWING, WAITING, WITHOUT, TimeLine
from explorer.ui.map.time_line_track import CLOSEST, EDGE, TALL, Track
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.theme import ThemeManager
from tests.ui.panel_desk import Held, desk_of

STEPS = (10, 20, 40, 80, 160)
LEFT = Qt.MouseButton.LeftButton
DIRECT = Qt.FindChildOption.FindDirectChildrenOnly
PLAIN = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def held() -> Held:
    return Held(run="r", state="training")


@pytest.fixture
def line(qtbot: QtBot, held: Held, settings: Settings, themes: ThemeManager) -> TimeLine:
    widget = TimeLine(desk_of(held, settings))
    qtbot.addWidget(widget)
    widget.resize(900, widget.height())
    widget.show()
    return widget


def keep(qtbot: QtBot, line: TimeLine, held: Held, steps: tuple[int, ...] = STEPS) -> None:
    held.steps = tuple(KeptStep("r", step, step % 20 == 0) for step in steps)
    bridge = line._desk.bridge
    bridge.metrics.emit([StepMetrics("r", step, 0, 1 / step, 0.5, 1.0, 0.1, 9.0) for step in (*steps, 164)])
    for kept in held.steps:
        bridge.of(KeptStep).emit(kept)
    qtbot.waitUntil(lambda: line.track.newest == len(steps))


def shown(line: TimeLine, step: int) -> None:
    line._desk.bridge.of(StepShown).emit(StepShown("r", step))


def at(line: TimeLine, place: int) -> QPoint:
    layout = line.layout()
    assert layout is not None
    layout.activate()  # the words beside the track are others by now
    return QPoint(round(line.track.position(place)), line.track.height() // 2)


def test_it_says_what_will_appear_until_a_step_is_kept(qtbot: QtBot, line: TimeLine, held: Held) -> None:
    assert line.words.isVisible()
    assert line.words.text() == WAITING
    held.state = "finished"
    line._desk.bridge.of(StateChanged).emit(None)
    qtbot.waitUntil(lambda: line.words.text() == WITHOUT)
    held.read_only = "This run is open for writing in process 1"
    line._desk.bridge.of(StateChanged).emit(None)
    qtbot.waitUntil(lambda: line.words.text() == ELSEWHERE)
    held.state, held.read_only = "training", ""
    assert not line.track.isVisible()
    assert not line._desk.commands["timeline.play"].isEnabled()
    keep(qtbot, line, held)
    assert not line.words.isVisible()
    assert line.track.isVisible()
    assert line.label.text() == "step 164"
    assert "5 steps kept" in line.label.toolTip()
    assert line.pill.text() == FOLLOWING
    assert not line.pill.isEnabled()
    assert line.track.value() == line.track.newest == 5


def test_below_a_low_map_it_gives_way_until_a_step_is_kept(qtbot: QtBot, line: TimeLine, held: Held) -> None:
    line.give_way(True)
    assert not line.isVisible()
    keep(qtbot, line, held)
    assert line.isVisible()
    low, metrics = line.height(), line.fontMetrics()
    assert metrics.height() <= low
    assert line.pill.height() < low
    line.give_way(False)
    assert line.isVisible()
    assert low <= line.height() - metrics.height(), "a line of text less"
    radius = int(line.pill.styleSheet().removeprefix("border-radius: ").removesuffix("px;"))
    assert 8 < radius <= line.pill.height() / 2, "a radius that is too large makes it square"


def test_a_menu_on_a_step_shows_it_or_branches_from_it(qtbot: QtBot, line: TimeLine, held: Held) -> None:
    keep(qtbot, line, held)
    told: list[object] = []
    branch = line._desk.commands.add("run.branch", "Branch", lambda: told.append(branch.data()), tip="about it")
    for step, entry in ((40, "Show this step"), (20, "Branch from here…")):
        place = STEPS.index(step)
        where = at(line, place)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, line.track.mapToGlobal(where))
        QApplication.sendEvent(line.track, event)
        (menu,) = line.findChildren(QMenu, options=DIRECT)
        assert f"step {step}" in menu.actions()[0].text()
        next(action for action in menu.actions() if action.text() == entry).trigger()
        menu.close()
        qtbot.waitUntil(lambda: not line.findChildren(QMenu, options=DIRECT))
    assert held.asked == ["step 40"]
    assert told == [20], "whichever step is shown"
    held.state = "training"
    branch.setEnabled(False)
    where = at(line, 1)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, line.track.mapToGlobal(where))
    QApplication.sendEvent(line.track, event)
    (menu,) = line.findChildren(QMenu, options=DIRECT)
    waiting = next(action for action in menu.actions() if action.text().startswith("Branch"))
    assert (waiting.text(), waiting.isEnabled()) == ("Branch from here, once the run has stopped", False)
    menu.close()


def test_a_click_shows_a_step_and_the_pill_goes_back(qtbot: QtBot, line: TimeLine, held: Held) -> None:
    keep(qtbot, line, held)
    QTest.mouseClick(line.track, LEFT, PLAIN, at(line, 1))
    assert held.asked == ["step 20"]
    assert line.label.text() == "step 20 / 164"
    assert line._desk.state.displayed_step == -1  # not yet: the session says when
    shown(line, 20)
    assert line._desk.state.displayed_step == 20
    assert line.property("past") is True
    assert line.pill.text() == BACK
    QTest.mouseClick(line.pill, LEFT)
    assert held.asked == ["step 20", "step -1"]
    shown(line, -1)
    assert (line._desk.state.displayed_step, line.property("past")) == (-1, False)
    assert line.track.value() == 5


def test_dragging_asks_for_each_step_once_and_the_handle_stays_with_the_hand(
    qtbot: QtBot, line: TimeLine, held: Held
) -> None:
    keep(qtbot, line, held)
    QTest.mousePress(line.track, LEFT, PLAIN, at(line, 4))
    for place in (3, 2, 1):
        QTest.mouseMove(line.track, at(line, place))
        QTest.mouseMove(line.track, at(line, place) + QPoint(2, 0))
    shown(line, 160)  # an answer on its way does not take the handle back
    assert line.track.value() == 1
    QTest.mouseRelease(line.track, LEFT, PLAIN, at(line, 1))
    assert held.asked == ["step 160", "step 80", "step 40", "step 20"]
    assert "step 20" in line.track.accessibleDescription()


def test_keys_and_wheel_go_from_step_to_step(qtbot: QtBot, line: TimeLine, held: Held) -> None:
    keep(qtbot, line, held)
    keys = Qt.Key
    for key in (keys.Key_Left, keys.Key_Left, keys.Key_Home, keys.Key_Left, keys.Key_Right, keys.Key_End):
        QTest.keyClick(line.track, key)
    assert held.asked == ["step 160", "step 80", "step 10", "step 20", "step -1"]
    place = QPointF(at(line, 2))
    for turned in (60, 60, -120, -240):
        event = QWheelEvent(
            place, line.track.mapToGlobal(place), QPoint(), QPoint(0, turned), Qt.MouseButton.NoButton, PLAIN,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(line.track, event)
    assert held.asked[5:] == ["step 160", "step -1"]
    interface = QAccessible.queryAccessibleInterface(line.track)
    assert interface.text(QAccessible.Text.Name) == "Time line"
    assert interface.valueInterface().currentValue() == 5
    assert interface.valueInterface().maximumValue() == 5


def test_the_commands_do_the_same(qtbot: QtBot, line: TimeLine, held: Held) -> None:
    keep(qtbot, line, held)
    commands = line._desk.commands
    for name in ("previous", "previous", "next", "next", "next", "previous", "live"):
        commands[f"timeline.{name}"].trigger()
    assert held.asked == ["step 160", "step 80", "step 160", "step -1", "step 160", "step -1"]
    assert "Ctrl+Space" in line.play_button.toolTip()


def test_playing_shows_every_step_and_ends_at_the_newest(qtbot: QtBot, line: TimeLine, held: Held) -> None:
    keep(qtbot, line, held)
    line.set_speed(4.0)
    line.track.setFocus()
    QTest.keyClick(line.track, Qt.Key.Key_Space)
    assert line.playing
    line._play_on()
    assert held.asked == ["step 10"]  # none is passed over while one is on its way
    while line.playing:
        shown(line, int(held.asked[-1].removeprefix("step ")))
        before = list(held.asked)
        qtbot.waitUntil(lambda: held.asked != before or not line.playing)  # noqa: B023
    assert held.asked == [*(f"step {step}" for step in STEPS), "step -1"]
    shown(line, -1)
    held.state = "finished"
    held.asked.clear()
    line.play()
    shown(line, 10)
    QTest.mouseClick(line.track, LEFT, PLAIN, at(line, 4))
    assert not line.playing
    shown(line, 160)
    line.play()
    assert held.asked[-1] == "step 10"  # from the beginning where nothing comes after
    while line.playing:
        shown(line, int(held.asked[-1].removeprefix("step ")))
        before = list(held.asked)
        qtbot.waitUntil(lambda: held.asked != before or not line.playing)  # noqa: B023
    shown(line, -1)
    assert held.asked[-1] == "step -1"
    assert (line.pill.text(), line.pill.isEnabled()) == ("newest", False)


def test_the_speed_is_chosen_from_a_menu_or_by_a_command(qtbot: QtBot, line: TimeLine, held: Held) -> None:
    keep(qtbot, line, held)
    actions = line.speed.menu().actions()
    assert [action.text() for action in actions] == ["0.5×", "1×", "2×", "4×"]
    actions[2].trigger()
    assert (line.speed.text(), line._player.interval()) == ("2×", 125)
    for expected in ("4×", "0.5×"):
        line._desk.commands["timeline.speed"].trigger()
        assert line.speed.text() == expected
    assert [action.isChecked() for action in actions] == [True, False, False, False]


def test_a_step_that_cannot_be_shown_takes_the_handle_back(qtbot: QtBot, line: TimeLine, held: Held) -> None:
    keep(qtbot, line, held)
    QTest.mouseClick(line.track, LEFT, PLAIN, at(line, 1))
    held.steps = tuple(kept for kept in held.steps if kept.step != 20)
    shown(line, -1)
    assert line.track.value() == line.track.newest == 4
    assert line.label.text() == "step 164"


def test_the_shown_step_stays_when_more_are_kept_and_others_thinned(qtbot: QtBot, line: TimeLine, held: Held) -> None:
    keep(qtbot, line, held)
    QTest.mouseClick(line.track, LEFT, PLAIN, at(line, 2))
    shown(line, 40)
    held.steps = tuple(KeptStep("r", step, exact=True) for step in (10, 40, 80, 160, 200, 240))
    line._desk.bridge.of(KeptStep).emit(held.steps[-1])
    qtbot.waitUntil(lambda: line.track.newest == 6)
    assert line.track.value() == 1
    held.steps = ()
    line._desk.bridge.run_event.emit(RunStarted("r", 0, 9, 9, "cpu", 1, 1))
    qtbot.waitUntil(line.words.isVisible)


def test_a_narrow_one_leaves_words_out_and_nothing_overlaps(qtbot: QtBot, line: TimeLine, held: Held) -> None:
    keep(qtbot, line, held)
    for width, label, back in ((900, "step 20 / 164", BACK), (380, "step 20", BACK_SHORT)):
        line.resize(width, line.height())
        shown(line, 20)
        assert (line.label.text(), line.pill.text()) == (label, back)
        qtbot.waitUntil(lambda: line.pill.geometry().right() < line.width())
        parts = [part.geometry() for part in line._parts if part.isVisible()]
        assert all(a.right() < b.left() for a, b in pairwise(parts))
        assert line.track.width() >= 80
        assert line.label.width() >= line.label.fontMetrics().horizontalAdvance(label)


def test_hovering_tells_step_recall_and_loss(qtbot: QtBot, line: TimeLine, held: Held) -> None:
    keep(qtbot, line, held)
    line._desk.bridge.of(Evaluation).emit(Evaluation("r", 20, "held-out", {"recall@1": 0.8125}, 9, 3, unseen=False))
    QTest.mouseMove(line.track, at(line, 2))
    assert line.track.hover == 2
    assert line.tip(2) == "step 40 · recall@1 0.812 · loss 0.025"
    assert line.tip(0) == "≈ step 10 · loss 0.1"
    assert line.tip(5) == "step 164, the newest"
    assert "several steps" in line.track._tip(0)
    assert line.track._tip(2) == line.tip(2), "it is exact"
    QTest.mouseMove(line, QPoint(1, 1))


@pytest.mark.parametrize("count", [1, 2, 20, 200, 1000])
@pytest.mark.parametrize("width", [120, 700])
def test_ticks_can_be_told_apart(qtbot: QtBot, line: TimeLine, count: int, width: int) -> None:
    track: Track = line.track
    steps = tuple(KeptStep("r", step, step % 7 == 0) for step in range(count))
    track.resize(width, track.height())
    track.set_steps(steps, count)
    drawn = [track.position(place) for place, _ in track.ticks()]
    assert drawn
    assert all(b - a >= CLOSEST - 0.01 for a, b in pairwise(drawn))
    assert 0 < drawn[0] <= track.position(count) < width
    assert track.position(count) == pytest.approx(width - EDGE), "the newest step is at the end, however young the run"
    for place in (0, count // 2, count):
        assert track.place_at(track.position(place)) == place
    assert all((height == TALL) == steps[place].exact for place, height in track.ticks())


def test_text_fields_keep_their_keys(qtbot: QtBot, line: TimeLine, held: Held) -> None:
    keep(qtbot, line, held)
    line.addActions([command.action for command in line._desk.commands])
    field = QLineEdit("two words", line)
    field.show()
    line.activateWindow()
    qtbot.waitUntil(line.isActiveWindow)
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert field.cursorPosition() == len("two ")
    QTest.keyClick(field, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(field, Qt.Key.Key_Left)
    QTest.keyClick(field, Qt.Key.Key_Space)
    assert field.text() == "two word s"
    assert held.asked == []
    line.track.setFocus()
    QTest.keyClick(line.track, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert held.asked == ["step 160"]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_both_themes_draw_it(qtbot: QtBot, line: TimeLine, held: Held, theme: str) -> None:
    keep(qtbot, line, held)
    themes = line._desk.themes
    themes.choose("dark" if theme == "dark" else "light")
    following = line.track.grab().toImage()
    line.track.set_steps(held.steps, 1)
    past = line.track.grab().toImage()
    assert past != following
    x = round(line.track.position(1))
    accent = themes.current.colour("accent").name()
    assert accent in {past.pixelColor(x, y).name() for y in range(past.height())}
    assert accent not in {past.pixelColor(round(line.track.position(3)), y).name() for y in range(past.height())}
