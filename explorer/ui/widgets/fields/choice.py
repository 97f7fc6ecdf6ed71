"""Fields to choose in: one of a few, and yes or no."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, Qt
from PySide6.QtGui import QHelpEvent, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
    QWidget,
)

from explorer.core.registry import Scalar
from explorer.ui.widgets.fields.base import Field
from explorer.ui.widgets.fields.choice_search import ChoiceSearch
from explorer.ui.widgets.text import broken, elided, plain_tip

LIST_MARGIN = 36
"""What padding and scroll bar of an opened list take beside its titles."""
SEARCHED = 12
"""From so many entries on there is a line to search among them."""
LEAST_CHOICE = 96
"""Pixels of a choice in a narrow panel: what it says is elided, its list is not."""


class Combo(QComboBox):
    """A combo box that shortens its text with an ellipsis instead of cutting it; a long list can be searched."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search: ChoiceSearch | None = None

    def showPopup(self) -> None:
        """Open the list, as wide as its longest title, with a line to search in it where it is long."""
        self.view().setMinimumWidth(max(self.width(), self.view().sizeHintForColumn(0) + LIST_MARGIN))
        if self.search is None and self.count() >= SEARCHED:
            self.search = ChoiceSearch(self)
        super().showPopup()
        if self.search is not None:
            self.search.begin()

    def event(self, event: QEvent) -> bool:
        """Say the whole text in the tip where it is shortened, before what the field says."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            around: QWidget | None = self
            while around is not None and not around.toolTip():
                around = around.parentWidget()
            tip = "" if around is None else around.toolTip()
            if self.shown_text() != self.currentText() and self.currentText() not in tip:
                QToolTip.showText(event.globalPos(), _before(self.currentText(), tip), self)
                return True
        return super().event(event)

    def shown_text(self) -> str:
        """Return the text as it is painted at the present width."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        return elided(self.currentText(), self.font(), room.width() - 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint with the shortened text."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = self.shown_text()
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


def _before(text: str, tip: str) -> str:
    """Return a tip that says a text first, and then what it said."""
    if not tip.startswith("<qt>"):
        return plain_tip(f"{text}\n{tip}".strip())
    return f"<qt>{html.escape(text, quote=False)}<br>{tip.removeprefix('<qt>')}"


class ChoiceField(Field):
    """One of a few; each choice has a title, a tip, and may be switched off."""

    def __init__(self, choices: Sequence[tuple[str, str, str, bool]]) -> None:
        """``choices``: value, title, tip, and whether it can be chosen."""
        super().__init__()
        self.combo = Combo()
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(6)
        self._choices = tuple(choices)
        for value, title, _tip, _available in choices:
            self.combo.addItem(title, value)
        self.refuse({})
        self.combo.currentIndexChanged.connect(lambda _: self.changed.emit(self.value()))
        self.add(self.combo)

    def refuse(self, reasons: Mapping[str, str]) -> None:
        """Switch those values off that cannot be meant now, and let their tips say why; the others are as they were."""
        for place, (value, _title, tip, available) in enumerate(self._choices):
            reason = reasons.get(value, "")
            self.combo.setItemData(place, plain_tip(broken(reason) if reason else tip), Qt.ItemDataRole.ToolTipRole)
            usable = None if available and not reason else 0  # the flags of the item: those of any, or none
            self.combo.setItemData(place, usable, Qt.ItemDataRole.UserRole - 1)

    def value(self) -> str:
        """Return the value shown."""
        return str(self.combo.currentData())

    def set_value(self, value: Scalar) -> None:
        """Show a value without telling of a change."""
        with QSignalBlocker(self.combo):
            self.combo.setCurrentIndex(max(0, self.combo.findData(str(value))))


class BoolField(Field):
    """Yes or no."""

    def __init__(self) -> None:
        super().__init__()
        self.box = QCheckBox()
        self.box.toggled.connect(lambda on: self.changed.emit(bool(on)))
        self.add(self.box)

    def value(self) -> bool:
        """Return the value shown."""
        return self.box.isChecked()

    def set_value(self, value: Scalar) -> None:
        """Show a value without telling of a change."""
        with QSignalBlocker(self.box):
            self.box.setChecked(bool(value))
