"""The last row of the window: what is hovered, a tip, the device, and the jobs in the background."""

from __future__ import annotations

from collections.abc import Sized
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QHBoxLayout, QSizePolicy, QStatusBar, QToolButton, QWidget

from explorer.core.errors import printable
from explorer.ui.shell.messages.jobs_popup import JobsButton, WorkRow
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import ElidedLabel, PlainLabel, count, counted
from explorer.ui.widgets.text_size import keep_bar
from explorer.ui.widgets.theme import ThemeManager

if TYPE_CHECKING:
    from explorer.ui.session.panel import Desk
    from explorer.ui.shell.messages.work_list import WorkList

HEIGHT = 24
SAVED_TIP = tr("The folder that the run is kept in; every run is saved by itself, see File: Saved runs")
SHOW = "selection.show"
DEVICE_TIP = tr("What the run is computed on, and with how many threads; a graphics card is faster")


def described(desk: Desk, item: int) -> str:
    """Return one item in words: ``#4417 · shirt · train/6_shirt/4417.png``; empty for none."""
    dataset = desk.data.dataset
    if dataset is None or not 0 <= item < len(dataset):
        return ""
    from explorer.core.types import UNLABELLED  # numpy: not before the first paint

    label = int(dataset.labels[item])
    name = tr("unlabelled") if label == UNLABELLED else dataset.class_names[label]
    return printable(f"#{item} · {name} · {dataset.ids[item]}")


class StatusBar(QStatusBar):
    """Left: the hovered item. Right: how many are selected, a tip, the device, the newest job, how many things work."""

    _tipped: QWidget | None = None  # what the tip is of; Qt filters events by this bar while it is being made

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self.setSizeGripEnabled(False)
        keep_bar(self, HEIGHT)
        self._desk: Desk | None = None
        self._works: WorkList | None = None
        self._job: tuple[int, WorkRow] | None = None
        self._tip = ""
        self.hovered = ElidedLabel(role="muted", mode=Qt.TextElideMode.ElideMiddle)
        self.hovered.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.selected = QToolButton()
        self.selected.setObjectName("messages")
        self.selected.setAutoRaise(True)
        keep_bar(self.selected, 20)
        self.selected.hide()
        self.tip = ElidedLabel(role="muted")
        self.saved = ElidedLabel(role="muted", mode=Qt.TextElideMode.ElideMiddle)
        self.saved.hide()
        self.saved.about = SAVED_TIP
        self.device = PlainLabel(role="muted")
        self.device.setToolTip(DEVICE_TIP)
        self.jobs = JobsButton(themes)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(16)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(18)
        row.addWidget(self.hovered, 1)
        row.addWidget(self.selected)
        row.addWidget(self.tip)
        row.addWidget(self.saved)
        row.addWidget(self.device)
        row.addLayout(self._row)
        row.addWidget(self.jobs)
        self._holder = row
        self.device.hide()
        self.addWidget(holder, 1)

    def add(self, button: QWidget) -> None:
        """Put a button at the right end."""
        self._holder.addWidget(button)

    def attach(self, desk: Desk) -> None:
        """Follow a session."""
        from explorer.engine.events import RunOpened, RunShown, StateChanged  # not before the first paint
        from explorer.engine.run.alarms import Alarm
        from explorer.ui.shell.messages.work_list import WorkList

        self._desk = desk
        desk.state.hover_changed.connect(self._on_hover)
        desk.state.selection_changed.connect(self._on_selected)
        self.selected.clicked.connect(lambda: desk.commands[SHOW].trigger())
        desk.commands.tell_key(self.selected, tr("Show the selection: its classes, and all of its pictures"), SHOW)
        works = self._works = WorkList(desk, self)
        works.changed.connect(self._show_job)
        self.jobs.attach(works)
        desk.bridge.run_event.connect(self._on_run_event)
        for kind in (StateChanged, RunShown, RunOpened, Alarm):
            desk.bridge.of(kind).connect(self._show_saved)

    def set_default_tip(self, text: str) -> None:
        """Say what can be done here while nothing more exact is known."""
        self._tip = text
        self.tip.setText(text)

    def show_tip(self, text: str) -> None:
        """Show the tip of what is under the pointer, until that is out of sight; empty: the default one."""
        self.tip.setText(text or self._tip)
        before, self._tipped = self._tipped, QApplication.widgetAt(QCursor.pos()) if text else None
        if before is not None and shiboken6.isValid(before):
            before.removeEventFilter(self)
        if self._tipped is not None:
            self._tipped.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the tip go with what it is of: where another panel comes forward no pointer leaves it."""
        if watched is self._tipped and event.type() == QEvent.Type.Hide:
            self.show_tip("")
        return super().eventFilter(watched, event)

    def show_device(self, text: str) -> None:
        """Say which device is used."""
        self.device.setText(text)
        self.device.setVisible(bool(text))

    def _on_hover(self, item: int) -> None:
        assert self._desk is not None
        self.hovered.setText(described(self._desk, item))

    def _on_selected(self, items: Sized) -> None:
        """Say how many items are selected, whatever panel is in front."""
        words = tr("{items} selected", items=count(len(items))) if len(items) else ""
        self.selected.setText(words)
        self.selected.setAccessibleName(tr("{selected}: show them", selected=words))
        self.selected.setVisible(len(items) > 0)

    def _show_saved(self, _event: object = None) -> None:
        """Say that the run is saved without being asked for, and where; or that it could not be."""
        assert self._desk is not None
        session = self._desk.session
        folder = session.run_folder
        self.saved.setVisible(folder is not None)
        if folder is not None:
            how = tr("Not saved") if session.unsaved else tr("Saved by itself")
            self.saved.setText(f"{how}: {printable(folder.name)}")

    def _on_run_event(self, event: object) -> None:
        from explorer.core.events import RunStarted  # as above

        self._show_saved()
        if isinstance(event, RunStarted):
            on_cpu = event.device.startswith("cpu")
            threads = counted(event.threads, "thread")
            device = tr("CPU, {threads}", threads=threads) if on_cpu else event.device.upper()
            self.show_device(f"{device}, bfloat16" if on_cpu and event.precision == "bfloat16" else device)

    def _show_job(self) -> None:
        """Show the oldest job that works; the run has a bar of its own, and the map can be seen."""
        assert self._works is not None
        jobs = {key: work for key, work in self._works.works.items() if isinstance(key, int)}
        oldest = next(iter(jobs), None)
        if self._job is not None and self._job[0] != oldest:
            row = self._job[1]
            self._job = None
            self._row.removeWidget(row)
            row.hide()
            row.deleteLater()
        if oldest is None:
            return
        if self._job is None:
            self._job = oldest, WorkRow(self._themes, jobs[oldest], short=True)
            self._row.addWidget(self._job[1])
        self._job[1].follow(jobs[oldest])
