"""The legend of the map: every value with its colour and its count, or a scale, and what the shapes mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from explorer.core.types import ByteArray
from explorer.ui.map.colourings import Listed
from explorer.ui.map.floating_box import Floating
from explorer.ui.map.legend.colour_bar import LEAST, ColourBar
from explorer.ui.map.legend.colour_bar import WIDTH as BAR_WIDTH
from explorer.ui.map.legend.contents import LegendContents
from explorer.ui.map.legend.legend_list import EDGE, ROW, SWATCH, LegendList, Search
from explorer.ui.map.legend.shape_legend import ShapeLegend
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import PlainLabel, count, number_font, ui_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import ThemeManager

NARROWEST, WIDEST = 112, 220
SEARCH_FROM = 13
MOST_ROWS, SHARE = 14, 0.6
"""Rows of the list at most, and the share of the height of a high map that it may take anyway."""
SMALL, SMALL_SHARE, FEWEST, NARROW, NARROW_SHARE = 640, 0.45, 4, 150, 0.4
"""A map with fewer pixels across shall rather be seen than explained: the share of its height that the legend then has,
without a search field and hints, the rows of the list at least, and its width at most, or as a share of the map's."""
TIGHT = 340
"""On a map with fewer pixels across only the head of the legend is seen, until somebody unfolds it."""
HEAD = 42
"""Height of the head and of what is left free, above and below a scale."""
CHROME = 78
"""Height of what is above and below the list, without a search field and shapes."""


class Legend(Floating):
    """What colours and shapes mean. A click on its head folds it to a tab.

    Signals
    -------
    chosen(key, mode), toggled(key), isolated(key), menu_asked(key, at): see ``ClassList``. range_changed(bounds): see
    the bar.
    resized(): it has another size.
    """

    chosen = Signal(int, str)
    menu_asked = Signal(int, QPoint)
    toggled = Signal(int)
    isolated = Signal(int)
    range_changed = Signal(object)
    resized = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(themes, parent, tr("Legend"))
        self._room, self._across = 10_000, SMALL
        self._open = self._wanted = True
        self._tight = False
        self._kind = "values"
        self._listed: Listed | None = None
        self._colours: ByteArray = np.empty((0, 3), np.uint8)
        self._hidden: frozenset[int] = frozenset()
        self._scale: tuple[float, float] | None = None
        self._notes: tuple[str, ...] = ()
        self._hint, self._small = "", False
        self._hiding = False
        self._width = NARROWEST
        self.head = QPushButton(self)
        self.head.setProperty("kind", "fold")
        self.head.clicked.connect(lambda: self.fold(self._open))
        self.search = Search(self)
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(tr("Search among the values"))
        self.list = LegendList(themes, self)
        self.search.textChanged.connect(self.list.classes.narrow)
        self.bar = ColourBar(themes, self)
        self.note = PlainLabel("", self, role="caption")
        self.note.setWordWrap(True)
        self.note.setIndent(0)
        self.ghosts = QPushButton(self)
        self.ghosts.setProperty("kind", "link")
        self.ghosts.hide()
        self.shapes = ShapeLegend(themes, self)
        self._column = QVBoxLayout(self)
        self._lay_out()
        self.list.chosen.connect(self.chosen)
        self.list.menu_asked.connect(self.menu_asked)
        self.list.eye_clicked.connect(self.toggled)
        self.list.isolated.connect(self.isolated)
        self.bar.range_changed.connect(self.range_changed)
        self._title = ""
        themes.changed.connect(self._resize)
        self.hide()

    def _lay_out(self) -> None:
        self._column.setContentsMargins(4, 2, 4, 6)
        self._column.setSpacing(2)
        searching = QHBoxLayout()
        searching.setContentsMargins(4, 0, 4, 2)
        searching.addWidget(self.search)
        noting = QHBoxLayout()
        noting.setContentsMargins(EDGE, 0, EDGE, 2)
        noting.addWidget(self.note)
        self._column.addWidget(self.head)
        self._column.addLayout(searching)
        self._column.addWidget(self.list)
        self._column.addWidget(self.bar)
        self._column.addLayout(noting)
        self._column.addWidget(self.ghosts, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addWidget(self.shapes)

    @property
    def opened(self) -> bool:
        """Whether it shows more than its head, or would if there were room."""
        return self._wanted

    def fold(self, folded: bool) -> None:
        """Show only the head, or everything."""
        self._open = self._wanted = not folded
        self._settle()

    def set_room(self, height: int, across: int = SMALL) -> None:
        """Stay within a height in pixels, on a map that has so many across."""
        small, tight = across < scaled(SMALL), across < scaled(TIGHT)
        if tight != self._tight:
            self._tight, self._open = tight, self._wanted and not tight
            self._settle()
        room, across = round(height * SMALL_SHARE) if small else height, min(across, scaled(SMALL))
        if (room, small, across) != (self._room, self._small, self._across):
            self._room, self._small, self._across = room, small, across
            self._say()
            self._settle()

    def show_values(self, title: str, entries: Listed, colours: ByteArray, hidden: frozenset[int]) -> None:
        """List values in their colours (V, 3)."""
        if entries is not self._listed or not np.array_equal(colours, self._colours):
            if entries is not self._listed:
                self.search.clear()
                self._width = self._width_of(entries)
            self._listed, self._colours = entries, colours
            self.list.classes.show_classes(entries.keys.tolist(), entries.names, entries.counts, colours)
            self.list.classes.narrow(self.search.text())
        self._hidden, self._scale = hidden, None
        self.list.classes.set_hidden(hidden)
        many = f"  {count(len(entries.names) + entries.left)}" if len(entries.names) >= SEARCH_FROM else ""
        self.search.setPlaceholderText(tr("Search {names} values", names=count(len(entries.names))))
        self._show("values", f"{title}{many}")

    def show_scale(
        self, title: str, low: float, high: float, colours: ByteArray, shown: tuple[float, float] | None
    ) -> None:
        """Show a scale (K, 3) of which a range is shown on the map."""
        self._listed, self._width = None, scaled(BAR_WIDTH) + EDGE
        self._scale, self._colours = (low, high), colours
        self.bar.show_scale(low, high, colours, shown)
        self._show("scale", title)

    def show_words(self, title: str) -> None:
        """Show nothing but the note: there is nothing to explain yet."""
        self._listed, self._scale, self._width = None, None, scaled(BAR_WIDTH) + EDGE
        self._show("words", title)

    @property
    def contents(self) -> LegendContents:
        """What it explains, without what is hidden on the map."""
        return self.contents_in(self._colours)

    def contents_in(self, colours: ByteArray) -> LegendContents:
        """Return what it explains in other colours: as many as it was shown with."""
        entries, title = self._listed, self._title.partition("  ")[0]
        notes, shapes = self._notes, self.shapes.shown
        none = np.empty(0, np.int64)
        if entries is None:
            return LegendContents(title, (), none, colours, self._scale, shapes, notes)
        kept = [place for place, key in enumerate(entries.keys.tolist()) if key not in self._hidden]
        names = tuple(entries.names[place] for place in kept)
        return LegendContents(title, names, entries.counts[kept], colours[kept], None, shapes, notes, entries.left)

    def explain(self, note: str, shapes: Sequence[int], hint: str = "") -> None:
        """Say something below, and what the shapes mean; a hint is of use in the window alone."""
        self._notes, self._hint = tuple(note.splitlines()), hint
        self._say()
        self.shapes.show_shapes(shapes)
        self._settle()

    def offer_ghosts(self, hidden: bool, grey: bool) -> None:
        """Where anything is ``hidden``, offer to draw it in grey; where it is, not at all."""
        self._hiding = hidden
        self.ghosts.setText(tr("Hide it wholly") if grey else tr("Keep it in grey"))
        self.ghosts.setToolTip(tr("What is hidden is drawn in grey below the others, or not at all"))

    def _say(self) -> None:
        hint = () if self._small or not self._hint else (self._hint,)
        self.note.setText("\n".join((*self._notes, *hint)))

    def _show(self, kind: str, title: str) -> None:
        self._kind, self._title = kind, title
        self._settle()

    def _resize(self, _theme: object) -> None:
        """Take the size that the words need by now."""
        self._width = self._width_of(self._listed) if self._listed is not None else scaled(BAR_WIDTH) + EDGE
        self._settle()

    @staticmethod
    def _width_of(entries: Listed) -> int:
        longest = sorted(entries.names, key=len)[-20:]
        names = max((QFontMetrics(ui_font(12)).horizontalAdvance(name) for name in longest), default=0)
        most = count(int(entries.counts.max(initial=0)))
        width = EDGE + scaled(SWATCH) + names + 14 + QFontMetrics(number_font(11)).horizontalAdvance(most) + EDGE + 8
        return min(max(width, scaled(NARROWEST)), scaled(WIDEST))

    @property
    def _fewest(self) -> int:
        """The rows that are shown even where there is hardly any room, if they leave the map some."""
        return max(1, min(FEWEST, self._room // scaled(ROW))) if self._small else 1

    def take_size(self) -> None:
        """Take the size that the parts need."""
        self._settle()

    def _settle(self) -> None:
        """Show the parts that belong to what is explained, and take the size that they need."""
        entries = self._listed
        values = self._kind == "values" and self._open and entries is not None and bool(len(entries.names))
        searched = values and entries is not None and len(entries.names) >= SEARCH_FROM and not self._small
        self.head.setText(f"{self._title.replace('&', '&&')}  {'▾' if self._open else '◂'}")
        self.head.setToolTip(tr("Fold the legend") if self._open else tr("Unfold the legend"))
        self.head.setAccessibleName(tr("Legend: {title}", title=self._title))
        self.search.setVisible(searched)
        self.list.setVisible(values)
        self.bar.setVisible(self._kind == "scale" and self._open)
        self.note.setVisible(self._open and bool(self.note.text()))
        self.ghosts.setVisible(self._open and self._hiding)
        self.shapes.setVisible(self._open and bool(self.shapes.accessibleName()))
        before = self.size()
        widest = scaled(WIDEST)
        if self._small:
            widest = min(widest, max(scaled(NARROW), int(NARROW_SHARE * self._across)))
        width = max(min(self._width, widest), self.shapes.sizeHint().width() if self._open else 0)
        self.note.setFixedWidth(width - 2 * EDGE)
        if values and entries is not None:
            offered = self.ghosts.sizeHint().height() if self._hiding else 0
            below = (
                offered + self.shapes.height() + (self.note.heightForWidth(width - 2 * EDGE) if self.note.text() else 0)
            )
            row = scaled(ROW)
            fit = (self._room - scaled(CHROME) - below - (scaled(30) if searched else 0)) // row
            most = max(MOST_ROWS, int(SHARE * self._room) // row)
            rows = min(len(entries.names), max(min(most, fit), self._fewest))
            edges = max(0, self.list.height() - self.list.viewport().height())  # its inside may not be laid out yet
            self.list.setFixedSize(width, rows * row + edges)
        if self._kind == "scale" and self._open:
            self._fit_bar(width)
        self._column.activate()
        self.adjustSize()
        if self.size() != before:
            self.resized.emit()

    def _fit_bar(self, width: int) -> None:
        """Let a scale be as low as there is room; what is said below it gives way first, and is in the tip then."""
        note, others = self.note.heightForWidth(width - 2 * EDGE), scaled(HEAD)
        others += sum(part.sizeHint().height() for part in (self.ghosts, self.shapes) if not part.isHidden())
        said = bool(self.note.text()) and self._room - others - note >= scaled(LEAST)
        self.note.setVisible(said)
        self.head.setToolTip("\n".join(filter(None, (self.head.toolTip(), "" if said else self.note.text()))))
        self.bar.set_room(self._room - others - (note if said else 0))
