"""A tip that stands clear of what it is about, for what says something while the pointer moves over it."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

GAP = 4
LABEL = "qtooltip_label"
"""What Qt calls the window of its tips."""


def tip_above(widget: QWidget, x: float, text: str) -> None:
    """Show a tip above the whole widget, from this x of it on; below it where the screen has no room above.

    A tip is a window, which takes every click on what it covers: one that Qt places itself, by the size of the
    pointer, may lie under the pointer as soon as it has two lines.
    """
    QToolTip.showText(widget.mapToGlobal(QPoint(round(x), 0)), text, widget)
    for label in QApplication.topLevelWidgets():
        if label.objectName() == LABEL and label.isVisible():
            top = widget.mapToGlobal(QPoint(0, 0)).y()
            above = top - GAP - label.height()
            room = label.screen().availableGeometry().top()
            label.move(label.x(), above if above >= room else top + widget.height() + GAP)
