"""Finds classes and items by name for the palette: in the background, given up as soon as more is typed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from explorer.core.errors import printable
from explorer.core.types import UNLABELLED
from explorer.data.dataset import Dataset
from explorer.ui.session.commands import Place
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import counted

if TYPE_CHECKING:
    from explorer.engine.name_search import NamesFound
    from explorer.ui.shell.main_window import MainWindow

LEAST_LETTERS = 2


def kinds_in_window() -> dict[str, str]:
    """Return what stands before the name of a class and of an item in the list of what was found, by both kinds."""
    titles = {"class": tr("Class: {name}", name=""), "item": tr("Item: #{item} {ids}", item="", ids="")}
    return {title.partition(":")[0].casefold(): kind for kind, title in titles.items()}


class NameFinder(QObject):
    """Asks the session of a window.

    Signals
    -------
    found(words, places): classes and items that have these words in their names.
    """

    found = Signal(str, object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._job = 0

    def attach(self) -> None:
        """Hear of what the session of the window finds."""
        from explorer.engine.name_search import NamesFound  # with the session, and not before the first paint

        if self._window.bridge is not None:
            self._window.bridge.of(NamesFound).connect(self._on_found)

    def ask(self, words: str) -> None:
        """Find what has these words in its name, and give up what was asked before."""
        session, words = self._window.session, words.strip()
        if session is None:
            return
        session.cancel(self._job)
        self._job = 0
        number, dataset, _ = session.open_data
        if dataset is None or len(words) < LEAST_LETTERS:
            return
        from explorer.engine.name_search import KINDS, post_names

        work = partial(post_names, session.lanes, dataset, number, words, {**KINDS, **kinds_in_window()})
        self._job = session.start(tr("Find names"), work, quiet=True)

    def _on_found(self, found: NamesFound) -> None:
        session = self._window.session
        if session is None:
            return
        number, dataset, _ = session.open_data
        if dataset is not None and number == found.number:
            places = [self._class(dataset, label, count) for label, count in found.classes]
            places += [self._item(dataset, item) for item in found.items]
            if dataset.modality.typed:
                places.append(self._text(found.words))
            self.found.emit(found.words, places)

    def _text(self, words: str) -> Place:
        """Return a way to ask by what was typed, which may be no name at all."""
        go_to = self._window.actions_of_window.go_to
        tip = tr("Find the items that are nearest to a text of your own")
        return Place(tr("Ask by this text: {words}", words=words), "", tip, partial(go_to.ask, words), behind=True)

    def _class(self, dataset: Dataset, label: int, count: int) -> Place:
        def go() -> None:
            self._window.actions_of_window.go_to.leave_page()
            labels = dataset.labels
            self._window.state.select_found(lambda: np.flatnonzero(labels == label), len(labels), "replace")
            self._window.state.once_selected(self._centre)

        name = printable(dataset.class_names[label])
        items = counted(count, dataset.modality.noun, dataset.modality.plural)
        return Place(
            tr("Class: {name}", name=name),
            "",
            tr("Select its {items} and show them on the map", items=items),
            go,
            behind=True,
        )

    def _item(self, dataset: Dataset, item: int) -> Place:
        def go() -> None:
            self._window.actions_of_window.go_to.leave_page()
            self._window.state.set_selection([item])
            self._centre()

        label = int(dataset.labels[item])
        name = tr("unlabelled") if label == UNLABELLED else printable(dataset.class_names[label])
        title = tr("Item: #{item} {ids}", item=item, ids=printable(dataset.ids[item]))
        return Place(title, name, tr("{name}: select it and show it on the map", name=name), go, behind=True)

    def _centre(self) -> None:
        self._window.commands["map.zoom_selection"].trigger()
