"""All miners on one frozen batch: how many triplets each picks, how hard they are, which they share, and pictures."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from explorer.core.registry import register
from explorer.core.types import PIXELS_RUN, JobStatus
from explorer.engine.events import DatasetOpened, RunShown, SplitChanged
from explorer.engine.session.miner_bench import MinerBench
from explorer.ui.metrics.miner_table import MinerTable, miners_figure
from explorer.ui.session.figure_export import FigureExport, caption_of
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.widgets.figures.figure import Figure
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import ElidedLabel, count, counted
from explorer.ui.widgets.text_size import when_letters_change
from explorer.ui.widgets.triplet_strip import TripletStrip

OUTDATED = tr("Data were added since: what was compared is of a batch of those before. Press Run to compare again.")
GAP = 4
TABLE_SHARE, NARROW = 0.63, 400
"""The table has so much of the width, or so many pixels if there is room for a triplet beside it."""


@register("panel", "miner_bench")
class MinerBenchPanel(Panel):
    """All miners on one batch: counts, hardness, overlap, and the triplets that each one picks."""

    key: ClassVar[str] = "miner_bench"
    title: ClassVar[str] = tr("Miner bench")
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 90
    beside: ClassVar[str] = "triplets"
    empty_text: ClassVar[str] = tr(
        "Run draws one batch and lets every miner choose its triplets from it: "
        "how many, how hard, which they share, and the items they pick."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._bench: MinerBench | None = None
        self._place = 0
        self._job = 0
        self._outdated = False  # what was compared is gone, because data were added since
        self._forgotten = False  # a run was shown anew, as it is just before it is told that data were added
        self._build()
        desk.bridge.of(MinerBench).connect(self.show_bench)
        desk.bridge.of(JobStatus).connect(self._on_job)
        desk.bridge.of(DatasetOpened).connect(self._on_data)
        desk.bridge.of(RunShown).connect(self._on_run_shown)
        desk.bridge.of(SplitChanged).connect(lambda _event: self._follow())
        desk.commands.add(
            "miners.bench",
            tr("Compare all miners on one batch"),
            self.start,
            shortcut="Ctrl+Shift+M",
            menu="Run",
            tip=tr("Let every miner choose its triplets from one batch of what is shown"),
        )
        self._follow()

    def _build(self) -> None:
        self.run_button = QToolButton()
        self.run_button.setText(tr("Run", sense="verb"))
        words = tr("Compare all miners on one batch of what is shown")
        self.desk.commands.tell_key(self.run_button, words, "miners.bench")
        self.run_button.setAccessibleName(tr("Run the miner bench"))
        self.run_button.clicked.connect(self.start)
        self.header_tools.append(self.run_button)
        self.export = FigureExport(self, self._figures)
        self.table = MinerTable(self.desk.themes, self._choose_miner)
        self.caption = ElidedLabel("", role="caption")
        self.strip = TripletStrip(self.desk.themes)
        self.strip.chosen.connect(self._choose_item)
        self.strip.hovered.connect(self.desk.state.set_hover)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 5, 0, 0)
        column.setSpacing(2)
        self.caption.setContentsMargins(8, 0, 8, 0)
        column.addWidget(self.caption)
        column.addWidget(self.strip, 1)
        self._row = QHBoxLayout(self.body)
        self._row.setContentsMargins(GAP, 0, 0, 0)
        self._row.setSpacing(GAP)
        self._row.addWidget(self.table, 1)
        self._row.addWidget(right, 1)
        when_letters_change(self.table, self._share)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the table the columns that have room beside one triplet."""
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        free = self.width() - self.strip.least_width() - 2 * GAP
        wide = self.table.fit(min(free, max(round(self.width() * TABLE_SHARE), NARROW)))
        self._row.setStretch(0, wide)  # not a fixed width: the dock can be made narrower again
        self._row.setStretch(1, self.width() - wide - 2 * GAP)

    def start(self) -> None:
        """Have the miners compared, and come to the front."""
        session = self.desk.session
        if self._job or session.dataset is None or session.split is None:
            return
        self.come_forward()
        self._job = session.bench_miners()
        self.set_status(tr("comparing…"))
        self._follow()

    def _on_job(self, status: JobStatus) -> None:
        if status.id == self._job and status.state != "running":
            self._job = 0
            self._follow()
            self._show_status()

    def _follow(self) -> None:
        """Switch the button on where there is a batch to draw."""
        session = self.desk.session
        able = session.dataset is not None and session.split is not None and not self._job
        self.run_button.setEnabled(able)
        if "miners.bench" in self.desk.commands:
            self.desk.commands["miners.bench"].setEnabled(able)

    def _on_data(self, opened: DatasetOpened) -> None:
        """Show nothing; where data were added to those of which a batch was or is compared, say why that is gone."""
        had = self._bench is not None or self._forgotten or bool(self._job)
        if self._job:
            self.desk.session.cancel(self._job)  # nobody would be told what it finds
        self._outdated, self._forgotten = opened.role != "main" and (self._outdated or had), False
        self.set_empty_text(OUTDATED if self._outdated else self.empty_text)
        self._forget()

    def _on_run_shown(self, _event: RunShown) -> None:
        self._forgotten = self._bench is not None
        self._forget()

    def _forget(self) -> None:
        """Show nothing: other data, another split or another run are shown."""
        self._bench = None
        self.show_body(False)
        self._show_status()
        self._follow()

    def show_bench(self, bench: MinerBench) -> None:
        """Show a result; the miner that was selected stays so, at first that of the recipe."""
        before = self._bench.miners[self._place].name if self._bench is not None else bench.miner
        names = [found.name for found in bench.miners]
        self._bench, self._outdated = bench, False
        self.table.show_bench(bench, names.index(before) if before in names else 0)
        self._share()  # by how long their names are
        self.show_body(True)
        self._show_status()

    def _figures(self) -> list[Figure]:
        """Return the table for paper, in the order that was chosen."""
        bench = self._bench
        return [] if bench is None else [miners_figure(bench, self.table.rows, caption_of(self, self.status))]

    def _choose_miner(self, place: int) -> None:
        bench, dataset = self._bench, self.desk.data.dataset
        if bench is None or dataset is None:
            return
        self._place = place
        found = bench.miners[place]
        shown = len(found.examples)
        which = (
            tr("All {shown}", shown=shown)
            if shown == found.triplets
            else tr("{shown} of {triplets}", shown=shown, triplets=count(found.triplets))
        )
        self.caption.setText(tr("{which}, hardest first", which=which) if shown else tr("no triplet of this batch"))
        self.strip.show_triplets(dataset, found.examples, bench.margin)

    def _choose_item(self, item: int, add: bool) -> None:
        """Pin an item that was clicked: alone, or beside the others."""
        state = self.desk.state
        state.pins.choose(item, add=add)
        state.set_selection([item])

    def _show_status(self) -> None:
        bench = self._bench
        if bench is None:
            self.set_status("")
            return
        where = (
            self.raw
            if bench.run == PIXELS_RUN
            else tr("step {step}{about}", step=count(bench.step), about="" if bench.exact else " ≈")
        )
        batch = f"{counted(bench.items, 'item')}, {counted(bench.classes, 'class', 'classes')}"
        self.set_status(tr("{batch} · m {margin:.2f} · {where}", batch=batch, margin=bench.margin, where=where))
