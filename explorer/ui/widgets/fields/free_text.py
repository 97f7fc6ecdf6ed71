"""The field for free text."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QLineEdit,
)

from explorer.core.registry import Scalar
from explorer.ui.widgets.fields.base import Field


class TextField(Field):
    """Free text."""

    def __init__(self) -> None:
        super().__init__()
        self.edit = QLineEdit()
        self.edit.editingFinished.connect(self._finish)
        self._last = ""
        self.add(self.edit)

    def _finish(self) -> None:
        if self.edit.text() != self._last:
            self._last = self.edit.text()
            self.changed.emit(self._last)

    def value(self) -> str:
        """Return the value shown."""
        return self.edit.text()

    def set_value(self, value: Scalar) -> None:
        """Show a value without telling of a change."""
        self._last = str(value)
        self.edit.setText(self._last)
