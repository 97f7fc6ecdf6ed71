"""The colours and shapes of the map: what they tell, the legend that explains them, what is hidden, the selection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QObject, QPoint, Signal

from explorer.core.errors import printable
from explorer.core.map_values import ItemValueName, ItemValues
from explorer.core.types import UNLABELLED, BoolArray, ByteArray, IntArray
from explorer.engine.events import RunShown, SplitChanged
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.canvas.scene import DIAMOND, DISC, RING, RING_FROM, Picture, Style
from explorer.ui.map.colourings import AT_ONCE, CLASS, FATES, MEASURES, SPLIT, title_of
from explorer.ui.map.legend.contents import LegendContents
from explorer.ui.map.legend.legend import Legend
from explorer.ui.map.point_style import PointStyles, StyledPoints, StyleRequest
from explorer.ui.map.point_style_thread import PointStyler
from explorer.ui.map.view_options import Option, ViewOptions
from explorer.ui.session.item_menu import Together, together_menu
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import counted
from explorer.ui.widgets.theme import Theme

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

NO_QUERY = tr("Click a point: the others are coloured by their distance to it.")
TOO_SMALL = tr("Zoom in: shapes tell what is held out.")
ALSO_CALLED = {"hubness": "hubs anti-hubs"}
"""Other names by which the command of a colouring is searched for."""
WAITING = tr("Being measured: grey until it is known.")


class MapColours(QObject):
    """Dresses the points of a canvas after the state of the window, and keeps legend and choices in step.

    Signals
    -------
    legend_changed(): the legend or the row of choices may have another size.
    """

    legend_changed = Signal()

    def __init__(self, desk: Desk, canvas: PointCanvas, *, at_once: int = AT_ONCE) -> None:
        super().__init__(canvas)
        self._desk, self._canvas, self._at_once = desk, canvas, at_once
        self._styles: PointStyles | None = None
        self._styled: StyledPoints | None = None
        self._style: Style | None = None
        self._measured: ItemValues | None = None
        self._asked = ""
        self._rings: bool | None = None
        self._waiting: BoolArray | None = None
        self.choice = ViewOptions(desk.themes, canvas)
        self.legend = Legend(desk.themes, canvas)
        self.styler = PointStyler(self)
        self._connect()
        self._add_commands()

    def _connect(self) -> None:
        state, bridge, legend = self._desk.state, self._desk.bridge, self.legend
        for signal in (
            bridge.of(SplitChanged), state.hidden_classes_changed, state.hidden_values_changed,
            state.shown_range_changed, state.shape_by_changed,
        ):  # fmt: skip
            signal.connect(self._restyle)
        state.colour_by_changed.connect(self._on_colour_by)
        state.fates_changed.connect(self._on_fates)
        state.ghosts_changed.connect(self._on_ghosts)
        state.pins.changed.connect(self._on_pinned)
        bridge.of(ItemValues).connect(self._on_item_values)
        bridge.of(RunShown).connect(self._on_run_shown)
        self._desk.themes.changed.connect(self._on_theme)
        self._desk.settings.changed.connect(self._on_setting)
        state.presenting_changed.connect(self._on_presenting)
        self._canvas.drawn.connect(self._on_drawn)
        self.styler.styled.connect(self._on_styled)
        self.choice.colours.chosen.connect(state.set_colour_by)
        self.choice.shapes.chosen.connect(state.set_shape_by)
        legend.chosen.connect(self._choose)
        legend.menu_asked.connect(self._show_menu)
        legend.toggled.connect(self._toggle)
        legend.isolated.connect(self._isolate)
        legend.range_changed.connect(state.set_shown_range)
        legend.ghosts.clicked.connect(lambda: state.set_ghosts(not state.ghosts))
        legend.resized.connect(self.legend_changed)

    def _add_commands(self) -> None:
        add, state = self._desk.commands.add, self._desk.state
        for name in (CLASS, SPLIT, *MEASURES):
            add(
                f"map.colour_{name}",
                tr("Colour by {title_of}", title_of=title_of(name)),
                partial(state.set_colour_by, name),
                words=ALSO_CALLED.get(name, ""),
            )
        add(
            "map.colour",
            tr("Colour the points by…"),
            self.choice.colours.open,
            menu="Map",
            tip=tr("Also by any column of the data"),
        )
        for name in ("split", "none"):
            title = tr("Shapes tell what is held out") if name == "split" else tr("All points are discs")
            add(f"map.shape_{name}", title, partial(state.set_shape_by, name))
        add("map.legend", tr("Fold or unfold the legend"), lambda: self.legend.fold(self.legend.opened))
        tip = tr("Draw what is hidden by class, value or range in grey below the others, instead of not at all")
        grey = add("map.ghosts", tr("Hidden points stay grey"), self._switch_ghosts, checkable=True, tip=tip)
        state.ghosts_changed.connect(grey.setChecked)
        add(
            "map.show_all",
            tr("Show all points"),
            state.show_everything,
            menu="Map",
            tip=tr("Hide nothing by class, value or range"),
        )

    def begin(self, dataset: Dataset) -> Style:
        """Return the style of the points of a dataset that was just opened."""
        self._styles = PointStyles(dataset.labels, dataset.class_names, dataset.columns)
        self._styled, self._measured, self._waiting = None, None, None
        self.legend.hide()
        theme = self._desk.themes.current
        colours = (theme.rgb("disabled"), theme.rgb("background"), theme.rgb("text"))
        self._style = Style.plain(len(dataset), *colours)
        self._restyle()
        return self._style

    def shut(self) -> None:
        """End the thread that dresses points; called once, before the window goes."""
        self.styler.shut()

    def _request(self) -> StyleRequest:
        state, data = self._desk.state, self._desk.data
        found = self._measured
        known = found is not None and found.name == state.colour_by
        return StyleRequest(
            state.colour_by, state.shape_by, data.split, state.hidden_classes, state.hidden_values,
            state.shown_range, found if known and not self._lacks_query() else None,
            state.fates if state.colour_by == FATES else None,
        )  # fmt: skip

    def _lacks_query(self) -> bool:
        return self._desk.state.colour_by == "distance" and not self._desk.state.pins.items

    def _restyle(self, _cause: object = None) -> None:
        """Style the points anew: a few at once, many in the background."""
        styles, dataset = self._styles, self._desk.data.dataset
        if styles is None or dataset is None or len(dataset) != len(styles):
            return
        if len(styles) <= self._at_once:
            self._on_styled(styles, styles.styled(self._request()))
        else:
            self.styler.ask(styles, self._request())

    def _on_styled(self, styles: PointStyles, styled: StyledPoints) -> None:
        if styles is self._styles:
            self._styled = styled
            self._apply()
            self.show_legend()

    def _apply(self) -> None:
        if self._styled is not None:
            self._style = self.style_on(self._desk.themes.current)
            assert self._style is not None
            self._canvas.set_style(self._style)
            self._desk.state.set_visible(self._styled.plain.visible)

    def style_on(self, theme: Theme) -> Style | None:
        """Return how the points look now, in the colours of a theme; None before there are any."""
        if self._styled is None:
            return None
        style = self._styled.style(theme).with_highlight(self.highlighted())
        enlarged = self._desk.settings.enlarged(presenting=self._desk.state.presenting)
        return self._with_waiting(replace(style, enlarged=enlarged, ghosts=self._desk.state.ghosts))

    def _with_waiting(self, style: Style) -> Style:
        """Draw in grey what waits, but nothing that is hidden where that is not to be seen."""
        if self._waiting is None or len(self._waiting) != len(style.colours):
            return style
        if style.visible is None:
            return replace(style, visible=~self._waiting, ghosts=True)
        absent = None if style.ghosts else ~style.visible
        return replace(style, visible=style.visible & ~self._waiting, ghosts=True, absent=absent)

    def show_waiting(self, waiting: BoolArray | None) -> None:
        """Draw these of all items (N,) in grey, below the others: they lie where they were; None: there are none."""
        before, self._waiting = self._waiting, waiting
        if before is not waiting and (before is None or waiting is None or not np.array_equal(before, waiting)):
            self._apply()

    def contents_on(self, theme: Theme) -> LegendContents | None:
        """Return what the legend explains, in the colours of a theme; None while it is folded or there is none."""
        if self._styled is None or not self.legend.isVisible() or not self.legend.opened:
            return None
        return self.legend.contents_in(_legend_colours(self._styled, theme))

    def _switch_ghosts(self) -> None:
        self._desk.state.set_ghosts(self._desk.commands["map.ghosts"].isChecked())

    def _on_ghosts(self, _on: bool) -> None:
        self._apply()
        self.show_legend()

    def highlighted(self) -> IntArray:
        """Return the selection, unless it is only what is pinned: that is marked already."""
        state = self._desk.state
        chosen = state.selection
        marked = len(chosen) <= len(state.pins.items) and set(chosen.tolist()) <= set(state.pins.items)
        return np.empty(0, np.int64) if marked else chosen

    def highlight(self) -> None:
        """Highlight the present selection."""
        if self._style is not None:
            items = self.highlighted()
            if len(items) or self._style.highlighted is not None:
                self._style = self._style.with_highlight(items)
                self._canvas.set_style(self._style)

    # what is measured

    def _on_colour_by(self, name: str) -> None:
        wanted = name if name in MEASURES else ""
        if wanted != self._asked:
            self._asked, self._measured = wanted, None
            self._desk.session.analysis.values(cast(ItemValueName, wanted))
        self._restyle()

    def _on_fates(self, _fates: object) -> None:
        """Style the points anew where they are coloured by it; else it is only offered."""
        if self._desk.state.colour_by == FATES:
            self._restyle()
        else:
            self._offer()

    def _on_item_values(self, found: ItemValues) -> None:
        if found.name == self._desk.state.colour_by:
            self._measured = found
            self._restyle()

    def _on_run_shown(self, _shown: RunShown) -> None:
        self._measured = None  # it was of another run

    def _on_pinned(self, _pinned: tuple[int, ...]) -> None:
        if self._desk.state.colour_by == "distance":
            self._restyle()

    # the legend

    def show_legend(self) -> None:
        """Explain colours and shapes, and offer the others."""
        styled, theme, state = self._styled, self._desk.themes.current, self._desk.state
        self._offer()
        if styled is None:
            return
        colouring = styled.colouring
        colours = _legend_colours(styled, theme)
        if colouring.scale is not None and self._request().measured is None and colouring.name in MEASURES:
            self.legend.show_words(colouring.title)
        elif colouring.scale is not None:
            scale = colouring.scale
            self.legend.show_scale(colouring.title, scale.low, scale.high, colours, state.shown_range)
        elif not colouring.names:
            self.legend.show_words(colouring.title)
        else:
            hidden = state.hidden_classes if colouring.name == CLASS else state.hidden_values
            self.legend.show_values(colouring.title, styled.listed, colours, hidden)
        self._explain(styled)
        self.legend.setVisible(True)
        self.legend_changed.emit()

    def _notes(self, styled: StyledPoints) -> list[str]:
        notes = [styled.colouring.about] if styled.colouring.about else []
        if styled.colouring.name in MEASURES and self._request().measured is None:
            notes.append(NO_QUERY if self._lacks_query() else WAITING)
        if styled.listed.left:
            notes.append(tr("The largest; {left} more.", left=counted(styled.listed.left, "value")))
        if styled.hidden:
            notes.append(
                f"{counted(styled.hidden, 'point')} {tr('in grey') if self._desk.state.ghosts else tr('hidden')}"
            )
        return notes

    def _explain(self, styled: StyledPoints) -> None:
        small = self._rings is False and styled.shapes_used & {RING, DIAMOND}
        self.legend.offer_ghosts(styled.hidden > 0, self._desk.state.ghosts)
        self.legend.explain("\n".join(self._notes(styled)), self._shapes(styled), TOO_SMALL if small else "")

    def _shapes(self, styled: StyledPoints) -> list[int]:
        told = self._rings and styled.shapes_used & {RING, DIAMOND}
        return sorted(styled.shapes_used & {DISC, RING, DIAMOND}) if told else []

    def _offer(self) -> None:
        state, split = self._desk.state, self._desk.data.split
        columns = self._styled.columns if self._styled is not None else ()
        data = [CLASS] + ([SPLIT] if split is not None else []) + list(columns)
        data += [FATES] if state.fates is not None else []
        groups = [
            (tr("Data"), [Option(name, title_of(name)) for name in data]),
            (tr("Measured"), [Option(name, measure.title) for name, measure in MEASURES.items()]),
        ]
        offered = state.colour_by in (*data, *MEASURES)
        self.choice.colours.offer(groups, state.colour_by if offered else CLASS)
        self.choice.shapes.offer([("", [Option("split", tr("split")), Option("none", tr("none"))])], state.shape_by)
        self.choice.show_choice(self.choice.shapes, split is not None)
        self.choice.settle()

    def _on_setting(self, name: str) -> None:
        if name in ("points", "present_text"):
            self._apply()

    def _on_presenting(self, _presenting: bool) -> None:
        self._apply()

    def _on_theme(self, theme: Theme) -> None:
        self._canvas.set_theme(theme)
        self._apply()
        self.show_legend()

    def _on_drawn(self, picture: Picture) -> None:
        """Explain the shapes in the legend while points are large enough to have them."""
        if (picture.radius >= RING_FROM) is not self._rings:
            self._rings = picture.radius >= RING_FROM
            if self._styled is not None:
                self._explain(self._styled)
                self.legend_changed.emit()

    # hiding by value

    def _hiding(self) -> tuple[frozenset[int], frozenset[int], Callable[[frozenset[int]], None]]:
        """Return all values there are, those that are hidden, and what sets these."""
        state, styled = self._desk.state, self._styled
        assert styled is not None
        everything = frozenset(range(len(styled.colouring.names))) | {UNLABELLED}
        if styled.colouring.name == CLASS:
            return everything, state.hidden_classes, state.set_hidden_classes
        return everything, state.hidden_values, state.set_hidden_values

    def _toggle(self, key: int) -> None:
        if self._styled is not None:
            _, hidden, hide = self._hiding()
            hide(hidden ^ {key})

    def _choose(self, key: int, mode: str = "replace") -> None:
        """Select the items of a value, those that are hidden as well."""
        if self._styled is not None:
            codes = self._styled.colouring.codes
            self._desk.state.select_found(lambda: np.flatnonzero(codes == key), len(codes), mode)

    def _show_menu(self, key: int, at: QPoint) -> None:
        """Offer what can be done with a value."""
        if self._styled is None:
            return
        (everything, hidden, _), colouring = self._hiding(), self._styled.colouring
        noun = tr("class") if colouring.name == CLASS else tr("value")
        without = tr("unlabelled") if colouring.name == CLASS else tr("no value")
        items = Together(
            printable(colouring.names[key]) if key >= 0 else without, noun, key in hidden, everything - {key} <= hidden,
            partial(self._choose, key), partial(self._toggle, key), partial(self._isolate, key),
        )  # fmt: skip
        together_menu(self._desk, items, self._canvas).popup(at)

    def _isolate(self, key: int) -> None:
        """Show only this value; all of them if it was alone before the double click began."""
        if self._styled is not None:
            everything, hidden, hide = self._hiding()
            others = everything - {key}
            hide(frozenset() if others <= hidden else others)


def _legend_colours(styled: StyledPoints, theme: Theme) -> ByteArray:
    """Return the colours of the values that the legend lists (V, 3), or those of its scale (K, 3), in a theme."""
    rows, keys, count = styled.style(theme).palette, styled.listed.keys, styled.colouring.rows
    if styled.colouring.scale is not None:
        return rows[:-1]
    return rows[np.where(keys < 0, count, keys % max(count, 1))]
