"""The field of a parameter that is a formula of losses."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton

from explorer.core.errors import UserError
from explorer.core.registry import Entry, ParameterInfo, Scalar, catalogue
from explorer.ui.widgets.fields.base import Field
from explorer.ui.widgets.fields.checked_edit import CheckedEdit
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.text_size import keep_size

LONGEST_PROBLEM = 160
"""Characters of a problem that may say what is allowed, too: the menu says that of losses."""


def family_of(entry: Entry) -> str:
    """Return the heading under which a part is listed."""
    return said(getattr(entry.part, "family", "")) or tr("Others")


class FormulaField(Field):
    """A formula such as ``triplet + 0.1*softmax``: checked while it is typed, with a menu of losses to add.

    ``changed`` carries only formulas that ``check`` lets pass; while one is wrong, ``invalid`` says why.
    """

    wide = True

    def __init__(self, info: ParameterInfo, check: Callable[[str], object]) -> None:
        """Make a field; the losses have to be loaded.

        Parameters
        ----------
        check: raises ``UserError`` where a text cannot be the value.
        """
        super().__init__()
        self._check = check
        self._one = info.syntax == "loss"
        self._last = ""
        self.edit = CheckedEdit()
        keep_size(self.edit, least_width=48)
        self.edit.textEdited.connect(lambda _text: self._look())
        self.edit.editingFinished.connect(self._finish)
        self.edit.given_up.connect(self._give_up)
        self.button = QToolButton()
        self.button.setText("+")
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.button.clicked.connect(self._open)
        self.menu = QMenu(self.button)
        self.menu.setToolTipsVisible(True)
        self.row.setSpacing(4)
        self.add(self.edit)
        self.row.addWidget(self.button)
        self.set_value(info.default)

    def name(self, name: str, tip: str) -> None:
        """Set what a screen reader and the tooltip say."""
        super().name(name, tip)
        label = tr("Choose a loss") if self._one else tr("Add a loss")
        self.button.setToolTip(label)
        self.button.setAccessibleName(f"{label}: {name}")
        self.button.setAccessibleDescription("")

    def value(self) -> str:
        """Return the last formula that was taken."""
        return self._last

    def set_value(self, value: Scalar) -> None:
        """Show a formula without telling of a change; what is being typed stays where it still is the last one."""
        if value == self._last and self.edit.isModified() and self.edit.hasFocus():
            return
        self._last = str(value)
        self.edit.setText(self._last)  # and is not modified any more
        self.edit.setToolTip(self._last)  # which is often longer than the field
        self.edit.setCursorPosition(0)
        self.edit.mark(False)

    def fill_menu(self) -> list[QAction]:
        """Fill the menu with the losses that may stand here."""
        self.menu.clear()
        families: dict[str, QMenu] = {}
        actions: list[QAction] = []
        entries = [entry for entry in catalogue("loss").values() if entry.available and not self._problem(entry.name)]
        for entry in sorted(entries, key=lambda entry: (family_of(entry), entry.title.casefold())):
            family = family_of(entry)
            if family not in families:
                families[family] = self.menu.addMenu(family)
                families[family].setToolTipsVisible(True)
            action = families[family].addAction(said(entry.title))
            action.setToolTip(said(entry.summary))
            action.triggered.connect(lambda _on=False, name=entry.name: self._append(name))
            actions.append(action)
        return actions

    def _open(self) -> None:
        self.fill_menu()
        self.menu.popup(self.button.mapToGlobal(QPoint(0, self.button.height())))

    def _append(self, loss: str) -> None:
        before = self.edit.text().strip().removesuffix("+").strip()
        self.edit.setText(loss if self._one or not before else f"{before} + {loss}")
        self.edit.setModified(True)
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self._finish()

    def _problem(self, text: str) -> str:
        try:
            self._check(text)
        except UserError as error:
            return str(error) if len(str(error)) <= LONGEST_PROBLEM else error.message
        return ""

    def _look(self) -> str:
        """Show whether what is typed is wrong; return and tell why."""
        problem = self._problem(self.edit.text())
        self.edit.mark(bool(problem))
        self.invalid.emit(problem)
        return problem

    def _finish(self) -> None:
        if self.edit.text() != self._last and not self._look():
            self._last = self.edit.text()
            self.edit.setModified(False)
            self.edit.setToolTip(self._last)
            self.changed.emit(self._last)

    def _give_up(self) -> None:
        self.edit.setText(self._last)
        self.edit.mark(False)
        self.invalid.emit("")
