"""What the panels share about the view: selection, hover, pins, colours and the step on screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from explorer.core.types import BoolArray, IntArray, frozen
from explorer.ui.session.pinned_queries import PinnedQueries
from explorer.ui.session.selecting import MANY, Change, Selected, Selecting
from explorer.ui.session.selections import MODES, Kept, combined, inverted, tidy

TOLD_APART = 256
"""Classes that have a colour each."""


def first_colouring(classes: int, columns: Iterable[str], target: str = "") -> str:
    """Return what points are coloured by at first: class, or where colours would repeat the groups of the classes.

    ``target``: the colouring by the number that is learned, which comes before both.
    """
    return target or ("level1" if classes > TOLD_APART and "level1" in columns else "class")


class ViewState(QObject):
    """One value per question, and a signal that tells of a change; setting an equal value does nothing.

    Panels know the state, never each other. Items are indices into the dataset. ``pins``: the pinned queries. ``acted``
    is for whoever did something else that can be taken back: an ``Act``. A selection of more than ``many`` items is
    there, and told, some turns of the event loop after it was asked for. Whoever shows the ``selection`` shows what it
    is now; whoever does something with it does so by ``once_selected``, which waits. ``selecting_changed``: a selection
    is on its way, or none any more.
    """

    selection_changed = Signal(object)
    selecting_changed = Signal(bool)
    hover_changed = Signal(int)
    colour_by_changed = Signal(str)
    shape_by_changed = Signal(str)
    hidden_classes_changed = Signal(object)
    hidden_values_changed = Signal(object)
    shown_range_changed = Signal(object)
    ghosts_changed = Signal(bool)
    fates_changed = Signal(object)
    displayed_step_changed = Signal(int)
    acted = Signal(object)
    pointed_step_changed = Signal(object)
    presenting_changed = Signal(bool)
    about_to_reset = Signal()
    was_reset = Signal()

    def __init__(self, parent: QObject | None = None, *, many: int = MANY) -> None:
        super().__init__(parent)
        self._selection: IntArray = frozen([], np.int64)
        self._kept: Kept | None = None
        self._cause: object = None
        self._many = many
        self._selecting = Selecting(lambda: self._selection, self)
        self._selecting.found.connect(self._take)
        self._selecting.changed.connect(lambda: self.selecting_changed.emit(self.selecting))
        self._hover = -1
        self.pins = PinnedQueries(self, self.once_selected)
        self._colour_by = self._colour_before = "class"
        self._shape_by = "split"
        self._hidden_classes: frozenset[int] = frozenset()
        self._hidden_values: frozenset[int] = frozenset()
        self._shown_range: tuple[float, float] | None = None
        self._ghosts = False
        self._fates: IntArray | None = None
        self._displayed_step = -1
        self._pointed_step: float | None = None
        self._visible: BoolArray | None = None
        self._presenting = False

    @property
    def presenting(self) -> bool:
        """Whether the window is shown to others, on a projector: with large text and points."""
        return self._presenting

    def set_presenting(self, presenting: bool) -> None:
        """Say whether the window is shown to others."""
        if presenting != self._presenting:
            self._presenting = presenting
            self.presenting_changed.emit(presenting)

    @property
    def selection(self) -> IntArray:
        """The selected items, sorted and unique int64 (S,), read-only."""
        return self._selection

    @property
    def kept(self) -> Kept:
        """The selection as a history keeps it: the one that comes in a moment, where that is known."""
        coming = self._selecting.coming
        if coming is not None and coming.kept is not None:
            return coming.kept
        if self._kept is None:
            self._kept = Kept.of(self._selection)
        return self._kept

    @property
    def cause(self) -> object:
        """While a change of the selection is told: who asked for it, where that was said."""
        return self._cause

    @property
    def selecting(self) -> bool:
        """Whether a selection is on its way, or what waits for one."""
        return self._selecting.is_under_way

    @property
    def some_selected(self) -> bool:
        """Whether anything is selected, or may be once all has come."""
        return len(self._selection) > 0 or self.selecting

    def while_selected(self, action: QAction) -> None:
        """Switch an action on as long as anything is selected, or may be."""

        def follow(_told: object = None) -> None:
            action.setEnabled(self.some_selected)

        self.selection_changed.connect(follow)
        self.selecting_changed.connect(follow)
        follow()

    @property
    def turn(self) -> int:
        """The number of the turn of the event loop in which what is done now was asked for."""
        return self._selecting.turn

    def once_selected(self, then: Callable[[], object]) -> None:
        """Do something as soon as all is selected that was asked for before: at once, unless it is still on its way.

        What is asked for afterwards waits for it. It is left out where a selection before it fails, or other data are
        opened.
        """
        if self._selecting.is_waited_for:
            self._selecting.ask(then)
        else:
            then()

    def set_selection(self, items: npt.ArrayLike) -> None:
        """Select items; order and repeats do not matter."""
        found = np.asarray(items, np.int64)
        self._change(Change(lambda _before: tidy(found)), len(found))

    def select(self, items: npt.ArrayLike, mode: str, *, cause: object = None) -> None:
        """Let items take the place of the selection, join it (``add``), leave it (``remove``), or keep both's share.

        ``mode`` is one of ``selections.SelectionMode``; the last is ``intersect``. ``cause``: see the property.
        """
        found = np.asarray(items, np.int64)
        self.select_found(lambda: found, len(found), mode, cause=cause)

    def select_found(self, find: Callable[[], IntArray], among: int, mode: str, *, cause: object = None) -> None:
        """Select in a mode what ``find`` finds among so many items; where these are many, in another thread.

        Raises
        ------
        ValueError: for a mode that there is not.
        """
        if mode not in MODES:
            raise ValueError(f"no way to select is called {mode!r}")
        size = among if mode == "replace" else among + len(self._selection)
        self._change(Change(lambda before: combined(before, tidy(find()), mode), cause), size)

    def invert_selection(self, count: int) -> None:
        """Select those of ``count`` items that are not selected; none that is hidden."""
        visible = self._visible
        self._change(Change(lambda before: inverted(before, count, visible)), count)

    def select_all(self, count: int) -> None:
        """Select those of ``count`` items that are not hidden."""
        visible, nothing = self._visible, frozen([], np.int64)
        self._change(Change(lambda _before: inverted(nothing, count, visible)), count)

    def put_back(self, kept: Kept) -> None:
        """Select what was kept of a selection."""
        self._change(Change(lambda _before: kept.selection(), kept=kept), kept.most)

    def _change(self, change: Change, size: int) -> None:
        """Change the selection: at once, or where many items are looked at, beside the window and in its order."""
        if size > self._many or self._selecting.is_waited_for:
            self._selecting.ask(change)
            return
        items = tidy(change.of(self._selection))
        same = items is self._selection or np.array_equal(items, self._selection)
        self._tell(items, change.kept, change.cause, same=same)

    def _take(self, change: Change, selected: Selected) -> None:
        """Take over what was worked out beside the window."""
        self._tell(selected.items, selected.kept, change.cause, same=selected.same)

    def _tell(self, items: IntArray, kept: Kept | None, cause: object, *, same: bool) -> None:
        if same:
            self._kept = kept or self._kept
        else:
            self._selection, self._kept, self._cause = items, kept, cause
            self.selection_changed.emit(items)
            self._cause = None

    def set_visible(self, visible: BoolArray | None) -> None:
        """Say which items (N,) are not hidden; None: all of them."""
        self._visible = visible

    def point_at_step(self, step: float | None) -> None:
        """Say which step is under the pointer in one of the curves, None: it is in none; all tell what stood there."""
        if step != self._pointed_step:
            self._pointed_step = step
            self.pointed_step_changed.emit(step)

    @property
    def hover(self) -> int:
        """The item under the pointer, -1 for none."""
        return self._hover

    def set_hover(self, item: int) -> None:
        """Say which item is under the pointer."""
        if item != self._hover:
            self._hover = item
            self.hover_changed.emit(item)

    @property
    def colour_by(self) -> str:
        """What the points are coloured by: a name of ``map.colourings``, or a column of the dataset."""
        return self._colour_by

    def set_colour_by(self, name: str) -> None:
        """Colour the points by something else; what was hidden by the values of the old colours is shown again."""
        if name != self._colour_by:
            if self._colour_by != "fates":
                self._colour_before = self._colour_by
            self._colour_by = name
            self._hidden_values, self._shown_range = frozenset(), None
            self.colour_by_changed.emit(name)

    @property
    def shape_by(self) -> str:
        """What the shapes of the points tell: ``split``, or ``none``."""
        return self._shape_by

    def set_shape_by(self, name: str) -> None:
        """Let the shapes of the points tell something else."""
        if name != self._shape_by:
            self._shape_by = name
            self.shape_by_changed.emit(name)

    @property
    def hidden_classes(self) -> frozenset[int]:
        """The classes that are not drawn."""
        return self._hidden_classes

    def set_hidden_classes(self, classes: Iterable[int]) -> None:
        """Hide exactly these classes."""
        chosen = frozenset(int(label) for label in classes)
        if chosen != self._hidden_classes:
            self._hidden_classes = chosen
            self.hidden_classes_changed.emit(chosen)

    @property
    def hidden_values(self) -> frozenset[int]:
        """The values, other than classes, of what the points are coloured by that are not drawn; -1: no value."""
        return self._hidden_values

    def set_hidden_values(self, values: Iterable[int]) -> None:
        """Hide exactly the items of these values."""
        chosen = frozenset(int(value) for value in values)
        if chosen != self._hidden_values:
            self._hidden_values = chosen
            self.hidden_values_changed.emit(chosen)

    @property
    def shown_range(self) -> tuple[float, float] | None:
        """Least and greatest number, of what the points are coloured by, of those that are drawn; None: all are."""
        return self._shown_range

    def set_shown_range(self, bounds: tuple[float, float] | None) -> None:
        """Draw only points whose number lies within these bounds, which belong to it; None: all."""
        if bounds != self._shown_range:
            self._shown_range = bounds
            self.shown_range_changed.emit(bounds)

    @property
    def ghosts(self) -> bool:
        """Whether points that are hidden are drawn in grey instead; they stay so with other data."""
        return self._ghosts

    def set_ghosts(self, on: bool) -> None:
        """Draw points that are hidden in grey, or not at all."""
        if on != self._ghosts:
            self._ghosts = on
            self.ghosts_changed.emit(on)

    @property
    def fates(self) -> IntArray | None:
        """What became of each item (N,) between the two runs of a duel, see ``map.colourings``; None: there is none."""
        return self._fates

    def set_fates(self, fates: IntArray | None) -> None:
        """Say what became of each item between two runs; without them what was coloured by that is as it was before."""
        if fates is not self._fates:
            self._fates = fates
            if fates is None and self._colour_by == "fates":
                self.set_colour_by(self._colour_before)
            self.fates_changed.emit(fates)

    def show_everything(self) -> None:
        """Hide no point any more, neither by its class nor by another value."""
        self.set_hidden_classes(())
        self.set_hidden_values(())
        self.set_shown_range(None)

    @property
    def displayed_step(self) -> int:
        """The step that is shown, -1 while the newest one is followed."""
        return self._displayed_step

    def set_displayed_step(self, step: int) -> None:
        """Show a step of the run, or follow the newest one with -1."""
        if step != self._displayed_step:
            self._displayed_step = step
            self.displayed_step_changed.emit(step)

    def reset(self, colour_by: str = "class", begin: Callable[[ViewState], object] | None = None) -> None:
        """Forget everything that names items or classes, because other data was opened, and colour by this first.

        ``begin`` may pin and select what is to be so at first, which nobody takes back.
        """
        self.about_to_reset.emit()
        self._selecting.forget()
        self.set_selection([])
        self.set_hover(-1)
        self.pins.clear()
        self.show_everything()
        self.set_fates(None)
        self.set_colour_by(colour_by)
        self.set_displayed_step(-1)
        if begin is not None:
            begin(self)
        self.was_reset.emit()
