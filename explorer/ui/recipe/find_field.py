"""The fields of the recipe as places that can be searched for and gone to, wherever they are in the form."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QScrollArea, QWidget

from explorer.ui.recipe.recipe_panel import RecipePanel
from explorer.ui.session.commands import Place
from explorer.ui.widgets.fields.base import Field
from explorer.ui.widgets.language import said, tr

MARGIN = 24
"""Pixels of the form that are in sight above and below a field that was gone to."""


def places_of(panel: RecipePanel) -> list[Place]:
    """Return the fields that mean something with the present recipe."""
    fields = {path: field for form in panel.forms.values() for path, field in form.fields.items()} | panel.general
    return [_place(panel, path, field) for path, field in fields.items() if not _left_out(panel, field)]


def _place(panel: RecipePanel, path: str, field: Field) -> Place:
    editor = field.focusProxy() or field
    title = said(path.capitalize()) if path in panel.general else editor.accessibleName()
    tip = str(field.property("help"))
    choices = [editor.itemText(row) for row in range(editor.count())] if isinstance(editor, QComboBox) else []
    return Place(
        tr("Recipe: {title}", title=title),
        " · ".join((path.replace(".", " ").replace("_", " "), tip, *choices)),
        tip,
        partial(go_to, panel, field),
    )


def _left_out(panel: RecipePanel, field: Field) -> bool:
    """Return whether a field is hidden, other than by what a person has folded."""
    widget: QWidget | None = field
    while widget is not None and widget is not panel:
        if widget.isHidden() and widget is not panel.more and widget is not panel.body:
            return True
        widget = widget.parentWidget()
    return False


def go_to(panel: RecipePanel, field: Field) -> None:
    """Show the field and give it the focus."""
    panel.come_forward()
    if panel.more.isAncestorOf(field):
        panel.fold.setChecked(True)
    widget = field.parentWidget()
    while widget is not None and not isinstance(widget, QScrollArea):
        widget = widget.parentWidget()
    field.setFocus(Qt.FocusReason.ShortcutFocusReason)
    if widget is not None:
        if (inside := widget.widget()) is not None and (laid := inside.layout()) is not None:
            laid.activate()  # what was folded has its place only now
        widget.ensureWidgetVisible(field, MARGIN, MARGIN)
