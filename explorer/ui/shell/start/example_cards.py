"""Examples of the start page: a sample with a recipe, and what one will see; one click opens both."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from explorer.core.examples import StartExample, start_examples
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.text import PlainLabel, plain_tip
from explorer.ui.widgets.text_size import keep_size


class ExampleCard(QPushButton):
    """One example: a title, and in a sentence or two what there is to see."""

    def __init__(self, example: StartExample) -> None:
        super().__init__()
        self.example = example
        self.setObjectName("example-card")
        keep_size(
            self, least_width=160
        )  # the style sheet says the least height: it would set its own over one from here
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)  # as high as its words need
        self.setAccessibleName(tr("Open the example {title}", title=said(example.title)))
        self.setAccessibleDescription(said(example.summary))
        self.setToolTip(
            plain_tip(
                tr("{summary}\nOpens the sample and sets the recipe; Train begins it.", summary=said(example.summary))
            )
        )
        self.title = PlainLabel(said(example.title), role="title")
        self.words = PlainLabel(said(example.summary), role="muted")
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 10, 12, 8)
        box.setSpacing(4)
        box.addWidget(self.title)
        box.addWidget(self.words, 1)
        for label in (self.title, self.words):
            label.setWordWrap(True)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


class ExampleCards(QWidget):
    """The examples beside each other, or below each other where there is little room.

    Signals
    -------
    chosen(example): the ``StartExample`` that was clicked.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self.cards = [ExampleCard(example) for example in start_examples()]
        for card in self.cards:
            card.clicked.connect(lambda _=False, example=card.example: self.chosen.emit(example))
            row.addWidget(card, 1)

    def stack(self, stacked: bool) -> None:
        """Put the examples below each other, or beside."""
        ways = QBoxLayout.Direction
        self._row.setDirection(ways.TopToBottom if stacked else ways.LeftToRight)
