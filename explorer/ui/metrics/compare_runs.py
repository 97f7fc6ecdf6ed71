"""The run that is shown beside another saved one: what can be said, every figure, the queries that changed, classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.core.figure_words import figure_name
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import catalogue
from explorer.core.types import JobStatus
from explorer.data.dataset import Dataset
from explorer.engine.datasets.unfit_parts import unfit_protocols
from explorer.engine.events import DatasetOpened, RunShown, StateChanged
from explorer.engine.saved_runs import RunsFound
from explorer.engine.session.compare_with import RunsCompared
from explorer.evaluation.figures import number
from explorer.evaluation.query_changes import ClassChange, QueryChanges
from explorer.ui.metrics.changed_queries import WORDS, ChangedQueries
from explorer.ui.metrics.choose_run import ChooseRun
from explorer.ui.session.panel import Desk
from explorer.ui.session.run_names import differences_told, recipe_line, told_apart
from explorer.ui.widgets.language import later, localised, said, tr
from explorer.ui.widgets.recipe_words import branched
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.steady_scroll import scroll_within
from explorer.ui.widgets.text import PlainLabel, count, counted, percent
from explorer.ui.widgets.text_size import keep_size, open_large

TITLE = tr("Compare with a run…")
TIP = tr("Measure this run and another saved one by this protocol, on what both held out: is the difference chance?")
ALIKE = (tr("first run"), tr("second run"))
"""What the columns of two runs are called that a line says the same of."""
TITLES = ("", *ALIKE, tr("difference"), tr("95 % interval"), "p")
WIDTHS = (0, 156, 156, 84, 140, 64)
FIXED = tr("Fixed: {queries}, right by {run} alone")
BROKEN = tr("Broken: {queries}, right by {run} alone")
CLASS_TITLES = (tr("Class"), tr("queries"), tr("fixed"), tr("broken"), tr("difference"), tr("95 % interval"), "p")
CLASS_WIDTHS = (0, 60, 56, 56, 84, 130, 76)
SIZE = (800, 720)
MOST_FIGURES, MOST_CLASSES, LEAST_QUERIES = 10, 8, 150
"""How many rows of figures and of classes are in sight, and how high, in pixels, pictures of queries are at least."""
EVERY = 1000
MEASURING = tr("Measuring both runs…")
SMALLEST_P = 0.0005
TESTS = tr(
    "Above, McNemar's test: whether one run is right more often on these very queries. In the table, interval and p "
    "(signs turned by chance) are of whole classes, where there are ten at least: whether it would be so on other "
    "classes too. So the two may differ."
)
BETTER_BY = later("recall@1 {0} ({1} to {2}, {3})")
"""How the sentence on two runs says by how much one is better."""


class CompareRuns(QPushButton):
    """Asks for a run and opens what was found; on where the run that is shown has a folder."""

    def __init__(self, desk: Desk, protocol: Callable[[], Part]) -> None:
        super().__init__(TITLE)
        self._desk, self._protocol = desk, protocol
        self._job = 0
        self.view: ComparedView | None = None
        self._waiting: ComparedView | None = None  # for what is measured now
        self.chooser: ChooseRun | None = None
        self.setToolTip(TIP)
        self.clicked.connect(self.ask)
        self.command = desk.commands.add(
            "evaluate.compare", TITLE, self.ask, shortcut="Ctrl+Alt+V", menu="Run", tip=TIP
        )
        for cause in (RunShown, StateChanged):
            desk.bridge.of(cause).connect(lambda _event: self._follow())
        desk.bridge.of(JobStatus).connect(self._on_job)
        desk.bridge.of(RunsCompared).connect(self._show)
        desk.bridge.of(RunsFound).connect(self._offer)
        desk.bridge.of(DatasetOpened).connect(lambda _event: self._close())
        self._follow()

    def ask(self) -> None:
        """Let the other run be chosen, of those of the runs folder or by its own folder."""
        folder = self._desk.session.run_folder
        if folder is not None and not self._job:
            self.chooser = ChooseRun(self.window(), folder, self.compare, about=self._about())
            self.chooser.finished.connect(self._chosen)
            self.chooser.open()
            self._desk.session.runs.refresh()

    def _offer(self, found: RunsFound) -> None:
        if self.chooser is not None:
            self.chooser.show_runs(found)

    def _chosen(self, _result: int) -> None:
        if self.chooser is not None:
            self.chooser.deleteLater()
            self.chooser = None

    def compare(self, other: Path) -> None:
        """Compare with the run in a folder, in a window that is there at once: it comes over nothing done meanwhile."""
        self._close()
        self._job = self._desk.session.compare_with(other, self._by())
        self._waiting = ComparedView(self._desk, self.window())
        self._waiting.finished.connect(self._give_up)
        self._waiting.show()
        self._follow()

    def _give_up(self, _result: int) -> None:
        """Measure no longer once the window that waits for it is closed."""
        if self._waiting is not None:
            self._waiting = None
            self._desk.session.cancel(self._job)

    def _by(self) -> Part:
        """Return the protocol of the panel where runs can be compared by it, else the one that suits the data."""
        asked, dataset = self._protocol(), self._desk.data.dataset
        if dataset is None or _compares(asked, dataset):
            return asked
        return Part(name=dataset.protocol)

    def _about(self) -> str:
        """Return by what both will be measured."""
        asked, by = self._protocol(), self._by()
        titles = [said(catalogue("protocol")[part.name].title) for part in (by, asked)]
        if by == asked:
            return tr("Both are measured by {protocol}, the protocol of Evaluate", protocol=titles[0])
        return tr(
            "Both are measured by {protocol}: by {asked} runs cannot be compared", protocol=titles[0], asked=titles[1]
        )

    def _on_job(self, status: JobStatus) -> None:
        if status.id != self._job:
            return
        if self._waiting is not None:
            self._waiting.tell(status.fraction)
        if status.state != "running":
            self._job = 0
            self._follow()
            if status.state != "finished":
                self._close()

    def _follow(self) -> None:
        able = self._desk.session.run_folder is not None and not self._job
        self.setText(tr("Comparing…") if self._job else TITLE)
        self.setEnabled(able)
        self.command.setEnabled(able)

    def _show(self, told: RunsCompared) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            self._close()
        self.view = waiting or ComparedView(self._desk, self.window())
        self.view.fill(told)
        self.view.setVisible(True)

    def _close(self) -> None:
        """Close what is of a comparison before, or of other data."""
        for view in (self._waiting, self.view):
            if view is not None:
                view.close()


def _compares(protocol: Part, dataset: Dataset) -> bool:
    """Return whether the runs of these data can be compared by a protocol."""
    part = catalogue("protocol")[protocol.name].part
    return part.compares() and protocol.name not in unfit_protocols(dataset)  # type: ignore[attr-defined]


class ComparedView(QDialog):
    """What was found of two runs, what can be said of it, which queries and classes changed, where recipes differ.

    Before it is filled it says how far that is.
    """

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setWindowTitle(tr("Two runs compared"))
        inside = QWidget()
        self._box = QVBoxLayout(inside)
        self._box.setSpacing(8)
        scroll_within(self, inside)  # no table and no list is cut where much was found
        self._waits = PlainLabel(MEASURING, role="muted")
        self._waits.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._box.addWidget(self._waits)
        open_large(self, *SIZE)

    def tell(self, share: float | None) -> None:
        """Say how far it is, 0 to 1, where that is known."""
        self._waits.setText(MEASURING if share is None else f"{MEASURING}  {percent(share, 0)}")

    def fill(self, told: RunsCompared) -> None:
        """Show what was found."""
        found, dataset, box = told.found, self._desk.data.dataset, self._box
        title = said(catalogue("protocol")[told.protocol.name].title)
        self._waits.hide()
        self.setWindowTitle(tr("Two runs compared: {title}", title=title))
        self.caption = PlainLabel(printable(_caption(told, title)), role="caption")
        self.verdict = PlainLabel(printable(said(told.verdict)), selectable=True)
        self.table = SimpleTable(tr("Figures of both runs"), TITLES, WIDTHS)
        names = names_of(told.recipes)
        self.table.show_rows([figure_row(*one) for one in found.metrics.items()], ("", *names, *TITLES[3:]))
        self.tests = PlainLabel(TESTS, role="caption")
        self.recipes = PlainLabel(_differences(told), role="muted", selectable=True)
        self.queries: ChangedQueries | None = None
        self.classes = SimpleTable(tr("Classes that gained or lost"), CLASS_TITLES, CLASS_WIDTHS)
        for label in (self.caption, self.verdict, self.tests, self.recipes):
            label.setWordWrap(True)
        for widget in (self.caption, self.verdict, self.tests):
            box.addWidget(widget)
        for label in (self.verdict, self.tests):
            label.setVisible(bool(told.verdict))  # within the window by now: before it would be one of its own
        box.addWidget(self.table)
        if found.queries is not None and dataset is not None:
            self._add_queries(told, found.queries, dataset, names)
        box.addStretch()
        box.addWidget(self.recipes)
        beside = self.queries is not None and bool(len(told.fixed) or len(told.broken))
        self.table.keep_whole(MOST_FIGURES if beside else EVERY)
        self.classes.keep_whole(MOST_CLASSES)

    def _add_queries(self, told: RunsCompared, found: QueryChanges, dataset: Dataset, names: tuple[str, str]) -> None:
        """Show which queries and classes changed; where none did, the figures have their room."""
        words = WORDS if names == ALIKE else (FIXED.replace("{run}", names[1]), BROKEN.replace("{run}", names[0]))
        desk, box, any_changed = self._desk, self._box, bool(len(told.fixed) or len(told.broken))
        self.queries = ChangedQueries(desk.themes, desk.state, dataset, told.fixed, told.broken, words)
        for grid in (self.queries.fixed, self.queries.broken):
            grid.setVisible(any_changed)
        changed = [one for one in found.classes if one.difference]
        self.classes.show_rows([class_row(one, told.found.class_names) for one in changed])
        if any_changed:
            keep_size(self.queries, least_height=LEAST_QUERIES)
        box.addWidget(self.queries, int(any_changed))
        box.addWidget(PlainLabel(_gained(found)))
        box.addWidget(self.classes)
        self.classes.setVisible(bool(changed))


def names_of(recipes: tuple[Recipe, Recipe]) -> tuple[str, str]:
    """Return what two runs are called: by what tells their recipes apart, else the first and the second."""
    first, second = told_apart(recipes)
    line = f"{recipe_line(recipes[0])} · "  # says nothing where it is that of both
    alike = first.startswith(line) and second.startswith(line)
    return (
        ALIKE
        if first == second
        else (first.removeprefix(line), second.removeprefix(line))
        if alike
        else (first, second)
    )


def _caption(told: RunsCompared, title: str) -> str:
    on = tr(
        "{items} of {classes} that both held out",
        items=counted(told.found.items, "item"),
        classes=counted(told.found.classes, "class", "classes"),
    )
    names, folders = names_of(told.recipes), (told.first, told.second)
    first, second = folders if names == ALIKE else (f"{name} ({of})" for name, of in zip(names, folders, strict=True))
    first, second = (
        " · ".join(filter(None, (name, branched(parent))))
        for name, parent in zip((first, second), told.found.parents, strict=True)
    )
    return tr(
        "{title} of {on}. First run: {first}; second run, which is shown: {second}. The difference is second − first.",
        title=title,
        on=on,
        first=first,
        second=second,
    )


def _gained(changes: QueryChanges) -> str:
    gained, lost = (sum(one.difference * sign > 0 for one in changes.classes) for sign in (1, -1))
    if not gained + lost:
        return tr("No class gained or lost recall@1")
    return tr(
        "{classes} gained and {lost} lost recall@1, those that gained most first",
        classes=counted(gained, "class", "classes"),
        lost=count(lost),
    )


def class_row(one: ClassChange, names: Sequence[str]) -> tuple[str, ...]:
    """Return what a table of ``CLASS_TITLES`` says of a class."""
    return (
        printable(names[one.label]),
        count(one.queries),
        count(one.fixed),
        count(one.broken),
        localised(f"{one.difference:+z.2f}"),
        localised(f"{one.low:+z.2f} – {one.high:+z.2f}"),
        chance(one.p),
    )


def chance(p: float) -> str:
    """Return a p-value as a table says it."""
    return localised(f"< {SMALLEST_P}") if p < SMALLEST_P else localised(f"{p:.3f}")


def figure_row(name: str, values: tuple[float, ...]) -> tuple[str, ...]:
    """Return what a table of ``TITLES`` says of a figure: both runs, difference, interval, p."""
    first, second, difference, low, high, p = values
    return (
        printable(said(figure_name(name))),
        localised(number(first)),
        localised(number(second)),
        localised(f"{difference:+z.4f}"),
        localised(f"{low:+z.4f} – {high:+z.4f}"),
        chance(p),
    )


def _differences(told: RunsCompared) -> str:
    """Return what the recipes say differently, the first run first, and what was changed live in either, in lines."""
    words = differences_told(told.found.differences, told.recipes)
    if told.found.changed[0] == told.found.changed[1]:
        return words
    live = [
        tr("Changed live in {run}: {changes}", run=name, changes="; ".join(map(in_window, changes)))
        for name, changes in zip(names_of(told.recipes), told.found.changed, strict=True)
        if changes
    ]
    return "\n".join(map(printable, (words if told.found.differences else tr("Their recipes end the same"), *live)))
