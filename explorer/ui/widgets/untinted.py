"""Rows whose pictures look the same where a row is selected: a style lays its colour over them otherwise."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from explorer.ui.widgets.row_table import Index

MODES = (QIcon.Mode.Normal, QIcon.Mode.Active, QIcon.Mode.Selected, QIcon.Mode.Disabled)


class Untinted(QStyledItemDelegate):
    """Draws rows as ever, and the pixmap of each as it is."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Give all modes the one picture."""
        super().initStyleOption(option, index)
        picture = index.data(int(Qt.ItemDataRole.DecorationRole))
        if isinstance(picture, QPixmap):
            option.icon = plain_icon(picture)


def plain_icon(picture: QPixmap) -> QIcon:
    """Return an icon that is this picture, whether it is selected, switched off or neither."""
    made = QIcon()
    for mode in MODES:
        made.addPixmap(picture, mode)
    return made
