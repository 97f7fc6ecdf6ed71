"""The last row of the window: what is hovered, a tip, the device, and the jobs in the background."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QStatusBar, QWidget

from explorer.core.errors import printable
from explorer.core.events import RunStarted
from explorer.core.types import UNLABELLED, JobStatus
from explorer.engine.events import RunOpened, RunShown, StateChanged
from explorer.engine.run.alarms import Alarm
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.text import ElidedLabel, PlainLabel, counted

HEIGHT = 24
SAVED_TIP = "The folder that the run is kept in; every run is saved by itself, see File: Saved runs"
DEVICE_TIP = "What the run is computed on, and with how many threads; a graphics card is faster"


def described(desk: Desk, item: int) -> str:
    """Return one item in words: ``#4417 · shirt · train/6_shirt/4417.png``; empty for none."""
    dataset = desk.data.dataset
    if dataset is None or not 0 <= item < len(dataset):
        return ""
    label = int(dataset.labels[item])
    name = "unlabelled" if label == UNLABELLED else dataset.class_names[label]
    return printable(f"#{item} · {name} · {dataset.ids[item]}")


class JobView(QWidget):
    """One background job: title, bar and Cancel."""

    def __init__(self, desk: Desk, status: JobStatus) -> None:
        super().__init__()
        self._id = status.id
        self.title = ElidedLabel(role="muted")
        self.title.setMaximumWidth(320)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(80)
        self.share = PlainLabel(role="muted")
        self.share.setToolTip("How much of this job is done")
        self.cancel = IconButton(desk.themes, "close", "Cancel")
        self.cancel.setFixedSize(18, 18)
        self.cancel.clicked.connect(self._cancel)
        self._desk = desk
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for part in (self.title, self.bar, self.share, self.cancel):
            row.addWidget(part)
        self.follow(status)

    def follow(self, status: JobStatus) -> None:
        """Show how far the job is."""
        fraction = status.fraction
        self.title.setText(printable(status.title))
        self.bar.setAccessibleName(f"Progress of {status.title}")
        self.bar.setRange(0, 0 if fraction is None else 1000)
        self.bar.setValue(round(1000 * (fraction or 0.0)))
        self.share.setText("" if fraction is None else f"{100 * fraction:.0f} %")
        self.cancel.setVisible(status.cancellable)
        self.cancel.set_label(f"Cancel: {printable(status.title)}")

    def _cancel(self) -> None:
        self.cancel.setEnabled(False)
        self._desk.session.cancel(self._id)


class StatusBar(QStatusBar):
    """Left: the hovered item. Right: a tip, the device, the jobs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setFixedHeight(HEIGHT)
        self._desk: Desk | None = None
        self._jobs: dict[int, JobView] = {}
        self._tip = ""
        self.hovered = ElidedLabel(role="muted", mode=Qt.TextElideMode.ElideMiddle)
        self.hovered.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.tip = ElidedLabel(role="muted")
        self.saved = ElidedLabel(role="muted", mode=Qt.TextElideMode.ElideMiddle)
        self.saved.hide()
        self.saved.about = SAVED_TIP
        self.device = PlainLabel(role="muted")
        self.device.setToolTip(DEVICE_TIP)
        self.more = PlainLabel(role="muted")
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(16)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(18)
        row.addWidget(self.hovered, 1)
        row.addWidget(self.tip)
        row.addWidget(self.saved)
        row.addWidget(self.device)
        row.addLayout(self._row)
        row.addWidget(self.more)
        self._holder = row
        self.more.hide()
        self.device.hide()
        self.addWidget(holder, 1)

    def add(self, button: QWidget) -> None:
        """Put a button at the right end."""
        self._holder.addWidget(button)

    def attach(self, desk: Desk) -> None:
        """Follow a session."""
        self._desk = desk
        desk.state.hover_changed.connect(self._on_hover)
        desk.bridge.of(JobStatus).connect(self._on_job)
        desk.bridge.run_event.connect(self._on_run_event)
        for kind in (StateChanged, RunShown, RunOpened, Alarm):
            desk.bridge.of(kind).connect(self._show_saved)

    def set_default_tip(self, text: str) -> None:
        """Say what can be done here while nothing more exact is known."""
        self._tip = text
        self.tip.setText(text)

    def show_tip(self, text: str) -> None:
        """Show the tip of what is under the pointer; empty: the default one."""
        self.tip.setText(text or self._tip)

    def show_device(self, text: str) -> None:
        """Say which device is used."""
        self.device.setText(text)
        self.device.setVisible(bool(text))

    def _on_hover(self, item: int) -> None:
        assert self._desk is not None
        self.hovered.setText(described(self._desk, item))

    def _show_saved(self, _event: object = None) -> None:
        """Say that the run is saved without being asked for, and where; or that it could not be."""
        assert self._desk is not None
        session = self._desk.session
        folder = session.run_folder
        self.saved.setVisible(folder is not None)
        if folder is not None:
            how = "Not saved" if session.unsaved else "Saved by itself"
            self.saved.setText(f"{how}: {printable(folder.name)}")

    def _on_run_event(self, event: object) -> None:
        self._show_saved()
        if isinstance(event, RunStarted):
            on_cpu = event.device.startswith("cpu")
            self.show_device(f"CPU, {counted(event.threads, 'thread')}" if on_cpu else event.device.upper())

    def _on_job(self, status: JobStatus) -> None:
        assert self._desk is not None
        view = self._jobs.get(status.id)
        if status.state != "running":
            if view is not None:
                del self._jobs[status.id]
                self._row.removeWidget(view)
                view.hide()
                view.deleteLater()
        elif view is not None:
            view.follow(status)
        else:
            self._jobs[status.id] = JobView(self._desk, status)
            self._row.addWidget(self._jobs[status.id])
        hidden = 0
        for place, shown in enumerate(self._jobs.values()):
            shown.setVisible(place < 2)
            hidden += place >= 2
        self.more.setText(f"and {counted(hidden, 'job')}")
        self.more.setVisible(hidden > 0)
