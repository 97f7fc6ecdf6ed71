"""The pairs that a threshold gets wrong and that lie nearest to it, as pictures: false accepts and false rejects."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from explorer.core.sorted_pairs import SortedPairs
from explorer.data.dataset import Dataset
from explorer.ui.session.view_state import ViewState
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import ElidedLabel, count
from explorer.ui.widgets.theme import ThemeManager
from explorer.ui.widgets.tile_groups import TileGroups, pair_tiles

SHOWN = 12
"""Pairs of either sort that are shown: those that a small move of the threshold would mend first."""


class MistakesView(QWidget):
    """False accepts and false rejects with their counts, the pairs nearest to the threshold first."""

    def __init__(self, themes: ThemeManager, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self.accepted = TileGroups(themes, 2, tr("False accepts nearest to the threshold, as pairs of items"))
        self.refused = TileGroups(themes, 2, tr("False rejects nearest to the threshold, as pairs of items"))
        self.accepts, self.rejects = ElidedLabel("", self, role="caption"), ElidedLabel("", self, role="caption")
        for label, tiles in ((self.accepts, self.accepted), (self.rejects, self.refused)):
            label.setContentsMargins(8, 0, 8, 0)
            tiles.chosen.connect(self._choose)
            tiles.hovered.connect(state.set_hover)
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(label)
            column.addWidget(tiles, 1)
            self._box.addLayout(column, 1)

    def arrange(self, direction: QBoxLayout.Direction) -> None:
        """Put the two sorts side by side, or one above the other."""
        self._box.setDirection(direction)

    def _choose(self, item: int, add: bool) -> None:
        """Pin an item that was clicked: alone, or beside the others."""
        self._state.pins.choose(item, add=add)
        self._state.set_selection([item])

    def show_rates(self, pairs: SortedPairs, threshold: float) -> None:
        """Say how many pairs a threshold gets wrong."""
        accepted, refused = pairs.mistakes(threshold)
        self.accepts.setText(
            tr("False accepts {accepted} of {far}", accepted=count(accepted), far=count(len(pairs.far)))
        )
        self.rejects.setText(
            tr("False rejects {refused} of {near}", refused=count(refused), near=count(len(pairs.near)))
        )

    def show_pairs(self, dataset: Dataset, pairs: SortedPairs, threshold: float) -> None:
        """Show the mistakes that are nearest to a threshold."""
        for tiles, found, token, what in (
            (self.accepted, pairs.false_accepts(threshold, SHOWN), "wrong", tr("different classes, accepted")),
            (self.refused, pairs.false_rejects(threshold, SHOWN), "right", tr("same class, refused")),
        ):
            tiles.show_groups(dataset, [pair_tiles(dataset, pair, token, what) for pair in found])
