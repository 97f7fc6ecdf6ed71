"""What opening something does to a run that trains: asked before, wherever it is opened from, and told afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from explorer.core.events import RunFinished, RunStarted
from explorer.core.types import Progress
from explorer.engine.events import UNDER_WAY, DatasetFailed, DatasetOpened, Role, StateChanged
from explorer.ui.shell.messages.toasts import Toasts
from explorer.ui.shell.opening.drag_and_drop import ChoiceBar
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.local_paths import short_name
from explorer.ui.widgets.question import Asks, offer_removal, question_box
from explorer.ui.widgets.text import count

if TYPE_CHECKING:
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge


@dataclass(frozen=True, slots=True)
class Ends:
    """What would end a training: how that is asked, what it costs, empty once it has ended by itself.

    ``over``: how it is asked then, and ``does``: what the button says that agrees.
    """

    asked: str
    over: str
    does: str
    cost: Callable[[], str]


class InterruptedRun(QObject, Asks):
    """Follows the run that trains. ``reopen``: opens the folder of a run again.

    ``would_lose`` comes where to open something would lose what the disk refuses, with what opens it all the same.
    ``beside``: the session of the other run of a duel, which ends as well; None where there is none.
    """

    would_lose = Signal(object)

    def __init__(
        self, parent: QObject, window: QWidget, bar: ChoiceBar, toasts: Toasts, reopen: Callable[[str], object]
    ) -> None:
        super().__init__(parent)
        self._window, self._bar, self._toasts, self._reopen = window, bar, toasts, reopen
        self.beside: Callable[[], Session | None] = lambda: None
        self._session: Session | None = None
        self._step, self._told = 0, ""
        self._ended: int | None = None
        self._folder: Path | None = None
        self._asked: tuple[Ends, QPushButton, QPushButton] | None = None

    def attach(self, session: Session, bridge: Bridge) -> None:
        """Follow the run of this session; whoever shows that data are opened has connected before."""
        self._session = session
        bridge.of(Progress).connect(self._on_progress)
        bridge.of(StateChanged).connect(lambda _event: self.follow())
        bridge.run_event.connect(self._on_run_event)
        bridge.of(DatasetOpened).connect(self._on_opened)
        bridge.of(DatasetFailed).connect(lambda _event: self.forget())

    @property
    def _trains(self) -> bool:
        return self._session is not None and self._session.state in UNDER_WAY

    @property
    def _guest_trains(self) -> bool:
        return (guest := self.beside()) is not None and guest.state in UNDER_WAY

    def cost(self) -> str:
        """Return what any answer to the question ends, empty where nothing trains."""
        if self._session is not None and self._session.unsaved:
            return tr("What this run has learned last is not saved, and would be lost")
        if self._trains:
            return tr("This would end the training at step {step}; the run would be saved", step=count(self._step))
        return self._cost_of_guest()

    def _cost_of_guest(self) -> str:
        if not self._guest_trains:
            return ""
        return tr("This would end the training of the other run of the duel, and save it")

    def once_agreed(self, spec: str, then: Callable[[], object], *, role: Role = "main", told: bool = False) -> None:
        """Do ``then``, which opens ``spec``: once it was agreed to what that loses or ends, at once where it does not.

        ``told``: another question has said already what it ends.
        """
        if self._session is not None and self._session.unsaved:
            self.would_lose.emit(then)
        elif told or not self.cost():
            then()
        else:
            self.ask(self._opening(short_name(spec), role), lambda: self.once_agreed(spec, then, role=role, told=True))

    def _opening(self, name: str, role: Role) -> Ends:
        if role == "main":
            asked = tr("End the training and open “{name}”?", name=name)
            return Ends(asked, tr("Open “{name}”?", name=name), tr("Open"), self.cost)
        asked = tr("End the training and add “{name}”?", name=name)
        return Ends(asked, tr("Add “{name}”?", name=name), tr("Add"), self.cost)

    def leaving(self, then: Callable[[], object]) -> None:
        """Do ``then``, which leaves the duel: once it was agreed to that where the other run of it trains."""
        if self._guest_trains:
            asked, over = tr("End the training and leave the duel?"), tr("Leave the duel?")
            self.ask(Ends(asked, over, tr("Leave"), self._cost_of_guest), then)
        else:
            then()

    def ask(self, ends: Ends, then: Callable[[], object]) -> None:
        """Ask before a training ends by something else than Stop; Escape lets it train on."""
        self.forget_question()
        box = question_box(self._window, tr("A run trains"), ends.asked, ends.cost())
        agree = offer_removal(box, tr("End the training"), tr("Train on"))
        agree.clicked.connect(lambda: then())
        self._asked = ends, agree, box.defaultButton()
        self.open_question(box)

    def follow(self) -> None:
        """Say anew what it costs, in what asks about it: the run trains on meanwhile, or has ended.

        Where it has ended it is only asked whether to open it: that it would come by itself nobody has asked for.
        """
        self._bar.warn(self.cost())
        if self.question is None or self._asked is None:
            return
        ends, agree, refuse = self._asked
        cost = ends.cost()
        self.question.setText(ends.asked if cost else ends.over)
        self.question.setInformativeText(cost or tr("The training has ended by itself meanwhile."))
        self.question.setWindowTitle(tr("A run trains") if cost else tr("The training has ended"))
        agree.setText(tr("End the training") if cost else ends.does)
        refuse.setText(tr("Train on") if cost else tr("Cancel"))

    def opening(self) -> None:
        """Note that something is being opened, which may end a run."""
        self._ended = None
        self._folder = self._session.run_folder if self._trains and self._session is not None else None

    def forget(self) -> None:
        """Nothing was opened after all."""
        self._folder = None

    def _on_progress(self, progress: Progress) -> None:
        self._step = progress.step
        if self._bar.isVisible() or self.question is not None:
            self.follow()

    def _on_run_event(self, event: object) -> None:
        if isinstance(event, RunStarted):
            self._step = event.step
            self._toasts.withdraw(self._told)  # who trains on has another run in mind, whose steps it would cover
        elif isinstance(event, RunFinished):
            self._step = self._ended = event.step

    def _on_opened(self, event: DatasetOpened) -> None:
        """Say that the run ended and where it is; what is added to the data of a run leaves it on the screen."""
        folder, self._folder = self._folder, None
        if folder is None or self._ended is None or self._session is None or self._session.run_folder == folder:
            return
        self._told = tr(
            "The training ended at step {ended}. The run is saved, and listed under Saved runs.",
            ended=count(self._ended),
        )
        self._toasts.show(
            self._told,
            offer=(tr("Open it"), lambda: self._reopen(str(folder))),
            stays=False,
        )
