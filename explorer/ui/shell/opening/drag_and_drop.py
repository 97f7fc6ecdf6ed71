"""What can be dropped on the window, as paths that survive names that are not UTF-8, and what a second set becomes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDropEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from explorer.data.names import NOT_READ, READ, suffix
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.local_paths import short_name
from explorer.ui.widgets.text import ElidedLabel, PartsLabel, PlainLabel
from explorer.ui.widgets.text_size import keep_size

GIVEN = frozenset({".csv", ".tsv", ".txt"})
"""Endings of files of pairs, triplets or links."""


def is_run(path: str) -> bool:
    """Return whether a path is the folder of a saved run."""
    return (Path(path) / "run.json").is_file()


def is_one_picture(path: str) -> bool:
    """Return whether a path is by its name a single picture, or a document such as a PDF, and so no data set."""
    return suffix(path) in READ | NOT_READ and not Path(path).is_dir()


def is_recipe(path: str) -> bool:
    """Return whether a path is by its name the file of a recipe."""
    return path.lower().endswith(".toml") and not Path(path).is_dir()


def dragged_words(path: str) -> str:
    """Return what a drop of this would do where no data are open yet."""
    name = short_name(path)
    if is_recipe(path):
        return tr("Drop to take the recipe “{name}”", name=name)
    if is_one_picture(path):
        return tr("“{name}” is no data set: drop a folder", name=name)
    return tr("Drop to open “{name}”", name=name)


def accept_copy(event: QDropEvent) -> None:
    """Accept a drag or a drop as a copy: a source that also offers to move would delete what was moved."""
    if event.possibleActions() & Qt.DropAction.CopyAction:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
    else:
        event.acceptProposedAction()


def refuse_drops(widget: QWidget) -> None:
    """Let drags over the fields and views inside ``widget`` reach the window."""
    for view in (widget, *widget.findChildren(QWidget)):
        if isinstance(view, QAbstractScrollArea):
            view.setAcceptDrops(False)
            view.viewport().setAcceptDrops(False)
        elif isinstance(view, QLineEdit):
            view.setAcceptDrops(False)


class DropVeil(QFrame):
    """A veil over the window while something is dragged over it, which says what a drop will do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("drop-veil")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.label = PlainLabel(role="heading")
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label.setWordWrap(True)
        self.details = PlainLabel(role="muted")
        self.details.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.details.setWordWrap(True)
        box = QVBoxLayout(self)
        box.addStretch(1)
        box.addWidget(self.label)
        box.addWidget(self.details)
        box.addStretch(1)
        self.hide()

    def explain(self, words: str) -> None:
        """Say what is seen in what is dragged."""
        self.details.setText(words)

    def show_over(self, text: str, area: QWidget) -> None:
        """Cover ``area``, a child of the same window, and say what will happen."""
        self.label.setText(text)
        self.details.setText("")
        self.setGeometry(area.geometry())
        self.show()
        self.raise_()


HEIGHT = 54
ABOUT = tr(
    "Test: held out, and figures are measured on it · Gallery: known items that queries are compared with · "
    "Replace: opened instead of what is open"
)


class ChoiceBar(QFrame):
    """Asks, inside the window, what to do with further data: replace, or add as test or gallery."""

    chosen = Signal(str, str)
    """The path, and the role: main, test or gallery."""
    given = Signal(str)
    """The path of a table that shall be trained on: pairs, triplets or lists of what belongs together."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("choice-bar")
        keep_size(self, height=HEIGHT)
        self._path = ""
        self.question = ElidedLabel(role="title", mode=Qt.TextElideMode.ElideMiddle)
        self.about = PartsLabel(ABOUT, role="caption")
        self.warning = PlainLabel(role="title")
        self.warning.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 8, 0)
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addStretch(1)
        words.addWidget(self.question)
        words.addWidget(self.about)
        words.addStretch(1)
        row.addLayout(words, 1)
        row.addWidget(self.warning)
        self.buttons = {
            role: self._button(text, tip, self._chooser(role))
            for role, text, tip in (
                ("main", tr("Replace"), tr("Open it instead of what is open")),
                ("test", tr("Add as test"), tr("Hold it out: figures are measured on it")),
                ("gallery", tr("Add as gallery"), tr("Known items that queries are compared with")),
            )
        }
        for button in self.buttons.values():
            row.addWidget(button)
        self.give = self._button(
            tr("Train on it"), tr("Its lines are pairs, triplets or links between the open items"), self._take_given
        )
        row.addWidget(self.give)
        self.cancel = self._button(tr("Cancel"), tr("Do nothing with it  (Esc)"), self.hide)
        row.addWidget(self.cancel)
        self.hide()

    def _button(self, text: str, tip: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        button.clicked.connect(slot)
        return button

    def _chooser(self, role: str) -> Callable[[], None]:
        def choose() -> None:
            self.hide()
            self.chosen.emit(self._path, role)

        return choose

    def _take_given(self) -> None:
        self.hide()
        self.given.emit(self._path)

    def warn(self, text: str) -> None:
        """Say what any answer brings with it; empty: nothing."""
        self.warning.setText(text)
        self.warning.setVisible(bool(text))

    def ask(self, path: str, cost: str = "") -> None:
        """Ask what to do with ``path``; ``cost``: what any answer brings with it."""
        self._path = path
        self.warn(cost)
        self.give.setVisible(suffix(path) in GIVEN)
        self.question.setText(tr("What should “{short_name}” be?", short_name=short_name(path)))
        self.show()
        self.buttons["main"].setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape: do nothing with it."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)
