"""The colours of the map: which column they show, the legend that explains them, hidden classes and the selection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from explorer.core.types import IntArray
from explorer.ui.canvas.canvas import PointCanvas
from explorer.ui.canvas.dress import CLASS, Colouring, colouring, columns_offered, legend_of, style_of
from explorer.ui.canvas.floating import ColourChoice, Legend
from explorer.ui.canvas.scene import RING_FROM, Picture, Style
from explorer.ui.panels.base import Desk
from explorer.ui.theme import Theme

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset


class MapColours(QObject):
    """Dresses the points of a canvas after the state of the window, and keeps legend and choice of colours in step.

    Signals
    -------
    legend_changed(): the legend may have another size.
    """

    legend_changed = Signal()

    def __init__(self, desk: Desk, canvas: PointCanvas) -> None:
        super().__init__(canvas)
        self._desk, self._canvas = desk, canvas
        self._style: Style | None = None
        self._values: Colouring | None = None
        self._rings = False
        self.choice = ColourChoice(desk.themes, canvas)
        self.legend = Legend(desk.themes, canvas)
        state = desk.state
        desk.bridge.split_changed.connect(self._dress)
        state.hidden_classes_changed.connect(self._dress)
        state.colour_by_changed.connect(self._dress)
        desk.themes.changed.connect(self._on_theme)
        canvas.drawn.connect(self._on_drawn)
        self.choice.chosen.connect(state.set_colour_by)
        self.legend.toggled.connect(self._toggle_class)
        self.legend.isolated.connect(self._isolate_class)

    def begin(self, dataset: Dataset) -> Style:
        """Return the style of the points of a dataset that was just opened."""
        self._style = self._make_style(dataset)
        return self._style

    def _make_style(self, dataset: Dataset) -> Style:
        state, split = self._desk.state, self._desk.session.split
        self._values = colouring(state.colour_by, dataset.labels, dataset.class_names, dataset.columns, split)
        style = style_of(self._values, self._desk.themes.current, dataset.labels, split, state.hidden_classes)
        return style.with_highlight(self.highlighted())

    def highlighted(self) -> IntArray:
        """Return the selection, unless it is only what is pinned: that is marked already."""
        state = self._desk.state
        chosen = state.selection
        marked = len(chosen) <= len(state.pinned) and set(chosen.tolist()) <= set(state.pinned)
        return np.empty(0, np.int64) if marked else chosen

    def highlight(self) -> None:
        """Highlight the present selection."""
        if self._style is not None:
            items = self.highlighted()
            if len(items) or self._style.highlighted is not None:
                self._style = self._style.with_highlight(items)
                self._canvas.dress(self._style)

    def _dress(self, _cause: object = None) -> None:
        dataset = self._desk.session.dataset
        if dataset is None or self._style is None or len(dataset) != len(self._style.colours):
            return
        self._style = self._make_style(dataset)
        self._canvas.dress(self._style)
        self.show_legend()

    def show_legend(self) -> None:
        """Explain the colours in the legend, and offer those of the other columns."""
        dataset, split, state = self._desk.session.dataset, self._desk.session.split, self._desk.state
        if dataset is None or self._values is None or self._style is None:
            return
        self.choice.offer(columns_offered(dataset.columns, split), self._values.name)
        by_class = self._values.name == CLASS
        hidden = state.hidden_classes if by_class else frozenset[int]()
        entries, more = legend_of(self._values, self._style.palette, hidden, Legend.MOST)
        notes = [more] if more else []
        if self._rings and self._style.shapes is not None:
            notes.append("○ held out")
        self.legend.show_entries(entries, more="\n".join(notes), active=by_class)
        self.legend_changed.emit()

    def _on_theme(self, theme: Theme) -> None:
        self._canvas.set_theme(theme)
        self._dress()

    def _on_drawn(self, picture: Picture) -> None:
        """Explain the rings in the legend while points are large enough to be rings."""
        if (picture.radius >= RING_FROM) != self._rings:
            self._rings = not self._rings
            self.show_legend()

    def _toggle_class(self, label: int) -> None:
        state = self._desk.state
        state.set_hidden_classes(state.hidden_classes ^ {label})

    def _isolate_class(self, label: int) -> None:
        """Show only this class; all of them if it was alone before the double click began."""
        dataset, state = self._desk.session.dataset, self._desk.state
        if dataset is not None:
            others = frozenset(range(len(dataset.class_names))) - {label}
            state.set_hidden_classes(frozenset() if others <= state.hidden_classes else others)
