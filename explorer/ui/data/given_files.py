"""Given pairs, triplets and must-link lists: the file of them, and what training on it means."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.core.given_tuples import FORMS, WORDS, GivenKind, GivenTuples
from explorer.core.recipe import Part
from explorer.core.types import Split
from explorer.engine.events import UNDER_WAY, DatasetOpened, GivenChanged, SplitChanged, StateChanged
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.save_dialog import ask_file
from explorer.ui.widgets.text import PlainLabel, count, counted

FILES = tr("Tables (*.csv *.tsv *.txt);;All files (*)")
ENTRIES: dict[GivenKind, str] = {
    "pairs": tr("Pairs: same or different…"),
    "triplets": tr("Triplets: anchor, nearer, farther…"),
    "must_link": tr("Lists of what belongs together…"),
}
MEANING: dict[GivenKind, str] = {
    "pairs": tr("Classes are not trained on: miners, and losses and samplers over classes, have no meaning."),
    "triplets": tr("Classes are not trained on: miners, and losses and samplers over classes, have no meaning."),
    "must_link": tr("What is linked takes the place of the classes; items of two groups count as different."),
}
MEASURED = tr(
    "Curves show how many of those kept out of training hold: they name an item that is held out. Recall, and the "
    "colours of the map, are of the classes that the data have"
)
OF_TRIPLETS = Part(name="t_ste")
"""The layout of the map that looks at nothing but given triplets."""
BUSY = UNDER_WAY | {"loading"}


class GivenFiles(QWidget):
    """What is given; ``button``, which stands elsewhere, asks for a file."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.given: GivenTuples | None = None
        self._split: Split | None = desk.data.split
        self._dialog: QFileDialog | None = None
        self.button = QPushButton(tr("Given pairs or triplets…"))
        self.button.setProperty("kind", "fold")
        self.button.setToolTip(tr("Train on a file of pairs, triplets or links between these items instead of classes"))
        self.button.setMenu(self._menu())
        self.told = PlainLabel(role="muted")
        self.meaning = PlainLabel(role="caption")
        for label in (self.told, self.meaning):
            label.setWordWrap(True)
        self.meaning.setToolTip(MEASURED)
        self.map = QPushButton(tr("Map of these triplets"))
        self.map.setProperty("kind", "fold")
        self.map.setToolTip(tr("Place every item by the triplets alone; Layout of the map… changes it back"))
        self.map.clicked.connect(lambda: desk.session.analysis.project(OF_TRIPLETS))
        self.forget = IconButton(desk.themes, "close", tr("Train on the classes again"))
        self.forget.clicked.connect(lambda: desk.session.given.take(None))
        self._lay_out()
        bridge = desk.bridge
        bridge.of(GivenChanged).connect(lambda event: self.show_given(event.given))
        bridge.of(DatasetOpened).connect(self._on_opened)
        bridge.of(SplitChanged).connect(lambda event: self._show_split(event.split))
        bridge.of(StateChanged).connect(self._on_state)
        self.show_given(None)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for kind, text in ENTRIES.items():
            action = menu.addAction(text)
            action.setToolTip(tr("{form}, in each line of a table", form=said(FORMS[kind])))
            action.triggered.connect(partial(self.ask, kind))
        return menu

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.told, 1)
        row.addWidget(self.forget)
        box.addLayout(row)
        box.addWidget(self.meaning)
        box.addWidget(self.map, 0, Qt.AlignmentFlag.AlignLeft)

    def ask(self, kind: GivenKind) -> None:
        """Ask for a file of this kind, and train on it from then on."""
        settings = self.desk.settings

        def chosen(path: Path) -> None:
            settings.set_opened(str(path.parent))
            self.desk.session.given.give(path, kind)

        self._dialog = ask_file(self.window(), ENTRIES[kind].removesuffix("…"), settings.opened, FILES, chosen)

    def show_given(self, given: GivenTuples | None) -> None:
        """Say what is given."""
        self.given = given
        self.setVisible(given is not None)
        if given is not None:
            self.meaning.setText(MEANING[given.kind])
            self.map.setVisible(given.kind == "triplets")
        self._tell()

    def _on_opened(self, event: DatasetOpened) -> None:
        self._split = event.split
        self.show_given(None)  # what is given to these follows

    def _show_split(self, split: Split | None) -> None:
        self._split = split
        self._tell()

    def _tell(self) -> None:
        dataset, given = self.desk.data.dataset, self.given
        if given is None or dataset is None or self._split is None:
            return
        trained = int(given.within(self._split.train, len(dataset)).sum())
        told = tr(
            "{file}: {trained} train · {out} kept out",
            file=printable(given.name),
            trained=counted(trained, WORDS[given.kind]),
            out=count(len(given) - trained),
        )
        if given.against:
            told += tr(" · {against} contradict each other", against=count(given.against))
        self.told.setText(told)

    def _on_state(self, event: StateChanged) -> None:
        for button in (self.button, self.forget):
            button.setEnabled(event.state not in BUSY)
