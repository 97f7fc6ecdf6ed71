"""What floats on the map to choose its layout: a button that says what it is, and the box that it opens."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from explorer.ui.map.dimensions_slider import DimensionsSlider
from explorer.ui.map.floating_box import Floating
from explorer.ui.widgets.fields.choice import ChoiceField
from explorer.ui.widgets.forms import PartForm, Rows
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import PlainLabel
from explorer.ui.widgets.text_size import keep_size, scaled
from explorer.ui.widgets.theme import ThemeManager

WIDTH = 292
GAP = 6


class LayoutButton(Floating):
    """Says how the map is laid out, and opens the box in which that is chosen."""

    def __init__(self, themes: ThemeManager, canvas: QWidget) -> None:
        super().__init__(themes, canvas, tr("Layout of the map"))
        self.button = QPushButton(self)
        self.button.setProperty("kind", "fold")
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 1, 4, 1)
        row.addWidget(self.button)

    def show_method(self, title: str, waiting: bool, dimensions: int = 0) -> None:
        """Say which method is chosen, whether the map still waits for it, and of how many numbers; 0: of all."""
        if dimensions:
            title = tr("{title}, {dimensions} dims", title=title, dimensions=dimensions)
        text = tr("Layout: {title}{waiting} ▾", title=title.replace("&", "&&"), waiting=" …" if waiting else "")
        if text != self.button.text():
            self.button.setText(text)
            self.button.setAccessibleName(tr("Layout: {title}", title=title))
            self.adjustSize()
            self.refitted.emit()


class LayoutBox(Floating):
    """The box below the button; Esc closes it. It stays open while the map is watched."""

    def __init__(self, themes: ThemeManager, canvas: QWidget) -> None:
        super().__init__(themes, canvas, tr("How the map is laid out"))
        self.form: PartForm | None = None
        self.distance: ChoiceField | None = None
        self.settle = _button(tr("Settle"), tr("Let the map come to rest"))
        self.freeze = _button(tr("Freeze"), tr("Hold the whole map still, or let it move again"))
        self.freeze.setCheckable(True)
        self.hold = _button(tr("Selected"), tr("Hold the selected items still while the others move"))
        self.hold_class = _button(tr("Class"), tr("Hold every item of the classes of the selection still"))
        self.let_go = _button(tr("Let all go"), tr("Let what is held still move again"))
        for button, name in (
            (self.hold, tr("Hold the selection still")),
            (self.hold_class, tr("Hold its classes still")),
        ):
            button.setAccessibleName(name)
        self.dimensions = DimensionsSlider()
        self.held = PlainLabel("", role="caption")
        self.note = PlainLabel(tr("Getting the methods ready…"), role="caption")
        self.problem = PlainLabel("", role="error")
        self.missing = PlainLabel("", role="caption", selectable=True)
        self.close_button = QToolButton()
        self.close_button.setText("✕")
        self.close_button.setAutoRaise(True)
        self.close_button.setAccessibleName(tr("Close"))
        self.close_button.setToolTip(tr("Close  (Esc)"))
        for label in (self.note, self.problem, self.missing):
            label.setWordWrap(True)
        self._column = QVBoxLayout(self)
        self.fitting = QTimer(self, interval=0, singleShot=True)
        self._build()
        keep_size(self, width=WIDTH)
        self.hide()

    def _build(self) -> None:
        column = self._column
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(_row(PlainLabel(tr("Layout of the map"), role="title"), None, self.close_button))
        self._forms = QVBoxLayout()
        self._forms.setSpacing(GAP)
        column.addLayout(self._forms)
        for label in (self.problem, self.note, self.missing):
            column.addWidget(label)
            label.setVisible(bool(label.text()))
        column.addLayout(_row(self.settle, self.freeze))
        column.addWidget(self.dimensions)
        column.addLayout(_row(PlainLabel(tr("Hold still"), role="section"), None, self.held))
        column.addLayout(_row(self.hold, self.hold_class, self.let_go))

    def fill(self, form: PartForm, distance: ChoiceField) -> None:
        """Put in the form of the methods and the choice of the distance, once they are loaded."""
        self.form, self.distance = form, distance
        self._forms.addWidget(form)
        self._forms.addWidget(form.more)
        rows = Rows()
        rows.add(tr("Distance"), distance, tr("By which distance the map chooses neighbours"))
        distance.name(tr("Distance of the map"), tr("By which distance the map chooses neighbours"))
        self._forms.addWidget(rows)

    def say(self, label: PlainLabel, text: str) -> None:
        """Show a line, or hide it where it says nothing."""
        label.setText(text)
        label.setVisible(bool(text))
        self.take_size()
        self.fitting.start()  # fields of another method are shown, and counted, only when the events have been seen to

    def take_size(self) -> None:
        """Take as much room as is needed."""
        self._column.activate()
        wraps = self._column.hasHeightForWidth()
        width = scaled(WIDTH)
        self.resize(width, self._column.totalHeightForWidth(width) if wraps else self._column.totalSizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Esc; no key reaches the map from here."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            parent = self.parentWidget()
            if parent is not None:
                parent.setFocus(Qt.FocusReason.OtherFocusReason)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Keep the wheel from zooming the map."""
        event.accept()


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAccessibleDescription(tip)
    return button


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    """Return widgets beside each other; None: room that stretches."""
    row = QHBoxLayout()
    row.setSpacing(GAP)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget)
    return row
