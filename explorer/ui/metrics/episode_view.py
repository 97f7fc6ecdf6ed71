"""The worst episodes of few-shot classification as pictures: examples of each class, and what its queries became."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from explorer.core.types import IntArray
from explorer.data.dataset import Dataset
from explorer.evaluation.few_shot import Episode, WorstEpisodes
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.fields.choice import Combo
from explorer.ui.widgets.item_picture import class_name
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import PlainLabel, counted, elided, number_font
from explorer.ui.widgets.text_size import open_large, scaled
from explorer.ui.widgets.tile_groups import SMALL, TileContent, TileGroups, tip_of
from explorer.ui.widgets.tiles import TileText

MOST_QUERIES = 15
"""Queries of a class that are shown, those with wrong answers first."""

SIZE = (760, 460)


class WorstEpisodeView(QDialog):
    """A window beside the main one: a class a row, its examples first, its queries framed by whether they are right."""

    def __init__(self, desk: Desk, dataset: Dataset, worst: WorstEpisodes, items: IntArray, parent: QWidget) -> None:
        """Show episodes; ``items``: what their rows are in the dataset."""
        super().__init__(parent)
        self._desk, self._dataset, self._worst, self._items = desk, dataset, worst, items
        self.setWindowTitle(tr("Worst episode"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.choice = Combo()
        self.choice.setAccessibleName(tr("Of which table entry"))
        self.choice.addItems(list(worst.episodes))
        self.summary = PlainLabel("")
        top = QHBoxLayout()
        top.addWidget(self.choice)
        top.addWidget(self.summary, 1)
        self._box = QVBoxLayout(self)
        self._box.addLayout(top)
        self.tiles: TileGroups | None = None
        self.choice.currentTextChanged.connect(self._show)
        open_large(self, *SIZE)
        self._show(self.choice.currentText())

    def _show(self, name: str) -> None:
        episode = self._worst.episodes[name]
        rows = [self._row(episode, place) for place in range(len(episode.support))]
        if self.tiles is not None:
            self._box.removeWidget(self.tiles)
            self.tiles.hide()
            self.tiles.deleteLater()
        self.tiles = TileGroups(self._desk.themes, max(map(len, rows)), tr("The classes of the episode, one a row"))
        self.tiles.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.tiles.setMinimumWidth(0)
        self.tiles.chosen.connect(self._pin)
        self.tiles.hovered.connect(self._desk.state.set_hover)
        self._box.addWidget(self.tiles, 1)
        self.tiles.show_groups(self._dataset, rows)
        queries = counted(len(episode.queries), "query", "queries")
        self.summary.setText(
            tr("{right} of {queries} right; examples first, in blue", right=episode.right, queries=queries)
        )

    def _row(self, episode: Episode, place: int) -> list[TileContent]:
        """Return the examples of a class and its queries, those with wrong answers first."""
        dataset, items = self._dataset, self._items
        names = [class_name(dataset, int(items[rows[0]])) for rows in episode.support]
        found = [self._tile(int(items[row]), "accent", names[place], "example") for row in episode.support[place]]
        asked = np.flatnonzero(episode.truth == place)
        asked = asked[np.argsort(episode.answers[asked] == place, kind="stable")][:MOST_QUERIES]
        for query in asked.tolist():
            answer, item = int(episode.answers[query]), int(items[episode.queries[query]])
            if answer == place:
                found.append(self._tile(item, "right", "", "right"))
            else:
                found.append(self._tile(item, "wrong", names[answer], tr("taken for {names}", names=names[answer])))
        return found

    def _tile(self, item: int, frame: str, caption: str, fact: str) -> TileContent:
        short = elided(caption, number_font(11), scaled(SMALL))
        return TileContent(item, frame, TileText(short, tip=tip_of(self._dataset, item, "", fact)))

    def _pin(self, item: int, add: bool) -> None:
        """Pin an item that was clicked: alone, or beside the others."""
        self._desk.state.pins.choose(item, add=add)
        self._desk.state.set_selection([item])
