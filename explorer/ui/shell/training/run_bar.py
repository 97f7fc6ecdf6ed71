"""The second row of the window: Train, Pause and Stop, what is trained, how far it is, and four figures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QSizePolicy, QWidget

from explorer.core.errors import printable
from explorer.core.events import RunFailed, RunFinished, RunPaused, RunStarted
from explorer.core.figure_words import figure_words
from explorer.core.recipe import Recipe
from explorer.core.registry import find
from explorer.core.types import CROSS_MODAL, PIXELS_RUN, REGRESSION, RETRIEVAL, Evaluation, Progress, StepMetrics
from explorer.engine.events import UNDER_WAY, CatalogueReady, DatasetOpened, RunGoesOn, RunOpened
from explorer.ui.session.panel import Desk
from explorer.ui.session.run_history import RunHistory, is_followed
from explorer.ui.shell.recipes.recipe_commands import WITHOUT
from explorer.ui.shell.training.action_button import ActionButton
from explorer.ui.shell.training.run_bar_figure import NOTHING, RunBarFigure
from explorer.ui.shell.training.step_commands import StepButton
from explorer.ui.widgets.language import localised, said, tr
from explorer.ui.widgets.recipe_words import summary
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text import ElidedLabel, PlainLabel, broken, count, counted, duration, percent
from explorer.ui.widgets.text_size import keep_bar, keep_size, scaled

HEIGHT = 44
BAR_WIDTH = 300
LEAST_PROGRESS, SPACING = 150, 14
LEAST_CHIP = 110
"""The width at which the recipe says something; it has less only beside recall@1 alone."""
_AT_THE_END = re.compile(r"(?:^| )\S+ \d[\d.,]*(?: \S+ \d[\d.,]*)?$")
"""Of which step a sentence is, with which it ends: ``step 81``, ``step 81 of 170``."""
POSITION = tr(
    "How far the run is, in epochs (each training item once) and steps (one batch each), and how long it takes"
)
CHIP = tr("What is, or would be, trained: data · loss and its margin · miner. Click it for all recipes")
OF_BATCH, OF_BATCH_BRIEF = tr("batch triplets violated"), tr("batch violated")
"""What the share of violated triplets is called: that of all data stands in the panel *Triplets*."""
NO_LABELS = tr("Learn without labels")
SPEED = tr("Items that are trained on in a second; more is faster, and no better")
QWIDGETSIZE_MAX = (1 << 24) - 1
"""Qt's own bound, which PySide6 does not name."""

RECALLS = (("recall@1", "recall@1"), ("recall@5", "recall@5"))
FOLLOWED = {REGRESSION: (("mean_error", tr("mean error")), ("relative_error", tr("relative error")))}
"""The two figures by which a run is followed, and what they are called, where they are not recalls."""

RAW_TIP = tr(
    "Raw data are compared by the cosine here and in Curves: how bright or long an item is counts for nothing. "
    "Evaluate goes by its own distance, so its column Raw may say another value"
)


class RunBar(QWidget):
    """Reacts to the session; changes nothing but itself.

    Signals
    -------
    finishing_changed(): training is over and the run embeds everything, or that has ended; see ``finishing``.
    """

    finishing_changed = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toolbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        keep_bar(self, HEIGHT, lines=2)
        self._desk = desk
        self._run, self._steps, self._last = "", 1, ""
        self._next: int | None = None  # about which step is evaluated next
        self._waits, self._before = "", ""
        self._loaded = False
        self._evaluated, self._saved_at = False, 0
        self.finishing = False
        self._history = RunHistory(desk.bridge, self)
        self._newest: Evaluation | None = None
        self._counted: StepMetrics | None = None
        self.train = ActionButton(desk.commands["run.train"], desk, "play", primary=True)
        self.go_on = ActionButton(desk.commands["run.continue"], desk, "play", text=tr("Go on"))
        self.stop = ActionButton(desk.commands["run.stop"], desk, "stop")
        self.step = StepButton(desk.commands, desk.themes)
        self.unlabelled = ActionButton(desk.commands[WITHOUT], desk, "load", text=NO_LABELS)
        self.chip = ElidedLabel(role="chip")
        keep_size(self.chip, height=24)
        self.chip.setAccessibleName(tr("Recipe"))
        self.chip.about = CHIP
        self.chip.setCursor(Qt.CursorShape.PointingHandCursor)
        self.chip.installEventFilter(self)
        self.position = ElidedLabel(role="muted")
        self.position.about = POSITION
        self.left = PlainLabel(role="muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress of the run"))
        self.left.setToolTip(broken(POSITION))
        self.recall1 = RunBarFigure("recall@1", said(figure_words("recall@1")))
        self.recall5 = RunBarFigure("recall@5", said(figure_words("recall@5")))
        self._followed = RECALLS
        self.violated = RunBarFigure(OF_BATCH, said(figure_words("violated")))
        self.speed = RunBarFigure(tr("items / s"), SPEED)
        self._lay_out()
        bridge = desk.bridge
        bridge.of(Progress).connect(self._on_progress)
        bridge.of(Evaluation).connect(self._on_evaluation)
        bridge.metrics.connect(self._on_metrics)
        bridge.run_event.connect(self._on_run_event)
        bridge.of(DatasetOpened).connect(self._on_dataset)
        bridge.of(RunOpened).connect(self._on_run_opened)
        bridge.of(RunGoesOn).connect(self._on_goes_on)
        bridge.of(CatalogueReady).connect(self._on_catalogue)
        desk.state.displayed_step_changed.connect(self._on_step)

    def _say(self, words: str) -> None:
        """Say where the run is; the step, with which that ends, is never shortened."""
        found = _AT_THE_END.search(words)
        self.position.end = found.group() if found is not None else ""
        self.position.setText(words)

    def _keep_step(self) -> None:
        """Keep the room of the step, in the letters of now."""
        width = self.position.fontMetrics().horizontalAdvance(self.position.end.strip())
        self.position.keep_width(width + 2 if width else 0)

    def _lay_out(self) -> None:
        progress = self._progress = QWidget()
        keep_size(progress, least_width=LEAST_PROGRESS)
        progress.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        grid = QGridLayout(progress)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(5)
        grid.addWidget(self.position, 0, 0)
        grid.addWidget(self.left, 0, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.bar, 1, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        self.chip.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(SPACING)
        row.addWidget(self.train)
        row.addWidget(self.go_on)
        row.addWidget(self.step)
        row.addWidget(self.stop)
        row.addWidget(self.chip)
        row.addWidget(progress, 3)
        row.addWidget(self.unlabelled)
        row.addStretch(0)
        for figure in self._figures:
            row.addWidget(figure)

    @property
    def _figures(self) -> tuple[RunBarFigure, ...]:
        """The figures in their order; where there is no room the last one goes first, except for recall@1."""
        return self.recall1, self.recall5, self.violated, self.speed

    def _least(
        self, figures: Sequence[RunBarFigure], chip: int | None = 0, *, short: bool = True, bare: bool = True
    ) -> int:
        """Return the width that the bar needs with these figures, and a recipe of ``chip`` pixels or of a few letters.

        ``chip``: None: without the recipe. ``short``: the figures are named in few words; ``bare``: of the buttons only
        the first has its words.
        """
        parts = [part.sizeHint().width() for part in (self.train, self.step)] + [self.stop.needed(bare)]
        if self._desk.commands["run.continue"].isEnabled():
            parts.append(self.go_on.needed(bare))
        if self._desk.commands[WITHOUT].isEnabled():
            parts.append(self.unlabelled.sizeHint().width())
        parts += [figure.needed(short) for figure in figures]
        parts.append(max(self._progress.minimumSizeHint().width(), self._progress.minimumWidth()))
        if chip is not None:
            few = max(self.chip.minimumSizeHint().width(), self.chip.minimumWidth())
            parts.append(max(few, min(chip, self.chip.sizeHint().width())))
        return sum(parts) + (len(parts) + 1) * SPACING

    def minimumSizeHint(self) -> QSize:
        """Ask for the room without any figure."""
        return QSize(self._least((), None), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the figures that have room."""
        super().resizeEvent(event)
        self.fit()

    def event(self, event: QEvent) -> bool:
        """Look again at what has room when a part needs another one."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.fit()
        return super().event(event)

    def fit(self) -> None:
        """Show the figures that have room: named whole, else in few words, else without the last ones.

        Recall@1 comes before the recipe, which the form says as well: with large text there is no room for both. Two
        figures come before the words of the buttons.
        """
        self._keep_step()
        figures, chip = self._figures, scaled(LEAST_CHIP)
        short = self._least(figures, chip, short=False, bare=False) > self.width()
        bare = self._least(figures[:2], chip, short=short, bare=False) > self.width()
        for button in (self.go_on, self.stop):
            button.set_bare(bare)
        told = self._least(figures[:1], 0, short=short, bare=bare) <= self.width()
        self.chip.setVisible(told)
        for number, figure in enumerate(figures, start=1):
            figure.shorten(short)
            room = (chip if number > 1 else 0) if told else None
            needed = self._least(figures[:number], room, short=short, bare=bare)
            figure.setVisible(needed <= self.width())

    def show_state(self, why_not: str) -> None:
        """Follow the state of the session: what the first button does, and why it cannot."""
        state = self._desk.session.state
        self.train.set_icon_name("pause" if state == "training" else "play")
        if self._desk.session.ending and not self.finishing:
            self._say(tr("Stopping…"))
            self.left.setText("")
        if state in UNDER_WAY:
            if self._last not in UNDER_WAY:
                self._show_starting()
            self._last = state
            return
        self._last = state
        self.position.about = POSITION
        self._show_bar(state == "finished")
        self.left.setText("")
        if why_not:
            if self.position.text() != self._waits:
                self._before = self.position.text()
            self._waits = in_window(why_not)
            if self._desk.commands[WITHOUT].isEnabled():
                self._waits = self._waits.partition(": ")[0]  # the button beside it says what can be done
            self.position.about = in_window(why_not)
            self._say(self._waits)
        elif state != "ready" and self.position.text() == self._waits:
            self._say(self._before)
        elif state == "ready":
            self._say(tr("Ready to train"))

    def _show_bar(self, shown: bool) -> None:
        """Show the bar, or give its room to the sentence that says why nothing can be trained."""
        self.bar.setVisible(shown)
        self._progress.setMaximumWidth(scaled(BAR_WIDTH) if shown else QWIDGETSIZE_MAX)

    def _show_starting(self) -> None:
        self._say(tr("Starting…"))
        self.left.setText("")
        self.bar.setRange(0, 0)
        self._show_bar(True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Open the window of all recipes where the one that is trained is clicked."""
        if watched is self.chip and event.type() == QEvent.Type.MouseButtonRelease:
            self._desk.commands["recipe.book"].trigger()
        return super().eventFilter(watched, event)

    def show_recipe(self, recipe: Recipe) -> None:
        """Say what is, or would be, trained."""
        dataset = self._desk.data.dataset
        margin = getattr(recipe.params("loss"), "margin", None) if self._loaded else None
        mined = not self._loaded or bool(getattr(find("loss", recipe.loss.name).part, "mined", True))
        self.chip.setText(summary(recipe, printable(dataset.name) if dataset else "", margin, mined))

    def _on_catalogue(self, _event: object) -> None:
        self._loaded = True
        self.show_recipe(self._desk.session.recipe)

    def _on_run_opened(self, opened: RunOpened) -> None:
        """Say how far a saved run came and what it measured last, until that is measured anew."""
        saved = [found for found in opened.metrics if opened.cut_off is None or found.step <= opened.cut_off]
        self._saved_at = opened.saved
        self._evaluated = opened.saved > 0  # the figures of the raw data are none of its step
        for found in (one for one in opened.evaluations if one.step <= (opened.cut_off or one.step)):
            self._on_evaluation(found)
        self._counted = None
        self._on_metrics(saved[-20:])
        self.speed.show_value(NOTHING)
        planned = max(opened.steps, opened.saved, 1)
        trained = opened.metrics[-1].step if opened.cut_off is not None else planned
        lost = tr(" of {trained}", trained=count(trained)) if trained > opened.saved else ""
        self._say(tr("Saved at step {saved}{lost}", saved=count(opened.saved), lost=lost))
        self.left.setText("")
        self.bar.setRange(0, planned)
        self.bar.setValue(opened.saved if opened.steps else planned)

    def _on_goes_on(self, past: RunGoesOn) -> None:
        """Show the last figures up to the step from which a run goes on: not those of the run before, or of later."""
        self._newest, self._evaluated, self._saved_at = None, False, 0
        self._show_no_recalls()
        for found in past.evaluations:
            self._on_evaluation(found)

    def _on_dataset(self, event: DatasetOpened) -> None:
        if event.kept_run and event.role != "main":
            return  # data were added beside it: what it has come to stays true
        self._run, self._steps, self._evaluated, self._saved_at = "", 1, False, 0
        self._newest = self._counted = None
        for figure in (self.recall1, self.recall5, self.violated, self.speed):
            figure.show_value(NOTHING)
        self._name_figures(event.dataset.protocol)
        self.speed.show_value(NOTHING, f"{tr(event.dataset.modality.plural)} / s")
        self.bar.setValue(0)

    def _name_figures(self, protocol: str) -> None:
        """Take the figures by which data are measured, and show none of them yet."""
        self._followed = FOLLOWED.get(protocol, RECALLS)
        for figure, (name, _) in zip((self.recall1, self.recall5), self._followed, strict=True):
            figure.about(said(figure_words(name)))
        self._show_no_recalls()

    def _show_no_recalls(self) -> None:
        for figure, (_, label) in zip((self.recall1, self.recall5), self._followed, strict=True):
            coming = tr("{label} · at step ≈ {step}", label=label, step=count(self._next or 0))
            words = label if self._next is None else coming
            figure.show_value(NOTHING, words, self._next_words(), brief=words)

    def _next_words(self) -> str:
        """Say when the held-out items are evaluated next; empty where nobody knows."""
        words = tr("The held-out items are evaluated next at about step {step}", step=count(self._next or 0))
        return words if self._next is not None else ""

    def _measured(self) -> bool:
        """Whether the figures come at all: recall asks for items of one class."""
        dataset = self._desk.data.dataset
        return dataset is None or dataset.protocol != RETRIEVAL or dataset.labelled

    def _tell_next(self, step: int | None) -> None:
        """Say it where the figures stand, below those that the run does not have yet."""
        changed, self._next, found = step != self._next, step, self._newest
        if changed and self._desk.state.displayed_step < 0:
            own = found is not None and found.run in (self._run, PIXELS_RUN)
            self._show_recalls(found) if found is not None and own else self._show_no_recalls()

    def _set_finishing(self, finishing: bool) -> None:
        if finishing != self.finishing:
            self.bar.setToolTip("")
            self.finishing = finishing
            self.finishing_changed.emit()

    def _show_last_pass(self, done: int, items: int, left: float | None) -> None:
        """Say how many of the items are embedded, when training is over."""
        self._say(tr("Finishing: embedding {done} of {items}", done=count(done), items=count(items)))
        self.left.setText("")  # the words need the room
        time_left = "" if left is None else tr(": {left} left", left=duration(left))
        self.bar.setRange(0, max(1, items))
        self.bar.setValue(done)
        self._set_finishing(True)
        self.bar.setToolTip(
            tr("All items are embedded once more, for exact figures and the map{time_left}", time_left=time_left)
        )

    def _on_run_event(self, event: object) -> None:
        if isinstance(event, RunStarted | RunFinished | RunFailed):
            self._set_finishing(False)
            self._tell_next(None)
        if isinstance(event, RunStarted):
            self._run, self._steps, self._saved_at = event.run, max(1, event.steps), 0
            self.bar.setRange(0, self._steps)
            self.bar.setValue(event.step)
            self._show_bar(True)
            self._say(tr("Epoch 1 of {epochs}", epochs=event.epochs))
            self._counted = None
            self.violated.show_value(NOTHING)
            if event.step == 0:  # a new run: the figures of the one before are not its own
                self._show_no_recalls()
        elif isinstance(event, RunPaused):
            self._say(tr("Paused at step {step}", step=count(event.step)))
            self.left.setText("")
        elif isinstance(event, RunFinished):
            how = tr("Finished") if event.reason == "done" else tr("Stopped")
            self.bar.setRange(0, self._steps)  # the last pass counted items
            self.bar.setValue(self._steps if event.reason == "done" else min(event.step, self._steps))
            self._say(tr("{how} at step {step}", how=how, step=count(event.step)))
            self.left.setText(tr("took {seconds}", seconds=duration(event.seconds)))
            self.speed.show_value(count(round(event.images_per_second)))
        elif isinstance(event, RunFailed):
            self._say(tr("Stopped by an error at step {step}", step=count(event.step)))
            self.left.setText("")

    def _on_progress(self, progress: Progress) -> None:
        self._show_bar(True)
        if progress.last_pass is not None:
            self._show_last_pass(*progress.last_pass, progress.seconds_left)
            return
        if self._desk.session.ending or self._desk.session.state == "paused":
            return
        self._tell_next(progress.next_evaluation if self._measured() else None)
        self._steps = max(1, progress.steps)
        self.bar.setRange(0, self._steps)
        self.bar.setValue(progress.step)
        epoch = tr(
            "Epoch {epoch} of {epochs} · step {step}",
            epoch=min(progress.epoch + 1, progress.epochs),
            epochs=progress.epochs,
            step=count(progress.step),
        )
        fitted = progress.steps == progress.epochs and self._desk.session.recipe.fitter.name != "none"
        self._say(
            tr("Iteration {step} of {steps}", step=count(progress.step), steps=count(progress.steps))
            if fitted
            else epoch
        )
        left = progress.seconds_left
        self.left.setText("" if left is None else tr("{left} left", left=duration(left)))
        tip = (
            tr("{evaluating} of the time goes into evaluation", evaluating=percent(progress.evaluating))
            if progress.evaluating
            else ""
        )
        self.speed.show_value(count(round(progress.images_per_second)), tip=tip)

    def _on_evaluation(self, evaluation: Evaluation) -> None:
        if not is_followed(evaluation):
            return
        if evaluation.run == PIXELS_RUN and self._evaluated:
            return
        self._evaluated = evaluation.run != PIXELS_RUN
        self._newest = evaluation
        if self._desk.state.displayed_step < 0:
            self._show_recalls(evaluation)

    def _show_recalls(self, evaluation: Evaluation, past: bool = False) -> None:
        """Show figures; those of a ``past`` step, and of an earlier one than the run is saved at, with their step."""
        unseen = tr("unseen classes") if evaluation.unseen else tr("held-out items")
        raw = evaluation.run == PIXELS_RUN
        past = past or (not raw and evaluation.step < self._saved_at)
        whose = tr("raw {distance}", distance=tr("cosine", "baseline")) if raw else unseen
        of = tr(
            "{items} of {classes}",
            items=counted(evaluation.items, "held-out item"),
            classes=counted(evaluation.classes, "class", "classes"),
        )
        how = tr("captions and pictures ask each other") if evaluation.protocol == CROSS_MODAL else tr("leave one out")
        if evaluation.protocol == REGRESSION:
            of, how = counted(evaluation.items, "held-out item"), tr("each by the mean of its 10 nearest others")
        tip = tr("{items}, {whose}, {how}, at step {step}", items=of, whose=whose, how=how, step=count(evaluation.step))
        tip = tip if past else "\n".join(filter(None, (tip, RAW_TIP if raw else "", self._next_words())))
        (first, one), (second, other) = FOLLOWED.get(evaluation.protocol, RECALLS)
        for figure, name, title, label in (
            (self.recall1, first, one, f"{one} {whose}"),
            (self.recall5, second, other, other),
        ):
            if name in evaluation.metrics:
                shown = tr("{name} · step {step}", name=title, step=count(evaluation.step)) if past else label
                value = evaluation.metrics[name]
                text = f"{value:.3g}" if name == "mean_error" else f"{value:.3f}"
                figure.show_value(localised(text), shown, tip, brief="" if past else title, past=past)

    def _on_metrics(self, steps: list[StepMetrics]) -> None:
        counted = [step for step in steps if step.census is not None and step.census.total]
        self._counted = counted[-1] if counted else self._counted
        if self._desk.state.displayed_step < 0:
            self._show_counts()

    def _show_counts(self) -> None:
        if self._counted is not None and self._counted.census is not None:
            step, census = self._counted.step, self._counted.census
            tip = tr("of the batch of step {step}, margin {margin:g}", step=count(step), margin=census.margin)
            share = percent(census.violated / census.total)
            self.violated.show_value(share, OF_BATCH, tip, brief=OF_BATCH_BRIEF)

    def _on_step(self, step: int) -> None:
        """Show the figures as they stood at a kept step, the last ones at or before it; −1: the newest ones."""
        if step < 0:
            self._show_no_recalls()
            self.violated.show_value(NOTHING, OF_BATCH, brief=OF_BATCH_BRIEF)
            if self._newest is not None:
                self._show_recalls(self._newest)
            self._show_counts()
            return
        (_, first), (_, second) = self._followed
        for figure, label in ((self.recall1, first), (self.recall5, second), (self.violated, OF_BATCH_BRIEF)):
            figure.show_value(
                NOTHING,
                tr("{label} · step {step}", label=label, step=count(step)),
                tr("Not measured up to this step"),
                past=True,
            )
        found, share = self._history.evaluation(step), self._history.violated(step)
        if found is not None:
            self._show_recalls(found, past=True)
        if share is not None:
            tip = tr("of the last batch counted up to step {step}", step=count(step))
            self.violated.show_value(
                percent(share), tr("batch violated · step {step}", step=count(step)), tip, past=True
            )
