"""What every field is: a widget with ``value``, ``set_value`` and ``changed``; and two fields in a row."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from explorer.core.registry import Scalar
from explorer.ui.widgets.text import plain_tip


class WheelGuard(QObject):
    """Keeps the mouse wheel from changing a field that only lies under the pointer while the panel is scrolled."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pass the wheel on unless the field has the focus."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class Field(QWidget):
    """A value that a person can change. ``changed`` carries the new value, ``invalid`` one sentence about bad input.

    ``wide``: it takes a row of its own in a form, below its label.
    """

    wide: bool = False

    changed = Signal(object)
    invalid = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._guard = WheelGuard(self)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(8)

    def add(self, editor: QWidget, stretch: int = 1) -> None:
        """Put an editor into the field; the first one gets the focus of the field."""
        editor.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        editor.installEventFilter(self._guard)
        if self.focusProxy() is None:
            self.setFocusProxy(editor)
        self.row.addWidget(editor, stretch)

    def name(self, name: str, tip: str) -> None:
        """Set what a screen reader and the tooltip say."""
        self.setToolTip(plain_tip(tip))
        for editor in self.findChildren(QWidget):
            editor.setAccessibleName(name)
            editor.setAccessibleDescription(tip)

    def value(self) -> Scalar:
        """Return the value shown."""
        raise NotImplementedError

    def set_value(self, value: Scalar) -> None:
        """Show a value without telling of a change."""
        raise NotImplementedError


class PairField(Field):
    """Two numbers in one row, for example classes × images of a batch."""

    def __init__(self, first: Field, second: Field, between: QWidget) -> None:
        super().__init__()
        self.first, self.second = first, second
        self.setFocusProxy(first)
        self.row.setSpacing(4)
        self.row.addWidget(first, 1)
        self.row.addWidget(between)
        self.row.addWidget(second, 1)

    def value(self) -> str:
        """Return both, as text."""
        return f"{self.first.value()} × {self.second.value()}"

    def set_value(self, value: Scalar) -> None:
        """Do nothing: the two fields are set on their own."""


class Column(QWidget):
    """A plain column of widgets without margins."""

    def __init__(self, spacing: int = 0) -> None:
        super().__init__()
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(spacing)
