"""What can be chosen, written to or changed in a window at the moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import shiboken6
from PySide6.QtCore import QMimeData, QPoint, QUrl
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QMenu,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)  # fmt: skip

FIELDS: tuple[type[QWidget], ...] = (QComboBox, QAbstractSpinBox, QSlider, QAbstractButton, QAbstractItemView)

Thing = TypeVar("Thing")
Kind = TypeVar("Kind", bound=QWidget)


def nth(things: Sequence[Thing], which: int) -> Thing | None:
    """Return one of the things, None where there is none."""
    return things[which % len(things)] if things else None


def there(widget: QWidget) -> bool:
    """Return whether a widget was not deleted by Qt."""
    return shiboken6.isValid(widget)


def entries(menu: QMenu) -> list[QAction]:
    """Return what can be chosen in a menu and those inside it."""
    found: list[QAction] = []
    for entry in menu.actions():
        inner = entry.menu()
        if isinstance(inner, QMenu):
            inner.aboutToShow.emit()  # some are filled only now
            found.extend(entries(inner))
        elif entry.isEnabled() and entry.isVisible() and not entry.isSeparator():
            found.append(entry)
    return found


def urls(path: str) -> QMimeData:
    """Return a path as it is dropped or pasted."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(path)])
    return mime


def usable(inside: QWidget, *kinds: type[Kind]) -> list[Kind]:
    """Return the widgets of some kinds that can be seen and are on."""
    return [one for kind in kinds for one in inside.findChildren(kind) if one.isVisible() and one.isEnabled()]


def change(widget: QWidget, value: float) -> None:
    """Choose, step, move, press or go to a row, by a number between 0 and 1."""
    if isinstance(widget, QComboBox):
        widget.setCurrentIndex(round(value * max(0, widget.count() - 1)))
    elif isinstance(widget, QAbstractSpinBox):
        widget.stepBy(round((value - 0.5) * 20))
    elif isinstance(widget, QSlider):
        widget.setValue(round(widget.minimum() + value * (widget.maximum() - widget.minimum())))
    elif isinstance(widget, QPushButton | QToolButton) and (menu := widget.menu()) is not None:
        menu.popup(widget.mapToGlobal(QPoint()))
    elif isinstance(widget, QAbstractButton):
        widget.click()
    elif isinstance(widget, QAbstractItemView) and (model := widget.model()) is not None and model.rowCount():
        index = model.index(round(value * (model.rowCount() - 1)), 0)
        widget.setCurrentIndex(index)
        widget.activated.emit(index)
