"""Every text that a window shows or says: of labels, buttons, menus, lists, tables, tips, and to screen readers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyqtgraph as pg
from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPlainTextEdit,
    QTabBar,
    QWidget,
)  # fmt: skip

ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
ROWS = 60
"""So many rows of a list or table are looked at."""
ENGLISH = re.compile(
    r"\b(the|of|with|is|are|not|this|that|which|from|what|nothing|every|each|for|by|to|has|have|where|when|than|their"
    r"|here|there|items?|pictures?|classes|neighbou?rs?|nearest|held-out|step|until|again|triplets|runs?)\b",
    re.IGNORECASE,
)
"""Words that no German text of ours has."""


def texts_of(root: QWidget) -> Iterator[tuple[str, str]]:
    """Yield each text below a widget with where it is: the class and name of what has it."""
    for widget in (root, *root.findChildren(QWidget)):
        if widget.objectName().startswith("qt_dockwidget"):
            continue  # the buttons of Qt's own title bars, which are never shown
        where = f"{type(widget).__name__} {widget.objectName()}".strip()
        for text in (*_own(widget), *_said(widget)):
            if text:
                yield text, where
    for action in root.findChildren(QAction):
        for text in (action.text(), action.toolTip(), action.statusTip()):
            if text:
                yield text, f"action {action.objectName()}"


def _said(widget: QWidget) -> Iterator[str]:
    yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.statusTip())
    if widget.isWindow() or isinstance(widget, QDockWidget):
        yield widget.windowTitle()


def _own(widget: QWidget) -> Iterator[str]:
    match widget:
        case QLabel() | QAbstractButton():
            yield widget.text()
        case QLineEdit():
            yield from (widget.placeholderText(), widget.text())
        case QComboBox():
            yield from (widget.itemText(row) for row in range(min(widget.count(), ROWS)))
        case QTabBar():
            yield from (widget.tabText(tab) for tab in range(widget.count()))
        case QPlainTextEdit():
            yield widget.placeholderText()
        case QMenu():
            yield widget.title()
        case pg.PlotWidget():
            yield from (axis["item"].labelText for axis in widget.getPlotItem().axes.values())
        case QAbstractItemView() if widget.model() is not None:
            columns = 1 if isinstance(widget, QListView) else widget.model().columnCount(QModelIndex())
            yield from _cells(widget.model(), min(columns, ROWS))
        case _:
            pass


def _cells(model: QAbstractItemModel, columns: int) -> Iterator[str]:
    for column in range(columns):
        yield str(model.headerData(column, Qt.Orientation.Horizontal) or "")
        for row in range(min(model.rowCount(QModelIndex()), ROWS)):
            yield from (str(model.index(row, column).data(role) or "") for role in ROLES)


def english(text: str) -> bool:
    """Return whether a text is English rather than German; paths, names of settings and of products are neither."""
    return bool(ENGLISH.search(re.sub(r"<[^>]+>|/\S+|Qt for Python|Linux-\S+", " ", text)))
