"""Asking a question in a box of its own, without holding anything else up."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton, QWidget


class Asks:
    """For what asks one question at a time: the box while it is open, which is gone once it is answered."""

    question: QMessageBox | None = None

    def open_question(self, box: QMessageBox) -> None:
        """Ask."""
        box.finished.connect(self.forget_question)
        self.question = box
        box.open()

    def forget_question(self) -> None:
        """Ask no longer."""
        if self.question is not None:
            self.question.hide()
            self.question.deleteLater()
            self.question = None


def question_box(
    parent: QWidget, title: str, text: str, details: str, icon: QMessageBox.Icon = QMessageBox.Icon.Question
) -> QMessageBox:
    """Return a box with a question in plain text and its details below, without buttons yet."""
    box = QMessageBox(parent)
    box.setIcon(icon)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(details)
    for label in box.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)
    return box


def offer_removal(box: QMessageBox, remove: str, keep: str) -> QPushButton:
    """Add the button that removes something for good, which is returned, and one that keeps it, as Escape does."""
    removing = box.addButton(remove, QMessageBox.ButtonRole.DestructiveRole)
    keeping = box.addButton(keep, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keeping)
    box.setEscapeButton(keeping)
    return removing
