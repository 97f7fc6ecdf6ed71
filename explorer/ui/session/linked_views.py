"""Windows on the same data share what is selected, hovered, pinned, coloured and hidden; each keeps its own step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, SignalInstance

from explorer.core.types import IntArray
from explorer.ui.session.view_state import ViewState

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

_Shared = tuple[
    Callable[[ViewState], SignalInstance], Callable[[ViewState], Any], Callable[[ViewState, Any], None]
]  # when it changes, what it is, how it is set


def _select(view: ViewState, items: IntArray) -> None:
    view.select(items, "replace", cause=LinkedViews)


def _pin(view: ViewState, numbers: Mapping[int, int]) -> None:
    view.pins.set(numbers, numbers)


SHARED: tuple[_Shared, ...] = (
    (lambda view: view.selection_changed, lambda view: view.selection, _select),
    (lambda view: view.hover_changed, lambda view: view.hover, ViewState.set_hover),
    (lambda view: view.pins.changed, lambda view: view.pins.numbers, _pin),
    (lambda view: view.fates_changed, lambda view: view.fates, ViewState.set_fates),
    (lambda view: view.colour_by_changed, lambda view: view.colour_by, ViewState.set_colour_by),
    (lambda view: view.shape_by_changed, lambda view: view.shape_by, ViewState.set_shape_by),
    (lambda view: view.hidden_classes_changed, lambda view: view.hidden_classes, ViewState.set_hidden_classes),
    (lambda view: view.hidden_values_changed, lambda view: view.hidden_values, ViewState.set_hidden_values),
    (lambda view: view.shown_range_changed, lambda view: view.shown_range, ViewState.set_shown_range),
    (lambda view: view.ghosts_changed, lambda view: view.ghosts, ViewState.set_ghosts),
)
"""What belongs to the items of a dataset and to no run of it, in the order in which it is taken over."""


class LinkedViews(QObject):
    """Keeps the views of one dataset alike. A view belongs to the dataset that its window has opened last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._views: dict[ViewState, Dataset] = {}
        self._heard: set[ViewState] = set()
        self._pinning: ViewState | None = None

    def join(self, view: ViewState, dataset: Dataset) -> None:
        """Let a view be of a dataset from now on, and look like the other views of that."""
        self.leave(view)
        others = [other for other, of in self._views.items() if of is dataset]
        for _, read, write in SHARED if others else ():
            write(view, read(others[0]))
        self._views[view] = dataset
        if view not in self._heard:
            self._heard.add(view)
            view.about_to_reset.connect(partial(self.leave, view))
            for shared in SHARED:
                shared[0](view).connect(partial(self._spread, view, shared))

    def leave(self, view: ViewState) -> None:
        """Let a view be by itself."""
        self._views.pop(view, None)

    def _spread(self, view: ViewState, shared: _Shared, *_value: object) -> None:
        dataset = self._views.get(view)
        _, read, write = shared
        if (write is _select and view.cause is LinkedViews) or (write is _pin and view is self._pinning):
            return  # it came from another view, which may be further by now
        for other, of in list(self._views.items()):
            if dataset is None or other is view or of is not dataset:
                continue
            if write is _pin:
                other.once_selected(partial(self._pin, other, dict(read(view))))
            else:
                write(other, read(view))

    def _pin(self, view: ViewState, numbers: Mapping[int, int]) -> None:
        """Pin in a view what is pinned in another one, to which this is not told again."""
        before, self._pinning = self._pinning, view
        try:
            _pin(view, numbers)
        finally:
            self._pinning = before
