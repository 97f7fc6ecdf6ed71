"""The cards of pictures from outside the data: what is nearest to them, and which class that votes for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QVBoxLayout

from explorer.core.errors import printable
from explorer.core.events import RunStarted
from explorer.core.types import PIXELS_RUN, IntArray, frozen
from explorer.data.dataset import Dataset
from explorer.engine.events import DatasetOpened, RunShown
from explorer.engine.session.outside_queries import OutsideChanged, OutsideQuery, OutsideRanked, OutsideRanking
from explorer.retrieval.pinned import Ranking
from explorer.retrieval.vote import Vote
from explorer.ui.queries.query_card import CardHead, QueryCard
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.item_picture import input_picture
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.setting_names import in_window

MakeCard = Callable[[CardHead, Callable[[int], None]], QueryCard]


def since(before: Ranking, now: Ranking, raw: str) -> str:
    """Return in words with which ranking one is compared; ``raw``: what the data are before any training."""
    if before.run == PIXELS_RUN:
        return tr("since {raw}", raw=raw)
    return tr(
        "{since} step {step:,}", since=tr("since") if before.step <= now.step else tr("against"), step=before.step
    )


def outside_head(dataset: Dataset, query: OutsideQuery) -> CardHead:
    """Return the head of the card of a query from outside."""
    name = printable(query.name)
    face = input_picture(dataset.modality, query.input, query.name)
    return CardHead(
        query.id, -1, face, name, tr("{name}, which is not of the data", name=name), tr("Close {name}", name=name)
    )


def voted(dataset: Dataset, found: Vote) -> str:
    """Return in words what the neighbours vote for."""
    if not found.voters:
        return tr("no class: none of its neighbours has one")
    name = printable(dataset.class_names[found.label])
    return f"{found.confidence * 100:.0f} % {name}"


class OutsideCards(QObject):
    """Keeps a card for each picture from outside, the newest first, in a column of the panel.

    Signals
    -------
    changed(bool): there are other cards or other rankings; True: a picture came in.
    """

    changed = Signal(bool)

    def __init__(self, desk: Desk, make_card: MakeCard, column: QVBoxLayout) -> None:
        super().__init__()
        self._desk, self._make_card, self._column = desk, make_card, column
        self._before: dict[int, Ranking] = {}
        self.cards: dict[int, QueryCard] = {}
        self.newest: OutsideRanked | None = None
        desk.bridge.of(OutsideChanged).connect(self.show_queries)
        desk.bridge.of(OutsideRanked).connect(self.show_rankings)
        desk.bridge.of(DatasetOpened).connect(self._on_opened)
        desk.bridge.of(RunShown).connect(self._on_run_shown)
        desk.bridge.run_event.connect(self._on_run_event)

    def set_depth(self, depth: int) -> None:
        """Ask for so many neighbours of each."""
        self._before.clear()  # a longer list has no newcomers
        self._desk.session.outside.set_depth(depth)

    def set_among(self, items: IntArray | None) -> None:
        """Seek only among these items; None: among all."""
        self._before.clear()
        self._desk.session.outside.set_among(items)

    def show_queries(self, told: OutsideChanged) -> None:
        """Keep a card for each of these."""
        wanted = {query.id: query for query in told.queries}
        for key in [key for key in self.cards if key not in wanted]:
            card = self.cards.pop(key)
            self._column.removeWidget(card)
            card.deleteLater()
            self._before.pop(key, None)
        arrived = [query for query in told.queries if query.id not in self.cards]
        dataset = self._desk.data.dataset
        for query in arrived if dataset is not None else ():
            assert dataset is not None
            head = outside_head(dataset, query)
            card = self.cards[query.id] = self._make_card(head, self._desk.session.outside.remove)
            self._column.insertWidget(0, card)
        self.changed.emit(bool(arrived))

    def show_rankings(self, told: OutsideRanked) -> None:
        """Re-rank the cards; an answer for one that was closed is left out."""
        dataset = self._desk.data.dataset
        if dataset is None:
            return
        self.newest = told
        for found in told.rankings:
            card = self.cards.get(found.query)
            if card is not None:
                self._show(card, dataset, told, found)
        self.changed.emit(False)

    def _show(self, card: QueryCard, dataset: Dataset, told: OutsideRanked, found: OutsideRanking) -> None:
        right = frozen(np.asarray(dataset.labels)[found.indices] == found.vote.label)
        now = Ranking(told.run, told.step, told.exact, found.query, found.indices, found.distances, right, False)
        before = now if found.problem else self._before.setdefault(found.query, now)
        summary = in_window(printable(found.problem)) or voted(dataset, found.vote)
        card.use(dataset)
        card.show_ranking(now, before, where=since(before, now, dataset.modality.raw), summary=summary)
        votes = (
            tr("{votes} of {voters} votes", votes=found.vote.votes, voters=found.vote.voters)
            if found.vote.voters
            else ""
        )
        card.movement.setText(" · ".join(part for part in (votes, card.movement.text()) if part))

    def _on_opened(self, event: DatasetOpened) -> None:
        if event.role == "main":
            self.newest = None
            self.show_queries(OutsideChanged(()))

    def _on_run_shown(self, shown: RunShown) -> None:
        """Compare nothing with another run."""
        self._before = {key: found for key, found in self._before.items() if found.run in (shown.run, PIXELS_RUN)}

    def _on_run_event(self, event: object) -> None:
        if isinstance(event, RunStarted) and event.step == 0:
            self._before.clear()
