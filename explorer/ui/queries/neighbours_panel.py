"""The nearest neighbours of the pinned items, re-ranked with every published snapshot."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from explorer.core.events import RunStarted
from explorer.core.registry import register
from explorer.core.types import PIXELS_RUN, RECALL_OF, RECALL_SAMPLE, IntArray, Neighbours
from explorer.engine.events import DatasetComplete, DatasetOpened, RunShown, SplitChanged
from explorer.engine.session.pin_history import ComparedStep, FirstRights
from explorer.retrieval.pinned import Ranking, rankings
from explorer.ui.queries.ask_by_text import AskByText
from explorer.ui.queries.compare_steps import CompareSteps
from explorer.ui.queries.outside_cards import OutsideCards, since
from explorer.ui.queries.query_card import CardHead, QueryCard, pinned_head
from explorer.ui.queries.search_among import SearchAmong
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.widgets.fields.choice import LEAST_CHOICE
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.item_part import part_of
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.next_turn import next_turn
from explorer.ui.widgets.steady_scroll import SteadyScroll
from explorer.ui.widgets.text import ElidedLabel, count, decimal
from explorer.ui.widgets.text_size import keep_size

CARD_GAP = 1
FRAMES = tr("Green frame: class of the query · red: another")
"""The least width of a list of the options: both and the buttons go into the panel as narrow as it is drawn."""
DEPTHS = (4, 8, 12, 16, 24)
"""How many neighbours can be asked for; whole rows of tiles."""


@register("panel", "neighbours")
class NeighboursPanel(Panel):
    """Pinned items with their top-k: thumbnail, true distance, right or wrong, and what moved."""

    key: ClassVar[str] = "neighbours"
    title: ClassVar[str] = tr("Neighbours")
    area: ClassVar[Area] = "right"
    order: ClassVar[int] = 10
    empty_text: ClassVar[str] = tr(
        "Click a point on the map: its nearest neighbours appear here, and re-rank while the metric is learned.\n\n"
        "Ctrl+click pins up to ten, which stay when another point is clicked; Alt+Left goes back to those before. A "
        "picture from elsewhere, dropped or pasted, is asked about as well."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._cards: dict[int, QueryCard] = {}
        self._before: dict[int, Ranking] = {}
        self._newest: Neighbours | None = None
        self._followed: tuple[int, ...] = ()
        self._history: FirstRights | None = None
        self._build()
        self.selected = QPushButton()
        self.selected.hide()
        self.selected.clicked.connect(lambda: desk.commands["selection.show"].trigger())
        self.add_to_empty(self.selected)
        self.outside = OutsideCards(desk, self._card, self._outside_column)
        self.outside.changed.connect(self._on_outside)
        desk.bridge.of(Neighbours).connect(self.show_neighbours)
        desk.bridge.of(ComparedStep).connect(self._on_compared)
        desk.bridge.of(FirstRights).connect(self._on_first_rights)
        desk.state.displayed_step_changed.connect(lambda _step: self._show_history())
        desk.bridge.of(DatasetOpened).connect(self._forget)
        desk.bridge.of(RunShown).connect(self._on_run_shown)
        desk.bridge.of(DatasetComplete).connect(self._show_pictures)
        desk.bridge.of(SplitChanged).connect(self._on_split)
        desk.bridge.run_event.connect(self._on_run_event)
        desk.state.pins.changed.connect(self._on_pinned)
        desk.state.pins.wanted.connect(self.come_forward)
        desk.state.pins.kept.connect(lambda _item: self._show_looked_at())
        desk.state.selection_changed.connect(self._offer_selection)
        self._on_pinned(desk.state.pins.items)

    def _build(self) -> None:
        column = QWidget()
        column.setObjectName("query-column")
        whole = QVBoxLayout(column)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(CARD_GAP)
        self._column = QVBoxLayout()
        self._column.setSpacing(CARD_GAP)
        self._outside_column = QVBoxLayout()
        self._outside_column.setSpacing(CARD_GAP)
        whole.addLayout(self._outside_column)
        whole.addLayout(self._column)
        whole.addStretch(1)
        scroll = self._scroll = SteadyScroll(self.body)
        scroll.setWidget(column)
        scroll.setWidgetResizable(True)
        scroll.viewport().setAutoFillBackground(False)
        column.setAutoFillBackground(False)  # the panel's own colour shows through
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName(tr("Pinned items and their neighbours"))
        body = QVBoxLayout(self.body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        self.asking = AskByText(self.desk)
        line = QHBoxLayout()
        line.setContentsMargins(12, 6, 12, 0)
        line.addWidget(self.asking)
        body.addLayout(line)
        body.addLayout(self._options())
        body.addWidget(scroll)
        self.frames = ElidedLabel(FRAMES, role="caption")
        self.frames.setContentsMargins(12, 3, 12, 5)
        body.addWidget(self.frames)

        self._depth = QComboBox()
        self._depth.addItems([str(k) for k in DEPTHS])
        self._depth.setCurrentIndex(DEPTHS.index(self.desk.state.pins.depth))
        keep_size(self._depth, width=54)
        self._depth.setAccessibleName(tr("How many neighbours of each pinned item"))
        self._depth.setToolTip(self._depth.accessibleName())
        self._depth.currentIndexChanged.connect(self._set_depth)
        self.header_tools.append(self._depth)

    def _offer_selection(self, items: IntArray) -> None:
        """Lead from the empty panel to several selected items, which another one shows."""
        self.selected.setText(tr("{count} selected: show them", count=count(len(items))))
        self.selected.setVisible(len(items) > 1)

    def _walk_buttons(self) -> list[IconButton]:
        """Return the buttons that go back and forward through the queries."""
        buttons = []
        for name in ("back", "forward"):
            action = self.desk.commands[f"queries.{name}"]
            button = IconButton(self.desk.themes, name, action.text())
            self.desk.commands.tell_key(button, "", f"queries.{name}")
            keep_size(button, width=20, height=22)
            button.setEnabled(action.isEnabled())
            button.clicked.connect(action.trigger)
            action.enabledChanged.connect(button.setEnabled)
            buttons.append(button)
        return buttons

    def _options(self) -> QHBoxLayout:
        """Return the row of what is sought, and of what it is compared with."""
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 12, 2)
        row.setSpacing(6)
        self.compare = CompareSteps(self.desk)
        self.compare.chosen.connect(self._compare)
        self.among = SearchAmong(self.desk)
        self.among.chosen.connect(self._seek_among)
        walk = QHBoxLayout()
        walk.setSpacing(0)
        for button in self._walk_buttons():
            walk.addWidget(button)
        row.addLayout(walk)
        for choice in (self.among, self.compare):
            keep_size(choice, least_width=LEAST_CHOICE)
        row.addWidget(self.among, 1)
        row.addWidget(self.compare, 1)
        return row

    def _seek_among(self, items: IntArray | None) -> None:
        """Seek neighbours only among some items."""
        state, session = self.desk.state, self.desk.session
        if items is None and state.pins.among is None:
            return
        self._before.clear()  # another list has no newcomers
        self.outside.set_among(items)
        if self.compare.step >= 0:
            session.pin_history.compare(self.compare.step, state.pins.depth, items)
        state.pins.set_among(items)

    def _compare(self, step: int) -> None:
        """Compare with a kept step from now on, or with -1 with how it was when it was pinned."""
        self._before.clear()
        self.desk.session.pin_history.compare(step, self.desk.state.pins.depth, self.desk.state.pins.among)
        self._show_again()

    def _on_compared(self, told: ComparedStep) -> None:
        dataset = self.desk.data.dataset
        if dataset is None or told.found.step != self.compare.step:
            return
        for ranking in rankings(told.found, dataset.labels):
            if ranking.query in self._cards:
                self._before[ranking.query] = ranking
        self._show_again()

    def _show_again(self) -> None:
        if self._newest is not None:
            self.show_neighbours(self._newest)

    def _on_first_rights(self, told: FirstRights) -> None:
        self._history = told
        self._show_history()

    def _show_history(self) -> None:
        """Show where the first right answer of each query ranked, with the step on screen marked."""
        told = self._history
        for item, ranks in () if told is None else zip(told.items.tolist(), told.ranks, strict=True):
            if told is not None and item in self._cards:
                self._cards[item].history.show_history(told.steps, ranks, self.desk.state.displayed_step)

    def _room(self) -> int:
        """Return how wide the cards are beside a scroll bar, whether there is one or not."""
        return self.width() - self._scroll.verticalScrollBar().sizeHint().width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the tiles of all cards fill the new width."""
        super().resizeEvent(event)
        for card in (*self._cards.values(), *self.outside.cards.values()):
            card.set_room(self._room())

    def _set_depth(self, index: int) -> None:
        self._before.clear()  # a longer list has no newcomers
        self.outside.set_depth(DEPTHS[index])
        self.desk.state.pins.set_depth(DEPTHS[index])
        if self.compare.step >= 0:
            self.desk.session.pin_history.compare(self.compare.step, DEPTHS[index], self.desk.state.pins.among)

    def _forget(self, _opened: object) -> None:
        self._before.clear()
        self._newest = self._history = None
        self._followed = ()
        for item in list(self._cards):
            self._remove(item)
        self._on_pinned(self.desk.state.pins.items)  # the window pins what another one has, or had before, at once

    def _on_run_shown(self, shown: RunShown) -> None:
        """Compare nothing with another run: a branch has steps of the same numbers, which are not the same."""
        self._before = {item: found for item, found in self._before.items() if found.run in (shown.run, PIXELS_RUN)}
        if self._newest is not None and self._newest.run != shown.run:
            self._newest = None
        if self._history is not None and self._history.run != shown.run:
            self._history = None
        self._show_status()

    def _on_run_event(self, event: object) -> None:
        if isinstance(event, RunStarted) and event.step == 0:
            self._before.clear()

    def _on_split(self, event: SplitChanged) -> None:
        dataset = self.desk.data.dataset
        for item, card in self._cards.items() if dataset is not None else ():
            assert dataset is not None
            card.show_part(part_of(dataset, event.split, item))

    def _show_pictures(self, event: DatasetComplete) -> None:
        """Show how the queries look that were pinned before they were decoded, such as by the window when it began."""
        for card in self._cards.values():
            card.use(event.dataset)
            card.show_picture()

    def _remove(self, item: int) -> None:
        card = self._cards.pop(item)
        self._column.removeWidget(card)
        card.deleteLater()
        self._before.pop(item, None)

    def _on_pinned(self, pinned: tuple[int, ...]) -> None:
        """Keep a card for each pinned picture, newest pin first."""
        dataset = self.desk.data.dataset
        if dataset is None:
            pinned = ()
        for item in [item for item in self._cards if item not in pinned]:
            self._remove(item)
        for place, item in enumerate(reversed(pinned)):
            if item not in self._cards:
                assert dataset is not None
                card = self._card(pinned_head(dataset, item, self.desk.data.split), self.desk.state.pins.unpin)
                card.kept.connect(self.desk.state.pins.keep)
                self._cards[item] = card
                self._column.insertWidget(place, card)
            self._cards[item].show_number(self.desk.state.pins.numbers[item])
        self._show_looked_at()
        if not pinned:
            self._follow(pinned)
        self._show_status()

    def _show_looked_at(self) -> None:
        """Say which query the next click replaces."""
        for item, card in self._cards.items():
            card.show_looked_at(item == self.desk.state.pins.looked_at)

    def _follow(self, items: tuple[int, ...]) -> None:
        """Follow items through the steps of the run: work that must not hold up their first answer, so behind it."""
        if items != self._followed:
            self._followed = items
            self.desk.session.pin_history.want(items)

    def _card(self, head: CardHead, close: Callable[[int], None]) -> QueryCard:
        """Return a new card of what is open."""
        dataset = self.desk.data.dataset
        assert dataset is not None
        card = QueryCard(self.desk.themes, dataset, head, self._room())
        card.closed.connect(close)
        card.chosen.connect(self._choose)
        card.hovered.connect(self.desk.state.set_hover)
        card.hovered.connect(self._on_hovered)
        card.play_asked.connect(self._play)
        return card

    def _on_hovered(self, item: int) -> None:
        """Re-rank a card that stayed as it was under the pointer, once that has gone."""
        if item < 0:
            next_turn(self, self._show_again)

    def _play(self, item: int) -> None:
        """Play a query, or stop it: the command plays what is pointed at."""
        self.desk.state.set_hover(item)
        self.desk.commands["item.play"].trigger()
        self.desk.state.set_hover(-1)

    def _choose(self, item: int, add: bool) -> None:
        """Look at a neighbour that was clicked, or pin it: what is pinned stays."""
        state = self.desk.state
        state.pins.choose(item, add=add)
        state.set_selection([item])

    def show_neighbours(self, result: Neighbours) -> None:
        """Re-rank the cards; an answer for a picture that is no longer pinned is left out."""
        dataset = self.desk.data.dataset
        if dataset is None:
            return
        self._newest = result
        if (items := tuple(result.queries.tolist())) == self.desk.state.pins.items:
            self._follow(items)
        for ranking in rankings(result, dataset.labels):
            card = self._cards.get(ranking.query)
            if card is None:
                continue
            before = self._before.get(ranking.query)
            if before is None:
                before = self._before.setdefault(ranking.query, ranking)
            if card.pointed:  # what lies under the pointer is about to be clicked
                continue
            gone = self.compare.step == before.step
            card.show_ranking(ranking, before, where=since(before, ranking, self.raw), gone=gone)
        self._show_status()

    def _on_outside(self, arrived: bool) -> None:
        """Show the panel where a picture came in from outside."""
        self._show_status()
        if arrived:
            self.come_forward()
            self._scroll.verticalScrollBar().setValue(0)

    def _show_status(self) -> None:
        self.asking.follow()
        if "edit.clear_pins" in self.desk.commands:
            self.desk.commands["edit.clear_pins"].setEnabled(bool(self._cards or self.outside.cards))
        self.show_body(bool(self._cards or self.outside.cards or self.asking.offered))
        dataset = self.desk.data.dataset
        self.frames.setVisible(bool(self._cards) and dataset is not None and dataset.labelled)
        newest = self._newest if self._cards else self.outside.newest
        if newest is None or not self.body_shown:
            self.set_status("")
        else:
            where = self.raw if newest.run == PIXELS_RUN else tr("step {step:,}", step=newest.step)
            self.set_status(f"{where}{'' if newest.exact else ' ≈'}{_how_found(newest)}")


def _how_found(newest: object) -> str:
    """Return how good the search is where not every item was compared, else nothing."""
    if not isinstance(newest, Neighbours) or not newest.approximate:
        return ""
    return tr(
        " · approximate: recall@{k} {recall} on a sample of {count}",
        k=RECALL_OF,
        recall=decimal(newest.recall),
        count=count(RECALL_SAMPLE),
    )
