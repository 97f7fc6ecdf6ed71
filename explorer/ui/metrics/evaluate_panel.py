"""Any protocol on what is shown, now or at every evaluation: its figures with intervals, beside the raw data."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, cast

import numpy as np
from PySide6.QtCore import QMargins, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.core.errors import printable
from explorer.core.map_values import StepShown
from explorer.core.recipe import Part
from explorer.core.registry import Scalar, catalogue, loaded, register
from explorer.core.types import PIXELS_RUN, RETRIEVAL, Evaluation, JobStatus
from explorer.engine.analysis.raw_baseline import RAW_DISTANCE
from explorer.engine.datasets.baselines import RAW, Baseline, raw_name
from explorer.engine.datasets.unfit_parts import unfit_protocols
from explorer.engine.events import UNDER_WAY, CatalogueReady, DatasetOpened, RunShown, SplitChanged
from explorer.engine.session.evaluate import ItemsAsked, ProtocolRefused, ProtocolResult
from explorer.evaluation.few_shot import WorstEpisodes
from explorer.evaluation.figures import listed
from explorer.evaluation.verification import DRAWN
from explorer.ui.metrics.compare_runs import CompareRuns
from explorer.ui.metrics.episode_view import WorstEpisodeView
from explorer.ui.metrics.figures_table import FiguresTable, baseline_name
from explorer.ui.metrics.protocol_curves import ProtocolCurves
from explorer.ui.session.commands import Place
from explorer.ui.session.figure_export import FigureExport, caption_of
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.widgets.button_rows import ButtonRows
from explorer.ui.widgets.fields.base import Column
from explorer.ui.widgets.fields.choice import ChoiceField
from explorer.ui.widgets.fields.free_text import TextField
from explorer.ui.widgets.figures.figure import Figure
from explorer.ui.widgets.forms import PartForm, Rows
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.setting_names import in_the_form
from explorer.ui.widgets.steady_scroll import SteadyScroll
from explorer.ui.widgets.text import PlainLabel, count, counted

KIND = "protocol"
EUCLIDEAN = ("euclidean", "squared_euclidean")
"""Distances of a run beside which the raw data are compared by the Euclidean one: both rank alike."""
PAIRS = "protocol.pairs_file"
HINT = tr(
    "Press Evaluate to measure what is shown by this protocol: its figures appear here, with intervals and beside "
    "those of the raw data."
)
FOLLOW_TIP = tr("Measure again when all items have been embedded anew, and when another step is shown")
CAPTION_TIP = tr("What was measured, how and on how many items; of more items intervals are narrower")
ITEMS = (
    ("held-out", tr("Held-out items"),
     tr("Those not trained on; where nothing is held out, all that have a class"), True),
    ("train", tr("Training items"), tr("Those that are trained on: how far the held-out ones fall behind"), True),
    ("test", tr("Test items"),
     tr("Those that were added as test data, or that the column split calls test, and that are neither trained on nor "
        "held out; where all are held out, these"), True),
)  # fmt: skip


@register("panel", "evaluate")
class EvaluatePanel(Panel):
    """A protocol, its parameters, and what it finds of what is shown."""

    key: ClassVar[str] = "evaluate"
    title: ClassVar[str] = tr("Evaluate")
    tab: ClassVar[str] = tr("Evaluate", "tab")
    area: ClassVar[Area] = "right"
    order: ClassVar[int] = 20
    beside: ClassVar[str] = "neighbours"
    empty_text: ClassVar[str] = tr(
        "Open data with classes: retrieval, verification, few-shot and the other protocols are measured here, "
        "with intervals, and beside the raw data."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.form: PartForm | None = None
        self._result: ProtocolResult | None = None
        self._job = 0
        self._suited = RETRIEVAL
        self._part = Part(name=self._suited)
        self._build()
        self._suit()
        bridge = desk.bridge
        bridge.of(ProtocolResult).connect(self.show_result)
        bridge.of(ProtocolRefused).connect(self._on_refused)
        bridge.of(JobStatus).connect(self._on_job)
        bridge.of(CatalogueReady).connect(lambda _event: self._follow())
        bridge.of(DatasetOpened).connect(lambda _event: self._suit())
        for cause in (DatasetOpened, RunShown, SplitChanged):
            bridge.of(cause).connect(lambda _event: self._forget())
        bridge.of(Evaluation).connect(self._on_evaluation)
        bridge.of(StepShown).connect(lambda _event: self._repeat())
        desk.commands.add(
            "evaluate.run",
            tr("Evaluate by a protocol"),
            self.start,
            shortcut="Ctrl+Shift+V",
            menu="Run",
            tip=tr("Measure what is shown by the protocol that is chosen in the panel Evaluate"),
            words=tr("score benchmark accuracy"),
        )
        self._follow()

    def _build(self) -> None:
        self.copy_button = QToolButton()
        self.copy_button.setText(tr("Copy"))
        self.copy_button.setToolTip(tr("Copy the table, as a spreadsheet takes it"))
        self.copy_button.setAccessibleName(tr("Copy the figures"))
        self.header_tools.append(self.copy_button)
        self.export = FigureExport(self, self._figures)
        self.items = ChoiceField(ITEMS)
        self.items.name(tr("Items that are measured"), tr("Which items are measured"))
        self.fold = QPushButton(tr("▸  Parameters"))
        self.fold.setProperty("kind", "fold")
        self.fold.setCheckable(True)
        self.fold.toggled.connect(self._on_fold)
        self.follow = QCheckBox(tr("At every evaluation"))
        self.follow.setToolTip(FOLLOW_TIP)
        self.follow.toggled.connect(lambda on: self._repeat() if on else None)
        self.run_button = QPushButton(tr("Evaluate"))
        self.desk.commands.tell_key(self.run_button, tr("Measure what is shown by this protocol"), "evaluate.run")
        self.run_button.setAccessibleName(tr("Evaluate by this protocol"))
        self.run_button.clicked.connect(self.start)
        self.problem = PlainLabel("", role="error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.caption = PlainLabel("", role="caption")
        self.caption.setToolTip(CAPTION_TIP)
        self.caption.setWordWrap(True)
        self.curves = ProtocolCurves(self.desk.themes)
        self.worst_button = QToolButton()
        self.worst_button.setText(tr("Worst episode…"))
        self.worst_button.setToolTip(tr("The episode with the fewest right answers, as pictures"))
        self.worst_button.clicked.connect(self._show_worst)
        self.worst_button.hide()
        self.curves.plot.offers = self.export.add_to
        self.table = FiguresTable()
        self.table.hide()
        self.hint = PlainLabel(HINT, role="muted")
        self.hint.setWordWrap(True)
        self.copy_button.clicked.connect(self.table.copy)
        self._place()

    def _place(self) -> None:
        rows = Rows()
        rows.add(tr("Items"), self.items, tr("Which items are measured"))
        self.compare = CompareRuns(self.desk, lambda: self._part)
        self._parameters = Column()
        self._parameters.hide()
        self._top = Column(6)
        self._top.box.addWidget(rows)
        self._top.box.addWidget(ButtonRows((self.fold, self.compare), QMargins(), wide=False))
        self._top.box.addWidget(self._parameters)
        self._top.box.addWidget(ButtonRows((self.follow, self.run_button), QMargins(), wide=False))
        self._top.box.addWidget(self.problem)
        self._top.box.addWidget(self.hint)
        self._top.box.addWidget(self.caption)
        self._top.box.addWidget(self.worst_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._top.box.setContentsMargins(12, 8, 12, 8)
        inside = self._inside = QWidget()
        body = QVBoxLayout(inside)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self._top)
        beside = QHBoxLayout()
        beside.setContentsMargins(8, 0, 4, 8)
        beside.addWidget(self.table)
        body.addLayout(beside)
        body.addWidget(self.curves)
        body.addStretch(1)
        scroll = self._scroll = SteadyScroll(
            self.body
        )  # with all parameters shown there may be more than a small window has room for
        scroll.setAccessibleName(tr("Protocol, figures and curves"))
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)  # the panel's own colour shows through
        whole = QVBoxLayout(self.body)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        self.table.rows.modelReset.connect(self._fit_table)
        self.table.selectionModel().currentChanged.connect(lambda now, _before: self._show_row(now.row()))

    def _fit_table(self) -> None:
        """Give the table the height of its rows, so that the panel alone scrolls, and the columns that have room."""
        self.table.fit(self._scroll.viewport().width() - 12)
        self.table.setFixedHeight(self.table.content_height())

    def _show_row(self, row: int) -> None:
        """Keep the row in sight to which a key led."""
        seen = self.table.visualRect(self.table.rows.index(row, 0)).center()
        at = self.table.viewport().mapTo(self._inside, seen)
        self._scroll.ensureVisible(at.x(), at.y(), 0, 2 * self.table.rowHeight(row))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the columns that have room."""
        super().resizeEvent(event)
        self._fit_table()

    def _fill(self) -> None:
        """Make the form, once the protocols are loaded."""
        if self.form is not None or not loaded(KIND):
            return
        form = self.form = PartForm(KIND)
        form.show_part(self._part)
        self._refuse_unfit(form)
        form.changed.connect(self._on_changed)
        form.invalid.connect(lambda problem: self._say(in_the_form(problem)))
        self._top.box.insertWidget(0, form)
        self._parameters.box.addWidget(form.more)
        self.fold.setVisible(form.has_more)

    def places(self) -> list[Place]:
        """Return the protocols as what can be searched for: each is chosen here, and the panel comes forward."""
        entries = catalogue(KIND).values() if self.form is not None else ()
        titles = {entry.name: (said(entry.title), said(entry.summary)) for entry in entries}
        return [
            Place(tr("Evaluate: {title}", title=title), f"{KIND} {name} {tip}", tip, partial(self._go_to, name))
            for name, (title, tip) in titles.items()
        ]

    def _go_to(self, name: str) -> None:
        self.come_forward()
        if name != self._part.name:
            self._on_changed(KIND, name)

    def _refuse_unfit(self, form: PartForm) -> None:
        """Switch the protocols off that the open data have nothing for."""
        dataset = self.desk.data.dataset
        form.refuse({} if dataset is None else unfit_protocols(dataset))

    def _on_fold(self, shown: bool) -> None:
        self.fold.setText(tr("▾  Parameters") if shown else tr("▸  Parameters"))
        self._parameters.setVisible(shown and self.form is not None and self.form.has_more)

    def _say(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    def _suit(self) -> None:
        """Begin with the protocol of other data, unless another one than that of those before was chosen."""
        dataset, before = self.desk.data.dataset, self._suited
        if dataset is None:
            return
        self._suited = dataset.protocol
        if self.form is not None:
            self._refuse_unfit(self.form)
        if self._part.name == before != self._suited:
            self._part = Part(name=self._suited)
            if self.form is not None:
                self.form.show_part(self._part)
                self.fold.setVisible(self.form.has_more)

    def _on_changed(self, path: str, value: Scalar) -> None:
        """Take another protocol, or another value of a parameter."""
        name = path.partition(".")[2]
        if name:
            self._part = Part(name=self._part.name, params={**self._part.params, name: value})
        else:
            self._part = Part(name=str(value))
            if self._job:  # what is still measured is not what is asked for now
                self.desk.session.cancel(self._job)
            self._forget()
        self._say("")
        assert self.form is not None
        self.form.show_part(self._part)
        self.fold.setVisible(self.form.has_more)
        self._on_fold(self.fold.isChecked())
        self._offer_pairs()

    def _offer_pairs(self) -> None:
        """Offer the lists of pairs that came with the data, and say which there are."""
        field = self.form.fields.get(PAIRS) if self.form is not None else None
        dataset = self.desk.data.dataset
        if self.form is not None and dataset is not None:
            self.form.offer_columns([*dataset.columns])
        lists = dataset.pairs if dataset is not None and isinstance(field, TextField) else ()
        if isinstance(field, TextField):
            came = [one.name for one in lists]
            field.suggest([*came, DRAWN] if came else (), printable(f"{came[0]}, …" if came else tr("drawn at random")))
        if self._result is None:
            told = ", ".join(f"{one.name} ({count(len(one))})" for one in lists)
            self.caption.setText(printable(tr("Pairs that came with the data: {told}", told=told)) if told else "")

    def start(self) -> None:
        """Measure, and come to the front."""
        if not self._able():
            return
        self.come_forward()
        self._measure()

    def _measure(self) -> None:
        self._say("")
        self._job = self.desk.session.evaluate(self._part, cast(ItemsAsked, self.items.value()))
        self.set_status(tr("measuring…"))
        self._follow()

    def _able(self) -> bool:
        dataset = self.desk.data.dataset
        return dataset is not None and dataset.measurable and not self._job and loaded(KIND)

    def _repeat(self) -> None:
        """Measure anew where that is wanted, and nothing is being measured."""
        if self.follow.isChecked() and self._able():
            self._measure()

    def _on_evaluation(self, event: Evaluation) -> None:
        if event.part == "held-out" and event.run != PIXELS_RUN:
            self._repeat()

    def _on_job(self, status: JobStatus) -> None:
        if status.id == self._job and status.state != "running":
            self._job = 0
            self._follow()
            self._show_status()

    def _follow(self) -> None:
        """Show the controls where there is something to measure, and switch them on where it can be."""
        self._fill()
        able = self._able()
        dataset = self.desk.data.dataset
        known = dataset is not None and dataset.measurable
        self.set_empty_text(tr("The protocols are being loaded.") if known and self.form is None else self.empty_text)
        self.show_body(known and self.form is not None)
        self.run_button.setEnabled(able)
        self.copy_button.setEnabled(self._result is not None)
        if "evaluate.run" in self.desk.commands:
            self.desk.commands["evaluate.run"].setEnabled(able)

    def _on_refused(self, refused: ProtocolRefused) -> None:
        """Say why nothing was found, and show no figures of before: parameters are named as in the form."""
        if refused.asker != self.key:
            return
        self._forget()
        self._say(in_the_form(printable(refused.problem)))

    def _forget(self) -> None:
        """Show nothing: other data, another split or another run are shown."""
        self._result = None
        self.table.rows.show((), (), self.raw)
        self.curves.show_curves({}, {}, self.raw)
        self._follow()
        self._show_status()

    def show_result(self, result: ProtocolResult) -> None:
        """Show what was found, unless another panel asked for it."""
        if result.asker != self.key:
            return
        self._say("")
        self._result = result
        raw, others = self._baselines(result)
        beside = [(one.name, listed(one.found.figures)) for one in others if one.found is not None]
        figures, curves = (listed(raw.found.figures), raw.found.curves) if raw.found is not None else ((), {})
        self.table.rows.show(listed(result.found.figures), figures, raw.name, beside)
        self.curves.show_curves(result.found.curves, curves, baseline_name(raw.name))
        self.copy_button.setEnabled(True)
        self._show_status()

    def _baselines(self, result: ProtocolResult) -> tuple[Baseline, list[Baseline]]:
        """Return the raw data as the run compares its embeddings, which stand beside each figure, and the others."""
        dataset = self.desk.data.dataset
        by_cosine = Baseline(self.raw if dataset is None else raw_name(dataset, RAW_DISTANCE), result.raw)
        matching = (one for one in result.beside if one.found is not None and one.name.endswith(RAW["euclidean"]))
        raw = next(matching, by_cosine) if result.distance in EUCLIDEAN else by_cosine
        return raw, [one for one in (by_cosine, *result.beside) if one is not raw]

    def _show_status(self) -> None:
        result = self._result
        self.hint.setVisible(result is None)
        self.table.setVisible(result is not None)
        self.worst_button.setVisible(result is not None and isinstance(result.found.details, WorstEpisodes))
        if result is None:
            self.set_status("")
            self._offer_pairs()
            return
        found = result.found
        title = said(catalogue(KIND)[result.protocol.name].title)
        unseen = tr(", never trained on") if result.unseen else self._which_test(result)
        lone = tr("; {lone} alone in their class", lone=counted(found.lone, "item")) if found.lone else ""
        classes = tr(" of {classes}", classes=counted(found.classes, "class", "classes")) if found.classes else ""
        self.set_status(tr("measuring…") if result.raw is None else counted(found.items, "item"))
        how = f"; {said(found.how)}" if found.how else ""
        raw = tr("; the raw data follow") if result.raw is None else self._raw_by(result)
        self.caption.setText(
            f"{title}, {self._where(result)}: {counted(found.items, 'item')}{classes}{unseen}{lone}{how}{raw}"
        )

    def _which_test(self, result: ProtocolResult) -> str:
        """Return which test items were measured: those beside the split, or those that are held out; else nothing."""
        split = self.desk.data.split
        if result.items != "test" or split is None or not len(result.sample):
            return ""
        held = bool(np.isin(result.sample[:1], split.held_out).any())  # all of them, or none: see ``items_of``
        return tr(", the test items that are held out") if held else tr(", the test items that are not held out")

    def _raw_by(self, result: ProtocolResult) -> str:
        """Return by which distance the raw data are compared that stand beside each figure."""
        euclidean = self._baselines(result)[0].name.endswith(RAW["euclidean"])
        return tr("; raw: by the Euclidean distance") if euclidean else tr("; raw: by the cosine")

    def _figures(self) -> list[Figure]:
        """Return the curves and the table of figures for paper."""
        result = self._result
        if result is None:
            return []
        caption = caption_of(self, self.caption.text())
        return [*self.curves.figures(caption), self.table.rows.listing(result.protocol.name, caption)]

    def _show_worst(self) -> None:
        """Open the worst episodes as pictures; what is clicked there is pinned."""
        result, dataset = self._result, self.desk.data.dataset
        if result is not None and dataset is not None and isinstance(result.found.details, WorstEpisodes):
            self.worst = WorstEpisodeView(self.desk, dataset, result.found.details, result.sample, self)
            self.worst.show()

    def _where(self, result: ProtocolResult) -> str:
        if result.run == PIXELS_RUN:
            return self.raw
        training = self.desk.session.state in UNDER_WAY and self.desk.state.displayed_step < 0
        if result.exact and training:  # the map is further on
            return tr("step {step}, the last at which all were embedded", step=count(result.step))
        return tr("step {step}{about}", step=count(result.step), about="" if result.exact else " ≈")
