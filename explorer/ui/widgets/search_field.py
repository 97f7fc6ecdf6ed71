"""The field that a list is narrowed by."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit


def search_field(words: str, title: str = "") -> QLineEdit:
    """Return an empty field in which ``words`` invite to type; ``title``: its name, where that is not what they say."""
    field = QLineEdit()
    field.setPlaceholderText(words)
    field.setAccessibleName(title or words)
    field.setClearButtonEnabled(True)
    return field
