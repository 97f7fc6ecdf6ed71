"""The field for free text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCompleter

from explorer.core.errors import UserError
from explorer.core.registry import Scalar
from explorer.ui.widgets.fields.base import Field
from explorer.ui.widgets.fields.checked_edit import CheckedEdit
from explorer.ui.widgets.language import said


def anything(_text: str) -> None:
    """Let every text pass."""


class TextField(Field):
    """Free text, checked while it is typed: ``changed`` carries only what ``check`` lets pass."""

    def __init__(self, check: Callable[[str], object] = anything) -> None:
        """Make a field; ``check`` raises ``UserError`` where a text cannot be the value."""
        super().__init__()
        self._check = check
        self.edit = CheckedEdit()
        self.edit.textEdited.connect(lambda _text: self._look())
        self.edit.editingFinished.connect(self._finish)
        self.edit.given_up.connect(self._give_up)
        self._last = ""
        self.add(self.edit)

    def _look(self) -> bool:
        """Show whether what is typed can be taken, and tell why not."""
        problem = ""
        try:
            self._check(self.edit.text())
        except UserError as error:
            problem = said(str(error))
        self.edit.mark(bool(problem))
        self.invalid.emit(problem)
        return not problem

    def _finish(self) -> None:
        if self.edit.text() != self._last and self._look():
            self._last = self.edit.text()
            self.edit.setModified(False)
            self.changed.emit(self._last)

    def _take(self, text: str) -> None:
        """Take what was chosen of the texts that are offered."""
        self.edit.setText(text)
        self._finish()

    def _give_up(self) -> None:
        self.set_value(self._last)
        self.invalid.emit("")

    def suggest(self, texts: Sequence[str], empty: str) -> None:
        """Offer some texts, all or by what is typed; ``empty``: what stands in the field while there is none."""
        completer = QCompleter(list(texts), self.edit)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.activated.connect(self._take)
        self.edit.setCompleter(completer if texts else None)  # type: ignore[arg-type]  # None takes it away
        self.edit.setPlaceholderText(empty)

    def value(self) -> str:
        """Return the last value that was taken."""
        return self._last

    def set_value(self, value: Scalar) -> None:
        """Show a value without telling of a change."""
        self._last = str(value)
        self.edit.setText(self._last)
        self.edit.mark(False)
