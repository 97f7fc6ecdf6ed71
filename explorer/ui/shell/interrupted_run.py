"""What opening something does to a run that trains: said before, in the question, and afterwards, with a way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from explorer.core.events import RunFinished, RunStarted
from explorer.core.types import Progress
from explorer.engine.events import DatasetFailed, DatasetOpened, StateChanged
from explorer.ui.shell.drag_and_drop import ChoiceBar
from explorer.ui.shell.toasts import Toasts
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count

if TYPE_CHECKING:
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge


class InterruptedRun(QObject):
    """Follows the run that trains. ``reopen``: opens the folder of a run again.

    ``would_lose`` comes where to open something would lose what the disk refuses, with what opens it all the same.
    """

    would_lose = Signal(object)

    def __init__(self, parent: QObject, bar: ChoiceBar, toasts: Toasts, reopen: Callable[[str], object]) -> None:
        super().__init__(parent)
        self._bar, self._toasts, self._reopen = bar, toasts, reopen
        self._session: Session | None = None
        self._step = 0
        self._ended: int | None = None
        self._folder: Path | None = None

    def attach(self, session: Session, bridge: Bridge) -> None:
        """Follow the run of this session; whoever shows that data are opened has connected before."""
        self._session = session
        bridge.of(Progress).connect(self._on_progress)
        bridge.of(StateChanged).connect(lambda _event: self._bar.warn(self.cost()))
        bridge.run_event.connect(self._on_run_event)
        bridge.of(DatasetOpened).connect(self._on_opened)
        bridge.of(DatasetFailed).connect(lambda _event: self.forget())

    @property
    def _trains(self) -> bool:
        return self._session is not None and self._session.state in ("training", "paused")

    def cost(self) -> str:
        """Return what any answer to the question ends, empty where nothing trains."""
        if self._session is not None and self._session.unsaved:
            return tr("What this run has learned last is not saved, and would be lost")
        return tr("Ends the training at step {step}; the run is saved", step=count(self._step)) if self._trains else ""

    def asks(self, anyway: Callable[[], object]) -> bool:
        """Ask first where to open something loses what is not saved, and return whether it does."""
        loses = self._session is not None and bool(self._session.unsaved)
        if loses:
            self.would_lose.emit(anyway)
        return loses

    def opening(self) -> None:
        """Note that something is being opened, which may end a run."""
        self._ended = None
        self._folder = self._session.run_folder if self._trains and self._session is not None else None

    def forget(self) -> None:
        """Nothing was opened after all."""
        self._folder = None

    def _on_progress(self, progress: Progress) -> None:
        self._step = progress.step
        if self._bar.isVisible():
            self._bar.warn(self.cost())

    def _on_run_event(self, event: object) -> None:
        if isinstance(event, RunStarted):
            self._step = event.step
        elif isinstance(event, RunFinished):
            self._step = self._ended = event.step

    def _on_opened(self, event: DatasetOpened) -> None:
        """Say that the run ended and where it is; what is added to the data of a run leaves it on the screen."""
        folder, self._folder = self._folder, None
        if folder is None or self._ended is None or self._session is None or self._session.run_folder == folder:
            return
        self._toasts.show(
            tr(
                "The training ended at step {ended}. The run is saved, and listed under Saved runs.",
                ended=count(self._ended),
            ),
            offer=(tr("Open it"), lambda: self._reopen(str(folder))),
            stays=False,
        )
