"""The time line below the map: every kept step of the run, to be looked at and played again."""

from __future__ import annotations

from bisect import bisect_left

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from explorer.core.events import RunStarted
from explorer.core.figure_words import MIXED, STEP
from explorer.core.map_values import KeptStep, StepShown
from explorer.engine.events import UNDER_WAY, DatasetOpened, RunOpened, StateChanged
from explorer.runs.retention import DEFAULT
from explorer.ui.map.time_line_track import Track
from explorer.ui.session.panel import Desk
from explorer.ui.session.run_history import RunHistory
from explorer.ui.widgets.context_menu import add_group, context_menu, entry
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.text import ElidedLabel, KeptLabel, broken, count, counted, decimal
from explorer.ui.widgets.text_size import barred, keep_size, scaled, text_size, when_letters_change

HEIGHT, LOW_HEIGHT = 44, 22
"""How high it is, and where the map is low, in pixels at the usual size of text;"""
PILL, LOW_PILL = 26, 20
"""and so is the button at its end."""
PLAY_MS = 250
SPEEDS = (0.5, 1.0, 2.0, 4.0)
WAITING = tr("The run's steps appear here as it trains")
WITHOUT = tr("No step of this run was kept with its map: it ended before one was drawn, or had no window")
ELSEWHERE = tr("No step of this run is kept with its map: that is done by a window that trains it")
FOLLOWING, NEWEST, BACK, BACK_SHORT = tr("following"), tr("newest"), tr("Back to newest"), tr("Back")
NARROW = 540
"""Pixels below which words are left out, so that the track keeps its room."""


class TimeLine(QWidget):
    """Goes to the kept steps of the run: click, drag, wheel, arrows; Space plays them, and ends at the newest.

    What is shown is the session's to say: the handle goes ahead of it, and comes back where a step cannot be shown.
    """

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._history = RunHistory(desk.bridge, self)
        self._steps: tuple[KeptStep, ...] = ()
        self._asked: int | None = None  # the step that is to be shown, until it is
        self._speed, self._low = 1.0, False
        self._player = QTimer(self, interval=PLAY_MS)
        self._player.timeout.connect(self._play_on)
        self._gather = QTimer(self, interval=0, singleShot=True)  # an opened run tells of all of its steps at once
        self._gather.timeout.connect(self._refresh)
        self._add_commands()
        self._build()
        self._connect()
        self._refresh()

    def _add_commands(self) -> None:
        add = self._desk.commands.add
        self._actions: list[QAction] = [
            add(
                "timeline.play", tr("Play the run"), self.play, shortcut="Ctrl+Space", menu="View",
                tip=tr("Play the run's kept steps, or stop"),
            ),
            add(
                "timeline.previous", tr("Previous kept step"), lambda: self._go(-1), shortcut="Ctrl+Left", menu="View",
                tip=tr("Show the kept step before this one"),
            ),
            add(
                "timeline.next", tr("Next kept step"), lambda: self._go(1), shortcut="Ctrl+Right", menu="View",
                tip=tr("Show the kept step after this one"),
            ),
            add(
                "timeline.live", tr("Back to the newest step"), self.follow, shortcut="Ctrl+End", menu="View",
                tip=tr("Follow the newest step again"),
            ),
            add(
                "timeline.speed", tr("Play at another speed"), self._next_speed,
                tip=tr("Half, once, twice or four times"),
            ),
        ]  # fmt: skip
        self._actions[0].setProperty("begins_group", True)

    def _build(self) -> None:
        themes = self._desk.themes
        self.setObjectName("time-line")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._keep_height()
        text_size().changed.connect(self._keep_height)
        self.play_button = IconButton(themes, "play", self._actions[0].text(), token="text")
        self._desk.commands.tell_key(self.play_button, "", "timeline.play")
        self.track = Track(themes, self._tip_of_track)
        self.label = KeptLabel(role="number")
        self.label.setToolTip(broken(STEP))
        when_letters_change(self.label, self._write)
        self.label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.speed = self._speed_button()
        self.pill = QPushButton(FOLLOWING)
        self.pill.setObjectName("follow")
        when_letters_change(self.pill, self._write)
        self._desk.commands.tell_key(self.pill, "", self._actions[3].objectName())
        self.words = ElidedLabel(WAITING, role="muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 12, 0)
        row.setSpacing(8)
        self._parts: tuple[QWidget, ...] = (self.play_button, self.track, self.label, self.speed, self.pill)
        row.addWidget(self.words)
        for part in self._parts:
            row.addWidget(part, 1 if part is self.track else 0)

    def _speed_button(self) -> QToolButton:
        button = QToolButton()
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolTip(tr("How fast the steps are played"))
        button.setAccessibleName(tr("Speed of playing"))
        button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        keep_size(button, width=40)
        menu, group = QMenu(button), QActionGroup(button)
        for speed in SPEEDS:
            action = menu.addAction(f"{decimal(speed, 'g')}×")
            action.setCheckable(True)
            action.setChecked(speed == self._speed)
            action.triggered.connect(lambda _on=False, speed=speed: self.set_speed(speed))
            group.addAction(action)
        button.setMenu(menu)
        button.setText(f"{decimal(self._speed, 'g')}×")
        return button

    def _connect(self) -> None:
        bridge = self._desk.bridge
        bridge.of(KeptStep).connect(self._soon)
        bridge.run_event.connect(self._on_other_run)
        bridge.of(RunOpened).connect(self._on_other_run)
        bridge.of(DatasetOpened).connect(self._on_other_run)
        bridge.of(StateChanged).connect(self._soon)
        bridge.of(StepShown).connect(self._on_shown)
        bridge.metrics.connect(lambda _steps: self._write())
        self.play_button.clicked.connect(self.play)
        self.pill.clicked.connect(self.follow)
        self.track.chosen.connect(self._on_chosen)
        self.track.play_asked.connect(self.play)
        self.track.menu_asked.connect(self._show_menu)

    def give_way(self, low: bool) -> None:
        """Leave a map that is ``low`` the room until there is a step, and then be as low as the letters allow."""
        if low != self._low:
            self._low = low
            self._keep_height()
            self.pill.setProperty("low", low)
            self.pill.style().unpolish(self.pill)
            self.pill.style().polish(self.pill)
            self._write()
        self.setVisible(bool(self._steps) or not low)

    def _keep_height(self) -> None:
        self.setFixedHeight(barred(LOW_HEIGHT if self._low else HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave words out where there is little room."""
        super().resizeEvent(event)
        self._write()

    # --- what the user does -------------------------------------------------------------------------------------------

    def _on_chosen(self, place: int) -> None:
        self._stop()
        self._show(place)

    def _go(self, places: int) -> None:
        self._on_chosen(min(max(self.track.value() + places, 0), len(self._steps)))

    def _show_menu(self, place: int, at: QPoint) -> None:
        """Offer what can be done with a step, and with all of them."""
        step = self._steps[place].step if place < len(self._steps) else -1
        menu = context_menu(self, self.tip(place))
        entry(menu, tr("Show this step"), lambda: self._on_chosen(place))
        if "run.branch" in self._desk.commands:
            branch = self._desk.commands["run.branch"]
            waits = self._desk.session.state in UNDER_WAY and not branch.isEnabled()
            words = tr("Branch from here, once the run has stopped") if waits else tr("Branch from here…")
            offered = entry(menu, words, lambda: self._branch(branch, step), tip=branch.toolTip())
            offered.setEnabled(branch.isEnabled())
        add_group(menu, self._actions[:4])
        self.destroyed.connect(menu.close)
        menu.popup(at)

    @staticmethod
    def _branch(branch: QAction, step: int) -> None:
        """Ask for a branch of the run that begins at this step, whichever is shown."""
        branch.setData(step)
        branch.trigger()

    def follow(self) -> None:
        """Show the newest step again."""
        self._on_chosen(len(self._steps))

    def _show(self, place: int) -> None:
        step = self._steps[place].step if place < len(self._steps) else -1
        if step == (self._desk.state.displayed_step if self._asked is None else self._asked):
            return
        self._asked = step
        self.track.setValue(place)
        self._desk.session.replay.show(step)
        self._desk.bridge.hurry()
        self._write()

    def play(self) -> None:
        """Play the kept steps from here, or from the first one where there are none after this; or stop."""
        if self._player.isActive():
            self._stop()
        elif self._steps:
            if self.track.value() >= len(self._steps) - 1:
                self._show(0)
            self._player.start()
            self._write()

    @property
    def playing(self) -> bool:
        """Whether the steps are being played."""
        return self._player.isActive()

    def _play_on(self) -> None:
        if self._asked is not None:
            return  # the last step is still on its way: none is passed over
        place = self.track.value() + 1
        if place < len(self._steps):
            self._show(place)
            return
        self._stop()
        self._show(len(self._steps))

    def _stop(self) -> None:
        self._player.stop()
        self._write()

    def set_speed(self, speed: float) -> None:
        """Play at so many times four steps a second."""
        self._speed = speed
        self._player.setInterval(round(PLAY_MS / speed))
        self.speed.setText(f"{decimal(speed, 'g')}×")
        for action, each in zip(self.speed.menu().actions(), SPEEDS, strict=True):
            action.setChecked(each == speed)

    def _next_speed(self) -> None:
        self.set_speed(SPEEDS[(SPEEDS.index(self._speed) + 1) % len(SPEEDS)])

    # --- what the session says ----------------------------------------------------------------------------------------

    def _soon(self, _event: object) -> None:
        self._gather.start()

    def _on_shown(self, shown: StepShown) -> None:
        self._desk.state.set_displayed_step(shown.step)
        refused = self._asked is not None and self._asked >= 0 and not self._offered(self._asked)
        if self._asked == shown.step or refused:
            self._asked = None
        if self._asked is None:
            self._refresh()

    def _offered(self, step: int) -> bool:
        return any(kept.step == step for kept in self._desk.session.replay.steps)

    def _on_other_run(self, event: object) -> None:
        if isinstance(event, RunStarted | RunOpened | DatasetOpened):
            self._asked = None
            self._player.stop()
        self._soon(event)

    def _refresh(self) -> None:
        self._steps = self._desk.session.replay.steps
        step = self._desk.state.displayed_step if self._asked is None else self._asked
        place = len(self._steps) if step < 0 else bisect_left([kept.step for kept in self._steps], step)
        self.track.set_steps(self._steps, place)
        if not self._steps:
            self._player.stop()
        for part in self._parts:
            part.setVisible(bool(self._steps))
        self.give_way(self._low)
        self.words.setVisible(not self._steps)
        done = self._desk.session.state in ("finished", "failed")
        self.words.setText(ELSEWHERE if self._desk.session.read_only else WITHOUT if done else WAITING)
        for action in self._actions:
            action.setEnabled(bool(self._steps))
        self._write()

    def _write(self) -> None:
        """Say which step is shown, and how to get back from it."""
        step = self._desk.state.displayed_step if self._asked is None else self._asked
        newest = max(self._history.newest, self._steps[-1].step if self._steps else 0)
        narrow = self.width() < scaled(NARROW)
        longest = (
            tr("step {newest}", newest=count(newest))
            if narrow
            else tr("step {newest} / {newest}", newest=count(newest))
        )
        of = "" if step < 0 or narrow else f" / {count(newest)}"
        self.label.setText(tr("step {newest}{of_all}", newest=count(newest if step < 0 else step), of_all=of))
        self.label.keep_width(self.label.fontMetrics().horizontalAdvance(longest))
        self.speed.setVisible(bool(self._steps) and not narrow)
        room = tr(
            "{kept_bytes:,.1f} MB of at most {budget:,.0f}",
            kept_bytes=self._desk.session.replay.kept_bytes / 1000000.0,
            budget=DEFAULT.budget / 1000000.0,
        )
        kept = tr(
            "{steps} kept with embeddings and map: {room}, or {count} steps",
            steps=counted(len(self._steps), "step"),
            room=room,
            count=DEFAULT.count,
        )
        self.label.setToolTip(tr("{kept}.\nTaller ticks are exact, the others ≈", kept=kept))
        self.track.setAccessibleDescription(self.tip(self.track.value()))
        self._write_pill(step, BACK_SHORT if narrow else BACK)
        self.play_button.set_icon_name("pause" if self.playing else "play")
        if self.property("past") != (step >= 0):
            self.setProperty("past", step >= 0)
            for widget in (self, self.label):
                self.style().unpolish(widget)
                self.style().polish(widget)

    def _write_pill(self, step: int, back: str) -> None:
        training = self._desk.session.state == "training"
        self.pill.setText(back if step >= 0 else FOLLOWING if training else NEWEST)
        self.pill.setEnabled(step >= 0)
        metrics = self.pill.fontMetrics()
        height = barred(LOW_PILL if self._low else PILL)
        if height != self.pill.height():  # Qt draws no corner round whose radius is more than half of it
            self.pill.setStyleSheet(f"border-radius: {height // 2 - 1}px;")
        self.pill.setFixedSize(max(metrics.horizontalAdvance(text) for text in (back, FOLLOWING, NEWEST)) + 28, height)

    def tip(self, place: int) -> str:
        """Return what is known of a place: its step, its recall@1 and its loss."""
        if place >= len(self._steps):
            return tr("step {newest}, the newest", newest=count(self._history.newest))
        kept = self._steps[place]
        parts = [tr("step {step}", step=count(kept.step)) if kept.exact else tr("≈ step {step}", step=count(kept.step))]
        found, loss = self._history.evaluation(kept.step), self._history.loss(kept.step)
        if found is not None and "recall@1" in found.metrics:
            parts.append(f"recall@1 {decimal(found.metrics['recall@1'])}")
        if loss is not None:
            parts.append(tr("loss {loss:.3g}", loss=loss))
        return " · ".join(parts)

    def _tip_of_track(self, place: int) -> str:
        """Return the tip of a place, and what ≈ means where it has one."""
        exact = place >= len(self._steps) or self._steps[place].exact
        return self.tip(place) if exact else f"{self.tip(place)}\n≈ {said(MIXED)}"
