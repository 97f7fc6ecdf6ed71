"""The run that is shown beside another saved one: every figure of both, the difference, its interval and its p."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QDialog, QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.core.recipe import Part
from explorer.core.registry import catalogue
from explorer.core.types import JobStatus
from explorer.engine.events import RunShown, StateChanged
from explorer.engine.session.compare_with import RunsCompared
from explorer.evaluation.figures import number
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.language import localised, tr
from explorer.ui.widgets.save_dialog import ask_folder
from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.text import PlainLabel, counted
from explorer.ui.widgets.text_size import open_large

TITLE = tr("Compare with a run…")
TIP = tr("Measure this run and another saved one by this protocol, on what both held out: is the difference chance?")
TITLES = ("", "other", "this", "difference", tr("95 % interval"), "p")
WIDTHS = (0, 70, 70, 84, 150, 76)
SIZE = (680, 400)
SMALLEST_P = 0.0005


class CompareRuns(QPushButton):
    """Asks for a run and opens what was found; on where the run that is shown has a folder."""

    def __init__(self, desk: Desk, protocol: Callable[[], Part]) -> None:
        super().__init__(TITLE)
        self._desk, self._protocol = desk, protocol
        self._job = 0
        self.view: ComparedView | None = None
        self.setToolTip(TIP)
        self.clicked.connect(self.ask)
        self.command = desk.commands.add(
            "evaluate.compare", TITLE, self.ask, shortcut="Ctrl+Alt+V", menu="Run", tip=TIP
        )
        for cause in (RunShown, StateChanged):
            desk.bridge.of(cause).connect(lambda _event: self._follow())
        desk.bridge.of(JobStatus).connect(self._on_job)
        desk.bridge.of(RunsCompared).connect(self._show)
        self._follow()

    def ask(self) -> None:
        """Let the folder of the other run be chosen."""
        folder = self._desk.session.run_folder
        if folder is not None and not self._job:
            ask_folder(self.window(), tr("Compare with the run"), str(folder.parent), self.compare)

    def compare(self, other: Path) -> None:
        """Compare with the run in a folder, in the background."""
        self._job = self._desk.session.compare_with(other, self._protocol())
        self._follow()

    def _on_job(self, status: JobStatus) -> None:
        if status.id == self._job and status.state != "running":
            self._job = 0
            self._follow()

    def _follow(self) -> None:
        able = self._desk.session.run_folder is not None and not self._job
        self.setText(tr("Comparing…") if self._job else TITLE)
        self.setEnabled(able)
        self.command.setEnabled(able)

    def _show(self, told: RunsCompared) -> None:
        self.view = ComparedView(told, self.window())
        self.view.show()


class ComparedView(QDialog):
    """What was found of two runs, and where their recipes differ."""

    def __init__(self, told: RunsCompared, parent: QWidget) -> None:
        super().__init__(parent)
        found = told.found
        title = catalogue("protocol")[told.protocol.name].title
        self.setWindowTitle(
            tr("{title}: {second} and {first}", title=title, second=printable(told.second), first=printable(told.first))
        )
        on = tr(
            "{items} of {classes} that both held out",
            items=counted(found.items, "item"),
            classes=counted(found.classes, "class", "classes"),
        )
        words = tr(
            "{title} of {on}. other: {first}; this: {second}. The difference is this − other.",
            title=title,
            on=on,
            first=told.first,
            second=told.second,
        )
        self.caption = PlainLabel(printable(words), role="caption")
        self.caption.setWordWrap(True)
        self.table = SimpleTable(tr("Figures of both runs"), TITLES, WIDTHS)
        self.table.show_rows([_row(name, values) for name, values in found.metrics.items()])
        self.recipes = PlainLabel(printable(_differences(told)), role="muted", selectable=True)
        self.recipes.setWordWrap(True)
        box = QVBoxLayout(self)
        box.setSpacing(8)
        for widget in (self.caption, self.table, self.recipes):
            box.addWidget(widget)
        open_large(self, *SIZE)


def _row(name: str, values: tuple[float, ...]) -> tuple[str, ...]:
    other, this, difference, low, high, p = values
    chance = f"< {SMALLEST_P}" if p < SMALLEST_P else localised(f"{p:.3f}")
    return (
        name,
        number(other),
        number(this),
        localised(f"{difference:+.4f}"),
        localised(f"{low:+.4f} – {high:+.4f}"),
        chance,
    )


def _differences(told: RunsCompared) -> str:
    """Return what the recipes say differently, the other run first."""
    said = [f"{key}: {_said(one)} → {_said(two)}" for key, (one, two) in told.found.differences.items()]
    return tr("Recipes: {differences}", differences="; ".join(said)) if said else tr("Their recipes are the same")


def _said(value: object) -> str:
    return "–" if value is None else str(value)
