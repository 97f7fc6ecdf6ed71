"""Find more like these: a few examples sort the rest; suggestions are accepted or refused by one key each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, cast, get_args

from PySide6.QtCore import QMargins, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from explorer.core.registry import register
from explorer.core.types import PIXELS_RUN
from explorer.engine.events import DatasetOpened
from explorer.engine.session.more_like_these import MOST_MARKED, MoreFound
from explorer.retrieval.few_examples import Manner
from explorer.ui.queries.search_among import SearchAmong
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.session.save_of_data import ask_save
from explorer.ui.widgets.button_rows import ButtonRows
from explorer.ui.widgets.fields.choice import LEAST_CHOICE, Combo
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import ElidedLabel, count, counted, decimal
from explorer.ui.widgets.text_size import keep_size
from explorer.ui.widgets.tile_groups import TileContent, TileGroups, tip_of
from explorer.ui.widgets.tiles import TileText

MANNERS: dict[Manner, str] = {"nearest": tr("by the nearest"), "prototype": tr("by their mean")}
TIP = tr("Sort the rest of the items by a few selected examples")


@register("panel", "find_more")
class FindMorePanel(Panel):
    """Suggestions like a few examples, nearest first; what is accepted joins the examples and the rest is re-ranked."""

    key: ClassVar[str] = "find_more"
    title: ClassVar[str] = tr("Find more")
    tab = tr("Find")
    area: ClassVar[Area] = "right"
    order: ClassVar[int] = 40
    beside: ClassVar[str] = "neighbours"
    empty_text: ClassVar[str] = tr(
        "Select one to five items that belong together, on the map or in a list, and press Ctrl+M: what is most like "
        "them is suggested here, and what you accept sorts the rest."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._found: MoreFound | None = None
        self._answered: set[int] = set()
        self._framed = -1
        self._build()
        self._place()
        desk.bridge.of(MoreFound).connect(self.show_found)
        desk.bridge.of(DatasetOpened).connect(lambda _opened: self._end())
        desk.state.selection_changed.connect(lambda _items: self._follow())
        desk.state.selecting_changed.connect(lambda _on: self._follow())
        desk.commands.add("query.more", tr("Find more like these"), self.begin, shortcut="Ctrl+M", menu="Edit",
                          tip=TIP)  # fmt: skip
        for key, slot in (("Y", self.accept), ("N", self.refuse), ("U", self.undo)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)
        self._follow()

    def _build(self) -> None:
        self.examples = TileGroups(self.desk.themes, 1, tr("Examples"))
        keep_size(self.examples, height=74)
        self.suggestions = TileGroups(self.desk.themes, 1, tr("Suggestions, nearest first"))
        self.suggestions.chosen.connect(lambda item, _add: self._frame(item))
        for tiles in (self.examples, self.suggestions):
            tiles.hovered.connect(self.desk.state.set_hover)
        self.precision = ElidedLabel("")
        self.accept_button = self._button(
            tr("Yes  Y"), tr("Accept the framed suggestion: it becomes an example  (Y)"), self.accept
        )
        self.refuse_button = self._button(
            tr("No  N"), tr("Refuse the framed suggestion: it is suggested no more  (N)"), self.refuse
        )
        self.undo_button = self._button(tr("Undo  U"), tr("Take the last answer back  (U)"), self.undo)
        self.select_button = self._button(tr("Select"), tr("Select the examples and what was accepted"), self._select)
        self.save_button = self._button(
            tr("Save…"), tr("Save what was marked, accepted and refused as a table"), self._ask_file
        )
        self.end_button = self._button(tr("Done"), tr("Look for nothing any more"), self._finish)
        self.among = SearchAmong(self.desk)
        self.among.chosen.connect(self.desk.session.more.set_among)
        self.manner = Combo()
        self.manner.addItems(list(MANNERS.values()))
        self.manner.setAccessibleName(tr("By what the rest is ranked"))
        self.manner.setToolTip(tr("Rank by the distance from the nearest example, or from the mean of all examples"))
        self.manner.currentIndexChanged.connect(self._rank_by)

    def _button(self, text: str, tip: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: slot())
        return button

    def _place(self) -> None:
        ranking = QHBoxLayout()
        for choice in (self.manner, self.among):
            keep_size(choice, least_width=LEAST_CHOICE)
        ranking.addWidget(self.manner)
        ranking.addWidget(self.among, 1)
        buttons = (self.accept_button, self.refuse_button, self.undo_button,
                   self.select_button, self.save_button, self.end_button)  # fmt: skip
        head = QVBoxLayout()
        head.setContentsMargins(12, 8, 12, 4)
        head.setSpacing(6)
        head.addLayout(ranking)
        head.addWidget(self.precision)
        body = QVBoxLayout(self.body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addLayout(head)
        body.addWidget(self.examples)
        body.addWidget(self.suggestions, 1)
        body.addWidget(ButtonRows(buttons, QMargins(12, 4, 12, 8)))

    # --- what the user does -------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Come to the front and look for more like what is selected, unless that is too many."""
        self.desk.state.once_selected(self._begin)

    def _begin(self) -> None:
        if not 1 <= len(self.desk.state.selection) <= MOST_MARKED:
            return
        self.desk.session.more.begin(self.desk.state.selection)
        self._end()
        self.come_forward()
        self.show_body(True)
        self.precision.setText(tr("searching…"))
        self.suggestions.setFocus(Qt.FocusReason.OtherFocusReason)

    def accept(self) -> None:
        """Accept the framed suggestion and go on to the next."""
        self._answer(yes=True)

    def refuse(self) -> None:
        """Refuse the framed suggestion and go on to the next."""
        self._answer(yes=False)

    def undo(self) -> None:
        """Take the last answer back."""
        if self._found is not None and self._found.undoable:
            self.desk.session.more.undo()

    def _answer(self, *, yes: bool) -> None:
        item, more = self._framed, self.desk.session.more
        if self._found is None or item < 0:
            return
        more.accept(item) if yes else more.refuse(item)
        self._answered.add(item)
        self._show_suggestions()

    def _frame(self, item: int) -> None:
        self._framed = item
        self._show_suggestions()
        self.suggestions.setFocus(Qt.FocusReason.OtherFocusReason)

    def _rank_by(self, place: int) -> None:
        self.desk.session.more.rank_by(cast(Manner, get_args(Manner)[place]))

    def _select(self) -> None:
        if self._found is not None:
            self.desk.state.set_selection(self._found.examples.all)

    def _ask_file(self) -> None:
        def save(path: Path) -> None:
            self.desk.session.more.save(path)

        ask_save(self, tr("Save the list"), tr("Tables (*.csv)"), "csv", "found", save)

    def _finish(self) -> None:
        self.desk.session.more.end()
        self._end()

    # --- showing ------------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        self._found, self._framed = None, -1
        self._answered.clear()
        self.set_status("")
        self.show_body(False)

    def _follow(self) -> None:
        chosen, command = len(self.desk.state.selection), self.desk.commands["query.more"]
        command.setEnabled(1 <= chosen <= MOST_MARKED or self.desk.state.selecting)
        many = tr("{chosen} are too many examples: select one to five", chosen=count(chosen))
        command.setToolTip(many if chosen > MOST_MARKED else TIP)

    def show_found(self, found: MoreFound) -> None:
        """Show what is most like the examples; an answer that came after the end is left out."""
        dataset = self.desk.data.dataset
        if dataset is None or self.desk.session.more.examples is None:
            return
        self._found = found
        self._answered = {item for item in self._answered if item in (*found.examples.all, *found.examples.refused)}
        self._framed = -1
        self.show_body(True)
        where = self.raw if found.run == PIXELS_RUN else tr("step {step}", step=count(found.step))
        self.set_status(f"{where}{'' if found.exact else ' ≈'}")
        told = found.examples
        newest = [*reversed(told.accepted), *told.marked]
        self.examples.show_groups(
            dataset,
            [[TileContent(item, "right" if item in told.accepted else "outline", TileText(tip=tip_of(
                dataset, item, "", tr("accepted") if item in told.accepted else tr("marked"))))] for item in newest],
        )  # fmt: skip
        self.precision.setText(precision_words(found))
        self.undo_button.setEnabled(found.undoable)
        self._show_suggestions()

    def _show_suggestions(self) -> None:
        found, dataset = self._found, self.desk.data.dataset
        if found is None or dataset is None:
            return
        items = found.suggestions.tolist()
        left = [item for item in items if item not in self._answered]
        if self._framed not in left:
            self._framed = left[0] if left else -1
        tiles = []
        for item, distance in zip(items, found.distances.tolist(), strict=True):
            if item in left:
                tip = TileText(
                    decimal(distance), tip=tip_of(dataset, item, "", tr("distance {distance:.4g}", distance=distance))
                )
                tiles.append([TileContent(item, "accent" if item == self._framed else "outline", tip)])
        self.suggestions.show_groups(dataset, tiles)
        for button in (self.accept_button, self.refuse_button):
            button.setEnabled(self._framed >= 0)


def precision_words(found: MoreFound) -> str:
    """Return in words how many examples there are and how right the suggestions were so far."""
    told = found.examples
    examples = counted(len(told.all), "example")
    if not told.judged:
        return examples
    share = tr("{accepted} of {judged} right", accepted=len(told.accepted), judged=told.judged)
    least, most = decimal(found.low, ".2f"), decimal(found.high, ".2f")
    return f"{examples} · {share} · {decimal(found.precision, '.2f')} ({least}–{most})"
