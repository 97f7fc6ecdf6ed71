"""Which classes are mixed up: a heat map in an order that puts similar ones together, and the closest pairs across."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from explorer.core.census_margin import census_margin
from explorer.core.errors import printable
from explorer.core.recipe import Part
from explorer.core.registry import loaded, register
from explorer.core.types import FloatArray
from explorer.engine.session.closest_pairs import ClosestPairs
from explorer.engine.session.evaluate import ProtocolResult
from explorer.evaluation.class_pairs import ClassPairs
from explorer.ui.metrics.protocol_runner import ProtocolRunner
from explorer.ui.metrics.result_figures import listing_of
from explorer.ui.session.figure_export import FigureExport, caption_of
from explorer.ui.session.panel import Area, Desk
from explorer.ui.widgets.fields.choice import ChoiceField
from explorer.ui.widgets.figures.figure import Figure, Matrix, matrix_columns
from explorer.ui.widgets.heat_map import HeatMap
from explorer.ui.widgets.language import localised, tr
from explorer.ui.widgets.pair_names import PairRows
from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.text import PART, PartsLabel, percent
from explorer.ui.widgets.tile_groups import TileGroups, pair_tiles

VIOLATED, DISTANCE = "violated", "distance"
SHOWN = (
    (VIOLATED, tr("Violated"), tr("Triplets inside the margin, anchor by row and negative by column"), True),
    (
        DISTANCE,
        tr("Distance"),
        tr("Mean distance: nearer than the classes are on average is orange, farther is blue"),
        True,
    ),
)
MOST_LISTED, PAIRS = 100, 12


@register("panel", "class_pairs")
class ClassPairsPanel(ProtocolRunner):
    """A heat map of all pairs of classes, a list of those that are mixed up most, and their closest items."""

    key: ClassVar[str] = "class_pairs"
    title: ClassVar[str] = tr("Class pairs")
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 70
    beside: ClassVar[str] = "curves"
    empty_text: ClassVar[str] = tr(
        "Run compares every pair of classes: which are mixed up, how far apart they are, and their closest pictures."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._matrix: FloatArray = np.zeros((1, 1), np.float32)
        self._listed: list[tuple[int, int]] = []
        self._chosen: tuple[int, int] | None = None
        self._build()
        desk.bridge.of(ClosestPairs).connect(self.show_pairs)
        self.watch(tr("Class pairs"))
        self.show_body(False)

    def _build(self) -> None:
        themes = self.desk.themes
        self.shown = ChoiceField(SHOWN)
        self.shown.name(tr("What is shown of the pairs"), tr("What is shown of the pairs of classes"))
        self.shown.changed.connect(lambda _value: self._draw())
        self.header_tools += [self.shown, self.make_button()]
        self.export = FigureExport(self, self._figures)
        self.heat = HeatMap(themes, tr("Pairs of classes, similar classes next to each other"))
        self.heat.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.heat.setToolTip(tr("Row: class of the anchor · column: class of the negative"))
        self.heat.offers = self.export.add_to
        self.heat.pointed.connect(self._point)
        self.heat.chosen.connect(lambda row, column: self._choose(row, column))
        self.readout = PartsLabel("", role="caption")  # in the header there is seldom room for the first of them
        self.table = SimpleTable(
            tr("The pairs of classes that are mixed up most"), (tr("Pair"), tr("Violated")), (60, 68)
        )
        PairRows(self.table)
        self.table.chosen.connect(lambda row: self._choose(*self._listed[row]))
        self.pairs = TileGroups(themes, 2, tr("The closest pairs across the two classes"))
        self.pairs.chosen.connect(self._pin)
        self.pairs.hovered.connect(self.desk.state.set_hover)
        right = QVBoxLayout()
        right.setSpacing(2)
        right.addWidget(self.readout)
        right.addWidget(self.table, 1)
        right.addWidget(self.pairs, 1)
        self.pairs.hide()
        row = QHBoxLayout(self.body)
        row.setContentsMargins(12, 8, 8, 4)
        row.setSpacing(8)
        row.addWidget(self.heat, 2)
        row.addLayout(right, 3)

    def protocol(self) -> Part:
        """Return the protocol at the margin at which the census of the recipe counts."""
        if not loaded("loss"):
            return Part(name="class_pairs")
        return Part(name="class_pairs", params={"margin": census_margin(self.desk.session.recipe.params("loss"))})

    @property
    def _found(self) -> ClassPairs | None:
        details = None if self.result is None else self.result.found.details
        return details if isinstance(details, ClassPairs) else None

    def show_result(self, result: ProtocolResult) -> None:
        """Draw what was found."""
        self._chosen = None
        self.pairs.hide()
        self._draw()

    def forget(self) -> None:
        """Show nothing."""
        self._chosen, self._listed = None, []
        self.table.show_rows(())
        self.pairs.hide()

    def words(self, result: ProtocolResult) -> str:
        """Return how much is mixed up."""
        return tr("{figures} violated", figures=percent(float(result.found.figures["violated"])))

    def _draw(self) -> None:
        """Draw the matrix that was chosen, and list its largest pairs."""
        found = self._found
        if found is None:
            return
        order, apart = found.order, ~np.eye(len(found.order), dtype=np.bool_)
        if self.shown.value() == VIOLATED:
            self._matrix = found.violated[np.ix_(order, order)]
            values = worst = np.nan_to_num(self._matrix)
        else:
            self._matrix = found.distances[np.ix_(order, order)]
            values = np.nan_to_num(float(self._matrix[apart].mean()) - self._matrix)
            worst = np.triu(values - values.min(), 1)  # of both directions one
        limit = float(np.abs(values[apart]).max())
        self.heat.show_values(values, limit, self._class_names(), self._scale_words(limit))
        self._list(np.where(apart, worst, 0))
        self._point(self._chosen)

    def _class_names(self) -> tuple[str, ...]:
        """Return the names of the classes in the order of the matrix."""
        found, dataset = self._found, self.desk.data.dataset
        assert found is not None
        assert dataset is not None
        return tuple(printable(dataset.class_names[int(found.classes[place])]) for place in found.order)

    def _scale_words(self, limit: float) -> tuple[str, str]:
        """Return what the ends of the colours mean."""
        if self.shown.value() == VIOLATED:
            return percent(0.0, 0), tr("{share} violated", share=percent(limit))
        return tr("farther than mean"), tr("nearer than mean")

    def _list(self, worst: FloatArray) -> None:
        found = self._found
        assert found is not None
        nearness = found.distances[np.ix_(found.order, found.order)]  # decides among pairs that are mixed up alike
        most = np.lexsort((nearness.ravel(), -worst.ravel()))[:MOST_LISTED]
        pairs = [divmod(int(at), len(worst)) for at in most]
        self._listed = [(row, column) for row, column in pairs if worst[row, column] > 0]
        title = tr("Violated") if self.shown.value() == VIOLATED else tr("Distance")
        between = " → " if self.shown.value() == VIOLATED else " – "
        rows = [(between.join(self._names(*pair)), self._value(*pair)) for pair in self._listed]
        self.table.show_rows(rows, (tr("Pair"), title))

    def _figures(self) -> list[Figure]:
        """Return the heat map and the list of pairs for paper."""
        found, dataset = self._found, self.desk.data.dataset
        if found is None or dataset is None:
            return []
        names = self._class_names()
        violated, caption = self.shown.value() == VIOLATED, caption_of(self, self.status)
        values = self.heat.values
        apart = values[~np.eye(len(values), dtype=np.bool_)]
        low, high = ("", tr("share violated")) if violated else (tr("farther than mean"), tr("nearer than mean"))
        title = tr("Class pairs, violated") if violated else tr("Class pairs, distance")
        limit = float(np.abs(apart).max())
        matrix = Matrix(title, caption, matrix_columns(self._matrix, names), values, limit, low, high, names)
        rows = [(*self._names(*pair), self._value(*pair)) for pair in self._listed]
        titles = (
            (tr("Anchor"), tr("Negative"), tr("Violated"))
            if violated
            else (tr("Class"), tr("Other class"), tr("Distance"))
        )
        return [matrix, listing_of(tr("Most mixed up"), caption, titles, rows)]

    def _names(self, row: int, column: int) -> tuple[str, str]:
        found, dataset = self._found, self.desk.data.dataset
        assert found is not None
        assert dataset is not None
        first, second = (int(found.classes[found.order[place]]) for place in (row, column))
        return printable(dataset.class_names[first]), printable(dataset.class_names[second])

    def _value(self, row: int, column: int) -> str:
        value = float(self._matrix[row, column])
        if np.isnan(value):
            return "–"
        return percent(value) if self.shown.value() == VIOLATED else localised(f"{value:.3f}")

    def _point(self, cell: tuple[int, int] | None) -> None:
        """Say what is under the pointer, or of which pair the pictures are."""
        cell = cell or self._chosen
        if cell is None or self._found is None:
            told = "" if self.result is None else self.words(self.result)
            self.readout.setText(PART.join(part for part in (told, tr("click a pair for its items")) if part))
            return
        first, second = self._names(*cell)
        self.readout.setText(
            f"{first} → {second}: {self._value(*cell)}"
            if first != second
            else tr("within {first}: {figure}", first=first, figure=self._value(*cell))
        )

    def _choose(self, row: int, column: int) -> None:
        """Ask for the closest items of a pair of classes."""
        found = self._found
        if found is not None:
            self._chosen = (row, column)
            self._point(None)
            first, second = (int(found.classes[found.order[place]]) for place in (row, column))
            self.desk.session.closest_pairs(first, second, PAIRS)

    def show_pairs(self, result: ClosestPairs) -> None:
        """Show the pairs that were asked for as pictures."""
        dataset = self.desk.data.dataset
        if dataset is None or self._chosen is None:
            return
        same = result.first == result.second
        token, what = ("right", tr("same class")) if same else ("wrong", tr("different classes"))
        self.pairs.show_groups(dataset, [pair_tiles(dataset, pair, token, what) for pair in result.pairs])
        self.pairs.show()

    def _pin(self, item: int, add: bool) -> None:
        """Pin an item that was clicked: alone, or beside the others."""
        self.desk.state.pins.choose(item, add=add)
        self.desk.state.set_selection([item])
