"""How large text is, and with it all that holds text: one size for the whole application, in use at once.

Pixels in the code are those of the usual size. ``scaled`` turns them into those of now, and ``keep_size`` does so
again whenever the size changes; ``ui_font``, ``number_font`` and the style sheet go by it. A widget that has other
letters than its parent gets them by the style sheet: a font that is set is lost when a window is dressed anew. What
parts things, such as margins and spacings, stays as it is: a small window needs the room for the text.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, QTimer, Signal
from PySide6.QtWidgets import QAbstractButton, QWidget

from explorer.ui.widgets.next_turn import next_turn

USUAL = 100
"""The usual size of text, in per cent."""


class TextSize(QObject):
    """The size of text in per cent of the usual one. ``changed`` tells of another."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.percent = USUAL

    def choose(self, percent: int) -> None:
        """Show all text in this size."""
        if percent != self.percent:
            self.percent = percent
            self.changed.emit()


_SIZE = TextSize()


def text_size() -> TextSize:
    """Return the size of text of the application."""
    return _SIZE


def scaled(pixels: float) -> int:
    """Return how many pixels take the place of ``pixels`` of the usual size."""
    return round(pixels * _SIZE.percent / USUAL)


def growth() -> float:
    """Return by what factor text is larger than usual, for lengths that are no whole pixels."""
    return _SIZE.percent / USUAL


class _KeptSize(QObject):
    """Gives its widget the sizes that it has at the usual size of text, as they are now."""

    def __init__(self, widget: QWidget, usual: dict[str, int]) -> None:
        super().__init__(widget)
        self._widget, self._usual = widget, usual
        _SIZE.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Set each of them."""
        widget = self._widget
        for name, pixels in self._usual.items():
            now = scaled(pixels)
            if name == "icon":
                assert isinstance(widget, QAbstractButton)
                widget.setIconSize(QSize(now, now))
            else:
                SETTERS[name](widget, now)


SETTERS: dict[str, Callable[[QWidget, int], None]] = {
    "width": QWidget.setFixedWidth,
    "height": QWidget.setFixedHeight,
    "least_width": QWidget.setMinimumWidth,
    "least_height": QWidget.setMinimumHeight,
    "most_width": QWidget.setMaximumWidth,
    "most_height": QWidget.setMaximumHeight,
}
"""How a widget is given a size."""


def keep_size(widget: QWidget, **usual: int) -> None:
    """Let a widget keep a size in pixels of the usual size: ``width`` and ``height`` fixed, ``least_`` and ``most_``.

    ``icon``: the side of the icon of a button.
    """
    _KeptSize(widget, usual)


LINE = 17
"""How high, in pixels, a line of text of the usual size is."""


def barred(pixels: int, lines: int = 1) -> int:
    """Return how high a bar is now that has ``lines`` of text and is so high at the usual size of text.

    It grows by its letters, and not by what is left free around them: the window needs that for what it shows.
    """
    return pixels + round(LINE * lines * (growth() - 1))


class _KeptBar(QObject):
    """Gives a bar its height."""

    def __init__(self, bar: QWidget, height: int, lines: int) -> None:
        super().__init__(bar)
        self._bar, self._height, self._lines = bar, height, lines
        _SIZE.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Set it."""
        self._bar.setFixedHeight(barred(self._height, self._lines))


def keep_bar(bar: QWidget, height: int, lines: int = 1) -> None:
    """Let a bar of the window, or what stands in one, keep a height; see ``barred``."""
    _KeptBar(bar, height, lines)


class _KeptTool(QObject):
    """Gives a button that stands beside others in a header its size: it grows half as much as text does."""

    def __init__(self, button: QAbstractButton, side: int, icon: int) -> None:
        super().__init__(button)
        self._button, self._side, self._icon = button, side, icon
        _SIZE.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Set it."""
        half = (1 + growth()) / 2
        side, icon = round(half * self._side), round(half * self._icon)
        self._button.setFixedSize(side, side)
        self._button.setIconSize(QSize(icon, icon))


def keep_tool(button: QAbstractButton, side: int = 22, icon: int = 16) -> None:
    """Let a square button with an icon keep its size in a header or a row of others, where there is little room."""
    _KeptTool(button, side, icon)


_DRESSED = (
    QEvent.Type.FontChange,
    QEvent.Type.StyleChange,
    QEvent.Type.Polish,
    QEvent.Type.ApplicationFontChange,
)
"""The events with which a widget may get other letters."""


_LOOK_MS, _LOOKS = 250, 40
"""After another size was chosen the letters are looked at so often: not each way to dress a widget tells of it."""


class _Letters(QObject):
    """Watches the letters of its widget."""

    def __init__(self, widget: QWidget, work: Callable[[], object]) -> None:
        super().__init__(widget)
        self._widget, self._work, self._font = widget, work, widget.font()
        self._left = 0
        self._again = QTimer(self, interval=_LOOK_MS)
        self._again.timeout.connect(self._look_on)
        _SIZE.changed.connect(self._expect)
        widget.installEventFilter(self)

    def _expect(self) -> None:
        self._left = _LOOKS
        self._again.start()

    def _look_on(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self._again.stop()
        self._look()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at the letters once all that is under way was done."""
        if event.type() in _DRESSED:
            next_turn(self, self._look)
        return super().eventFilter(watched, event)

    def _look(self) -> None:
        if (font := self._widget.font()) != self._font:
            self._font = font
            self._work()


def when_letters_change(widget: QWidget, work: Callable[[], object]) -> None:
    """Do ``work`` whenever a widget has got other letters: a window is dressed bit by bit after the size was changed.

    What was reckoned before from how wide words are would stay: too narrow for larger letters, too wide for smaller.
    """
    _Letters(widget, work)


def open_large(window: QWidget, width: int, height: int) -> None:
    """Give a dialog its first size, given for the usual size of text, as far as there is room for it.

    That of a part of a window, such as a list that is opened in it, is bound by the window.
    """
    room = window.screen().availableSize() if window.isWindow() else window.window().size()
    usual = QSize(width, height)
    window.resize((usual * growth()).boundedTo((room * 0.95).expandedTo(usual)))
    if window.isWindow():
        _Large(window, usual)


class _Large(QObject):
    """Gives a dialog that is open the size for other text, and moves it back onto the screen where it went past it."""

    def __init__(self, window: QWidget, usual: QSize) -> None:
        super().__init__(window)
        self._window, self._usual, self._given, self._growth = window, usual, window.size(), growth()
        _SIZE.changed.connect(self.follow)

    def follow(self) -> None:
        """Resize it; what a hand made larger or smaller stays so in proportion."""
        window, room = self._window, self._window.screen().availableGeometry()
        if window.size() != self._given:
            self._usual = window.size() / self._growth
        most = (room.size() * 0.95).expandedTo(self._usual)
        window.resize((self._usual * growth()).boundedTo(most))
        self._given, self._growth = window.size(), growth()
        frame = window.frameGeometry()
        beyond = frame.bottomRight() - room.bottomRight()
        if window.isVisible() and (beyond.x() > 0 or beyond.y() > 0):
            left, top = frame.left() - max(beyond.x(), 0), frame.top() - max(beyond.y(), 0)
            window.move(max(left, room.left()), max(top, room.top()))
