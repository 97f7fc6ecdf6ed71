"""Short messages low in the middle of the window, over no button: they do not interrupt, and go by themselves.

What went wrong, or offers something to do, stays until somebody has seen it: its time begins with the next click or
key elsewhere in the window. All of them are kept in a log.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, QTime, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QMainWindow, QPlainTextEdit, QPushButton, QWidget

from explorer.core.extras import line_in
from explorer.ui.session.preferences import Patience
from explorer.ui.shell.messages.toast_place import MARGIN, clickable_in, free_place
from explorer.ui.widgets.icons import IconButton, pixmap
from explorer.ui.widgets.language import later, said, tr
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text import PlainLabel
from explorer.ui.widgets.text_size import keep_size, scaled, when_letters_change
from explorer.ui.widgets.theme import ThemeManager

Level = Literal["info", "warning", "error"]

STAY_MS = {"info": 4_000, "warning": 8_000, "error": 15_000}
"""How long a message stays without being hovered, unless it offers something to do."""
PATIENCE = {"short": 1, "long": 4, "until_closed": 0}
"""How many times as long it stays by what a person has set; 0: until it is closed."""

WIDTH = 380
TEXT_WIDTH = WIDTH - 84
"""What the margins, the mark and the button leave for the sentence."""

GAP = 8
LOOK_MS = 500
MOST, MOST_SHARE = 3, 0.34
"""How many messages are there at once; older ones go first. Those that are on screen take no more than that share of
the height of the window, unless it is one alone: older ones come back when it has gone."""

TRAIN_NOW = tr("Train now")
"""The words of an offer to begin a training; it goes once one has begun, by whatever way."""

MOST_LOGGED = 200
"""How many messages are kept to be read again."""

_TOKENS: dict[str, str] = {later("info"): "accent", later("warning"): "semi_hard", later("error"): "wrong"}


Offer = tuple[str, Callable[[], object]]
"""What can be done about a message: the words of its button, and what that does."""


@dataclass(slots=True)
class Message:
    """What was said: when first (``14:03``), how gravely, in which words, with which details, and how often."""

    at: str
    level: Level
    text: str
    details: str
    times: int = 1


class Toast(QFrame):
    """One message: a sentence, details that can be opened and copied, and perhaps a button that does something."""

    gone = Signal()

    def __init__(
        self,
        themes: ThemeManager,
        text: str,
        level: Level,
        details: str,
        parent: QWidget,
        *,
        number: int,
        stay_ms: int,
        waits: bool = False,
        offer: Offer | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.setAccessibleName(f"{said(level)}: {text}")
        self.text = text
        self.level = level
        self.number = number
        self.offered = offer is not None
        self._times = 1
        self.setFixedWidth(scaled(WIDTH))
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(12, 8, 8, 10)
        grid.setHorizontalSpacing(8)
        self._themes = themes
        self._mark = mark = PlainLabel()
        self._draw_mark()
        themes.changed.connect(self._draw_mark)
        self.label = PlainLabel(text, selectable=True)
        self.label.setWordWrap(True)
        self.label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        close = IconButton(themes, "close", tr("Close this message"))
        keep_size(close, width=22, height=20)
        close.clicked.connect(self.dismiss)
        mark.setContentsMargins(0, 1, 0, 0)
        grid.addWidget(mark, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.label, 0, 1, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(close, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.setColumnStretch(1, 1)
        self._has_details = bool(details)
        if details:
            grid.addLayout(self._details(details), 1, 1, 1, 2)
        if offer is not None:
            self._offers = QHBoxLayout()
            self._offers.setSpacing(8)
            self.offer = self.add_offer(offer)
            grid.addLayout(self._offers, 2, 1, Qt.AlignmentFlag.AlignLeft)
        when_letters_change(self.label, self.gone.emit)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.dismiss)
        self._stay = stay_ms
        self.waits = waits
        if stay_ms and not waits:
            self._timer.start(stay_ms)

    def _draw_mark(self) -> None:
        """Draw the mark in the colours and the size of now."""
        icon = pixmap(self.level, self._themes.current, _TOKENS[self.level], scaled(16), self.devicePixelRatioF())
        self._mark.setPixmap(icon)

    def move_on(self) -> None:
        """Go in a while: somebody is there, and does something else."""
        if self.waits and self._stay:
            self.waits = False
            self._timer.start(self._stay)

    def add_offer(self, offer: Offer) -> QPushButton:
        """Offer something to do, beside what is offered."""
        words, do = offer
        button = QPushButton(words)
        button.clicked.connect(self.dismiss)
        button.clicked.connect(lambda: do())
        self._offers.addWidget(button)
        return button

    def repeat(self) -> None:
        """Say that the same was said again, and stay as long as if it were new."""
        self._times += 1
        self.label.setText(f"{self.text} (×{self._times})")
        self.setAccessibleName(f"{said(self.level)}: {self.label.text()}")
        if self._stay and not self.waits:
            self._timer.start(self._stay)
        self.gone.emit()

    def _details(self, details: str) -> QGridLayout:
        box = QGridLayout()
        row = QHBoxLayout()
        self.show_details = QPushButton(tr("Details"))
        self.show_details.setProperty("kind", "link")
        self.show_details.setCheckable(True)
        self.copy = copy = QPushButton(tr("Copy"))
        copy.setProperty("kind", "link")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(f"{self.text}\n\n{details}"))
        row.addWidget(self.show_details)
        row.addWidget(copy)
        row.addStretch(1)
        self.details = QPlainTextEdit(details)
        self.details.setReadOnly(True)
        self.details.setAccessibleName(tr("Details"))
        keep_size(self.details, height=140)
        self.details.hide()
        self.show_details.toggled.connect(self._toggle_details)
        box.addLayout(row, 0, 0)
        box.addWidget(self.details, 1, 0)
        return box

    @property
    def read(self) -> bool:
        """Whether its details were opened."""
        return self._has_details and self.show_details.isChecked()

    def _toggle_details(self, shown: bool) -> None:
        self._timer.stop()
        self._stay = 0
        self.details.setVisible(shown)
        self.gone.emit()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Stay while the pointer is on the message."""
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Go a while after the pointer left."""
        if self._stay and not self.waits:
            self._timer.start(self._stay)
        super().leaveEvent(event)

    def fit(self) -> None:
        """Take the height that the text needs."""
        self.setFixedWidth(scaled(WIDTH))
        width = scaled(TEXT_WIDTH)
        self.label.setFixedWidth(width)
        self.label.setMinimumHeight(0)  # findings/pyside6_label_height_for_width_never_shrinks.sh
        self.label.setFixedHeight(max(scaled(18), self.label.heightForWidth(width)))
        self._grid.activate()
        self.resize(self.width(), self._grid.minimumSize().height())

    def dismiss(self) -> None:
        """Close the message."""
        self._timer.stop()
        self.hide()
        self.setParent(None)
        self.gone.emit()
        self.deleteLater()


def _copy(words: str) -> None:
    QGuiApplication.clipboard().setText(words)


class Toasts(QObject):
    """The messages of a window, newest lowest; ``logged`` comes with each, which ``log`` keeps, oldest first."""

    logged = Signal()

    def __init__(self, themes: ThemeManager, window: QWidget) -> None:
        super().__init__(window)
        self._themes = themes
        self._window = window
        self._bottom = MARGIN
        self.patience: Patience = "short"
        self._number = 0
        self._over: QWidget | None = None
        self._watching = False
        self.keep_clear: Callable[[], Iterable[QRect]] = tuple
        """Where in the window else is something to be read that no message is to cover."""
        self._look = QTimer(self, interval=LOOK_MS)  # what lies below comes and goes while a message is there
        self._look.timeout.connect(self._place_again)
        self.log: deque[Message] = deque(maxlen=MOST_LOGGED)
        window.installEventFilter(self)
        if isinstance(window, QMainWindow):  # the dock of a chosen tab comes on top of everything
            window.tabifiedDockWidgetActivated.connect(lambda _dock: self.place())

    @property
    def shown(self) -> list[Toast]:
        """The messages that are there, oldest first; some may wait for room."""
        there = self._window.findChildren(Toast, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return sorted(there, key=lambda toast: toast.number)  # to raise one changes the order of the children

    def set_bottom(self, pixels: int) -> None:
        """Keep free the lowest pixels of the window, for the status bar."""
        self._bottom = pixels + MARGIN

    def show(
        self, text: str, level: Level = "info", details: str = "", offer: Offer | None = None, *, stays: bool = True
    ) -> Toast:
        """Show a message; the same one is counted where it is still on screen.

        ``offer``: what can be done about it: the message stays twice as long. Where that, or an error, ``stays``, its
        time begins once somebody does something else. What says how something is installed offers that line.
        """
        text = in_window(text)
        self._keep(text, level, details)
        for other in self.shown:
            if (other.text, other.level) == (text, level) and offer is None:
                other.repeat()
                return other
        if offer is None and (line := line_in(text)):
            offer = (tr("Copy the command"), partial(_copy, line))
        shown = sorted(self.shown, key=lambda toast: toast.waits)  # what nobody has seen yet goes last
        for oldest in shown[: max(0, len(shown) - MOST + 1)]:
            oldest.dismiss()
        stay = PATIENCE[self.patience] * STAY_MS[level] * (2 if offer else 1)
        waits = stays and (offer is not None or level == "error")
        self._number += 1
        toast = Toast(
            self._themes,
            text,
            level,
            details,
            self._window,
            number=self._number,
            stay_ms=stay,
            waits=waits,
            offer=offer,
        )
        toast.gone.connect(self.place)
        toast.move(self._window.rect().bottomRight())  # not under a pointer that would hold it before it has its place
        toast.show()
        self.place()
        return toast

    def withdraw(self, text: str) -> None:
        """Take a message off the screen that holds no more."""
        for toast in self.shown:
            if toast.text == in_window(text):
                toast.dismiss()

    def note(self, text: str, level: Level, details: str = "") -> None:
        """Keep a message that is shown elsewhere."""
        self._keep(text, level, details)

    def _keep(self, text: str, level: Level, details: str) -> None:
        last = self.log[-1] if self.log else None
        if last is not None and (last.text, last.level) == (text, level):
            last.times += 1
        else:
            self.log.append(Message(QTime.currentTime().toString("HH:mm"), level, text, details))
        self.logged.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the window and of what is in its middle, and whether somebody does something."""
        if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress):
            self._on_deed(watched)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and watched in (self._window, self._over):
            self.place()
        return super().eventFilter(watched, event)

    def _on_deed(self, where: QObject) -> None:
        """Let messages go in a while after a click or a key elsewhere in this window."""
        if isinstance(where, QWidget) and where.window() is self._window.window():
            shown = self.shown
            if not any(toast is where or toast.isAncestorOf(where) for toast in shown):
                for toast in shown:
                    if not toast.isHidden():
                        toast.move_on()
            self._watch()

    def _watch(self) -> None:
        """Look at what is done in the program while a message waits for that, and not otherwise."""
        wanted, program = any(toast.waits for toast in self.shown), QGuiApplication.instance()
        if wanted != self._watching and program is not None:
            self._watching = wanted
            program.installEventFilter(self) if wanted else program.removeEventFilter(self)

    def _area(self) -> QRect:
        """Return where in the window messages are: in its middle, where no panel is covered, if there is room."""
        centre = self._window.centralWidget() if isinstance(self._window, QMainWindow) else None
        if centre is not self._over and centre is not None:
            centre.installEventFilter(self)
            self._over = centre
        if centre is None or centre.width() < scaled(WIDTH) + 2 * MARGIN:
            return self._window.rect().adjusted(0, 0, 0, MARGIN - self._bottom)
        return QRect(centre.mapTo(self._window, QPoint()), centre.size())

    def place(self) -> None:
        """Put the messages above each other where they cover nothing that can be clicked, above everything else."""
        shown = self.shown
        self._watch()
        if not shown:
            self._look.stop()
            return
        self._look.start()
        shown = self._with_room(shown)
        area = self._area()
        size = QSize(scaled(WIDTH), sum(toast.height() + GAP for toast in shown) - GAP)
        around = self._over if self._over is not None else self._window
        own = {id(button) for toast in shown for button in toast.findChildren(QWidget)}
        taken = [box for widget, box in clickable_in(around, self._window) if id(widget) not in own]
        taken += self.keep_clear()
        corner = free_place(size, area, taken)
        for toast in shown:
            toast.move(corner)
            toast.raise_()
            corner += QPoint(0, toast.height() + GAP)

    def _with_room(self, there: list[Toast]) -> list[Toast]:
        """Show what there is room for, the newest first and before it what somebody reads; return that, oldest first.

        In a small window with large text all of them would cover half of it.
        """
        room, on_screen = MOST_SHARE * self._window.height(), list[Toast]()
        for toast in sorted(there, key=lambda toast: (toast.read, toast.number), reverse=True):
            toast.fit()
            room -= toast.height() + GAP
            if shown := room >= 0 or not on_screen:
                on_screen.append(toast)
            toast.setVisible(shown)
        return sorted(on_screen, key=lambda toast: toast.number)

    def _place_again(self) -> None:
        """Look again for a place, unless somebody is about to click on what is where it is."""
        if not any(toast.underMouse() for toast in self.shown):
            self.place()

    def settle(self, words: str = "") -> None:
        """Close what offers something to do, because it was done; with ``words`` only where its button says these."""
        for toast in self.shown:
            if toast.offered and words in ("", toast.offer.text()):
                toast.dismiss()
