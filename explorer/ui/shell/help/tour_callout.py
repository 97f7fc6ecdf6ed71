"""What the guided first run shows: a ring around a widget, and beside it a few sentences with Back, Next and Skip."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import PlainLabel
from explorer.ui.widgets.text_size import keep_size, scaled, when_letters_change
from explorer.ui.widgets.theme import ThemeManager

WIDTH = 296
EDGE, PADDING = 12, 14
SECOND_MS = 500
"""How long after a click another one on the same place is the second of a double click."""
RING = 3
"""Logical pixels between a widget and the ring around it, and twice what the ring is thick."""


def place_beside(size: QSize, target: QRect, area: QRect, now: QPoint | None = None) -> QPoint:
    """Return where a callout goes: right of its target, left, above or below, else inside at the bottom.

    ``now``: where it is, None: nowhere yet. There it stays while it does not cover the target, or all but has to: a
    second click shall not meet what lies behind it.
    """
    place = _free_place(size, target, area)
    here = None if now is None else QRect(now, size)
    if here is None or not area.contains(here):
        return place
    covers = here.intersects(target)
    return here.topLeft() if not covers or QRect(place, size).intersects(target) else place


def _free_place(size: QSize, target: QRect, area: QRect) -> QPoint:
    top = max(area.top(), min(target.top(), area.bottom() - size.height()))
    left = max(area.left(), min(target.left(), area.right() - size.width()))
    places = (
        QPoint(target.right() + EDGE, top),
        QPoint(target.left() - EDGE - size.width(), top),
        QPoint(left, target.top() - EDGE - size.height()),
        QPoint(left, target.bottom() + EDGE),
    )
    found = next((place for place in places if area.contains(QRect(place, size))), None)
    if found is not None:
        return found
    inside = target.intersected(area)
    return QPoint(inside.center().x() - size.width() // 2, inside.bottom() - EDGE - size.height())


class TourRing(QWidget):
    """A ring around what is spoken of; the pointer goes through it."""

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def show_around(self, target: QRect) -> None:
        """Show the ring around a rectangle of the window."""
        self.setGeometry(target.adjusted(-RING, -RING, RING, RING))
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._themes.current.colour("accent"), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()


class SecondClick(QWidget):
    """Lies unseen for a moment where a button was that went away, and takes the second click of a double click."""

    def __init__(self, place: QRect, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("second-click")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setGeometry(place)
        self.show()
        self.raise_()
        QTimer.singleShot(SECOND_MS, self, self.deleteLater)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take it from what lies behind."""
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take it from what lies behind."""
        event.accept()


class TourCallout(QFrame):
    """One step. Left and right go back and on, Return presses the button that has the focus, Escape ends it.

    Signals
    -------
    back(), on(), skipped(): what a person wants. resized(): it has another size, in letters of another size.
    """

    resized = Signal()
    back = Signal()
    on = Signal()
    skipped = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("tour")
        self._above = parent
        keep_size(self, width=WIDTH)
        self.title, self.words = PlainLabel(role="title"), PlainLabel()
        self.words.setWordWrap(True)
        when_letters_change(self.words, self._refit)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._longest: tuple[str, ...] = ()
        self.place = PlainLabel(role="muted")
        self.skip_button, self.back_button, self.on_button = (
            QPushButton(tr("Skip")),
            QPushButton(tr("Back")),
            QPushButton(),
        )
        self.skip_button.setProperty("kind", "link")
        self.skip_button.setToolTip(tr("End the guided first run (Esc); it is in the menu Help"))
        self.on_button.setProperty("kind", "primary")
        for button in (self.skip_button, self.back_button, self.on_button):
            button.clicked.connect(partial(self._shield, button))  # first: it goes elsewhere then, or away
        self.skip_button.clicked.connect(self.skipped)
        self.back_button.clicked.connect(self.back)
        self.on_button.clicked.connect(self.on)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.place)
        row.addStretch(1)
        for button in (self.skip_button, self.back_button, self.on_button):
            row.addWidget(button)
            button.installEventFilter(self)
        box = QVBoxLayout(self)
        box.setContentsMargins(PADDING, PADDING - 2, PADDING, PADDING - 2)
        box.setSpacing(8)
        box.addWidget(self.title)
        box.addWidget(self.words)
        box.addLayout(row)

    def _shield(self, button: QPushButton) -> None:
        above = self._above
        SecondClick(QRect(button.mapTo(above, QPoint()), button.size()), above)

    def keep_room(self, words: Iterable[str]) -> None:
        """Be as high at every step as the longest of these words needs: the buttons stay under the pointer."""
        self._longest = tuple(words)
        self.fit()

    def fit(self) -> None:
        """Have the height of the longest words, in letters as large as they are now."""
        for part in (self, *self.findChildren(QWidget)):  # else the letters are not yet those that are shown
            part.ensurePolished()
        self.words.setMinimumHeight(0)  # findings/pyside6_label_height_for_width_never_shrinks.sh
        shown, width = self.words.text(), scaled(WIDTH) - 2 * PADDING - 2
        heights = []
        for words in {*self._longest, shown}:
            self.words.setText(words)
            heights.append(self.words.heightForWidth(width))
        self.words.setText(shown)
        self.words.setFixedHeight(max(heights))
        self.adjustSize()

    def _refit(self) -> None:
        """Have the height for other letters, once all parts have them."""
        self.fit()
        self.resized.emit()

    def show_step(self, title: str, words: str, number: int, of: int) -> None:
        """Say what a step says, and which of how many it is."""
        self.title.setText(title)
        self.words.setText(words)
        self.setAccessibleName(tr("Guided first run, {number} of {of}: {title}", number=number, of=of, title=title))
        self.setAccessibleDescription(words)
        self.place.setText(tr("{number} of {of}", number=number, of=of))
        self.back_button.setEnabled(number > 1)
        self.on_button.setText(tr("Done") if number == of else tr("Next"))
        self.skip_button.setVisible(number < of)
        self.fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Go by the arrow keys, before a button takes them, press one with Return, and end with Escape."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        wanted = {
            Qt.Key.Key_Left: self.back_button,
            Qt.Key.Key_Right: self.on_button,
            Qt.Key.Key_Escape: self.skip_button,
        }
        button = wanted.get(Qt.Key(event.key()))
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(watched, QPushButton):
            button = watched
        if button is None:
            return super().eventFilter(watched, event)
        button.click()
        return True
