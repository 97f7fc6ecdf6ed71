"""The sweeps of a window: asking what is trained, training it in the background, and saying what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from explorer.core.errors import UserError, printable
from explorer.engine.datasets.unfit_parts import unfit_losses
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text import count, counted

if TYPE_CHECKING:
    from explorer.engine.session.session import Session
    from explorer.engine.sweep.background import BackgroundSweeps, LeftSweep, SweepEnded, SweepsLeft
    from explorer.ui.recipe.recipe_panel import RecipePanel
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.shell.main_window import MainWindow
    from explorer.ui.shell.sweep.sweep_dialog import AskedSweep, SweepDialog
    from explorer.ui.shell.sweep.sweep_results import SweepResults

TIP = tr("Try fields of the recipe in several values: a run of each combination, in the background")
LOSSES = tr("Which loss for my data…")
LOSSES_TIP = tr("Train the ten losses that are tried first, two seeds each, equally long, and say what that shows")


class WindowSweeps(QObject):
    """Has the commands for them; a window has one sweep at a time."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session: Session | None = None
        self._sweeps: BackgroundSweeps | None = None
        self.dialog: SweepDialog | None = None
        self.results: SweepResults | None = None

    def attach(self, session: Session, bridge: Bridge) -> None:
        """Use this session."""
        from explorer.engine.sweep.background import BackgroundSweeps, SweepEnded, SweepsLeft  # after the first paint

        self._session, self._sweeps = session, BackgroundSweeps(session)
        bridge.of(SweepsLeft).connect(self._offer)
        bridge.of(SweepEnded).connect(self._on_ended)

    def add_commands(self) -> None:
        """Add the commands, in their place in the menu Run."""
        add = self._window.commands.add
        several_runs = add(
            "run.sweep", tr("Train several runs…"), self.ask, shortcut="Ctrl+Alt+Shift+R", menu="Run", tip=TIP
        )
        several_runs.setProperty("begins_group", True)
        add("run.losses", LOSSES, self.try_losses, shortcut="Ctrl+Alt+Shift+L", menu="Run", tip=LOSSES_TIP)

    def follow(self, recipe: RecipePanel | None) -> None:
        """Switch the commands by what is open; ``recipe``: its panel, None while parts are loaded."""
        dataset, why_not = None if self._session is None else self._session.dataset, self._why_not()
        no_labels = "" if dataset is None or dataset.labelled else tr("Most of these losses need classes")
        commands = self._window.commands
        for name, tip, reason in (("run.sweep", TIP, why_not), ("run.losses", LOSSES_TIP, why_not or no_labels)):
            commands[name].setEnabled(recipe is not None and not reason)
            commands.set_tip(name, reason or tip, key=not reason)

    def _why_not(self) -> str:
        """Return why nothing can be trained, as the button Train says it; empty when something can."""
        session = self._session
        return tr("Open pictures or vectors first") if session is None else in_window(session.why_unfit())

    def follow_form(self, panel: RecipePanel) -> None:
        """Let fields of the form ask to be tried in several values."""
        panel.several_wanted.connect(self.ask)

    # --- asking -----------------------------------------------------------------------------------------------------

    def ask(self, key: str = "") -> None:
        """Let values be said, of the field of a key first."""
        from explorer.ui.shell.sweep.sweep_dialog import (  # with the panels, and not before the first paint
            TITLE,
            SweepDialog,
        )

        session, sweeps = self._session, self._sweeps
        if session is None or sweeps is None or session.dataset is None:
            return
        if why_not := self._why_not():
            self._window.toasts.show(printable(why_not), "warning")
            return
        if self.dialog is None:
            unfit = unfit_losses(session.dataset)
            self.dialog = SweepDialog(
                self._window, self._window.themes, session.recipe, self._start, self._go_on, unfit
            )
            self.dialog.finished.connect(self._asked)
            self.dialog.show()
            sweeps.look()
        self.dialog.setWindowTitle(TITLE)
        self.dialog.add(key or "loss")
        self.dialog.raise_()

    def _asked(self, _result: int) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _offer(self, found: SweepsLeft) -> None:
        if self.dialog is not None and self._sweeps is not None and not self._sweeps.training:
            self.dialog.show_left(found.sweeps)

    # --- training ---------------------------------------------------------------------------------------------------

    def try_losses(self) -> None:
        """Ask with the main losses and two seeds, each as long as the recipe says: that is twenty runs."""
        from explorer.engine.sweep.kept_plan import MAIN_LOSSES

        self.ask("loss")
        if self.dialog is not None:
            self.dialog.setWindowTitle(LOSSES.removesuffix("…"))
            self.dialog.suggest("loss", MAIN_LOSSES, seeds=2)

    def _start(self, asked: AskedSweep) -> None:
        from explorer.engine.sweep.kept_plan import SweepPlan

        session, sweeps = self._session, self._sweeps
        if session is None or sweeps is None or session.dataset is None:
            return
        recipe = session.recipe.with_value("epochs", asked.epochs) if asked.epochs else session.recipe
        plan = SweepPlan(
            recipe=recipe,
            sources=session.sources,
            name=session.dataset.name,
            over=asked.over,
            draw=asked.draw,
            drawn_by=asked.drawn_by,
            metric=asked.metric,
            devices=asked.devices,
            seeds=asked.seeds,
            pictures=asked.pictures,
            minutes=asked.minutes,
            halving=asked.halving,
        )
        self._told(lambda: sweeps.start(plan, session.given.tuples))

    def _go_on(self, left: LeftSweep) -> None:
        sweeps = self._sweeps
        if sweeps is not None:
            self._told(lambda: sweeps.go_on(left.folder))

    def _told(self, work: Callable[[], object]) -> None:
        toasts = self._window.toasts
        try:
            work()
        except UserError as error:
            toasts.show(printable(in_window(str(error))), "warning")
            return
        words = tr("The runs are trained in the background. They come into the table of saved runs as they are done.")
        toasts.show(words, offer=(tr("Show it"), self._window.runs.open_page))

    def _on_ended(self, told: SweepEnded) -> None:
        """Say what came of it, with its table one click away."""
        if told.stopped:
            kept = tr(", {begun} kept where it was stopped", begun=count(told.begun)) if told.begun else ""
            words = tr(
                "Stopped: {runs} trained to the end{kept}. Train several runs… goes on.",
                runs=counted(told.runs, "run"),
                kept=kept,
            )
            self._window.toasts.show(words)
            return
        sentence = printable(said(told.verdict)) or tr("The runs are trained.")
        self._window.toasts.show(sentence, offer=(tr("Results"), lambda: self._show(told)))

    def _show(self, told: SweepEnded) -> None:
        from explorer.ui.shell.sweep.sweep_results import SweepResults

        self.results = SweepResults(told, self._window.runs.open_page, self._window)
        self.results.finished.connect(self.results.deleteLater)
        self.results.show()
