"""The fields of a form: one widget for each type of parameter, all with ``value``, ``set_value`` and ``changed``."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from explorer.core.registry import ParameterInfo, Scalar
from explorer.ui.text import elided, number_font

DRAG_MS = 80
"""While a slider is dragged its value is told about twelve times a second, and once more when it is let go."""

_INT_LIMIT = 2**31 - 1


class WheelGuard(QObject):
    """Keeps the mouse wheel from changing a field that only lies under the pointer while the panel is scrolled."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pass the wheel on unless the field has the focus."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class Field(QWidget):
    """A value that a person can change. ``changed`` carries the new value, ``invalid`` one sentence about bad input."""

    changed = Signal(object)
    invalid = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._guard = WheelGuard(self)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(8)

    def add(self, editor: QWidget, stretch: int = 1) -> None:
        """Put an editor into the field; the first one gets the focus of the field."""
        editor.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        editor.installEventFilter(self._guard)
        if self.focusProxy() is None:
            self.setFocusProxy(editor)
        self.row.addWidget(editor, stretch)

    def name(self, name: str, tip: str) -> None:
        """Set what a screen reader and the tooltip say."""
        self.setToolTip(tip)
        for editor in self.findChildren(QWidget):
            editor.setAccessibleName(name)
            editor.setAccessibleDescription(tip)

    def value(self) -> Scalar:
        """Return the value shown."""
        raise NotImplementedError

    def set_value(self, value: Scalar) -> None:
        """Show a value without telling of a change."""
        raise NotImplementedError


class Combo(QComboBox):
    """A combo box that shortens its text with an ellipsis instead of cutting it."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint with the shortened text."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        option.currentText = elided(self.currentText(), self.font(), room.width() - 2)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class ChoiceField(Field):
    """One of a few; each choice has a title, a tip, and may be switched off."""

    def __init__(self, choices: Sequence[tuple[str, str, str, bool]]) -> None:
        """``choices``: value, title, tip, and whether it can be chosen."""
        super().__init__()
        self.combo = Combo()
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(6)
        for place, (value, title, tip, available) in enumerate(choices):
            self.combo.addItem(title, value)
            self.combo.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
            if not available:
                self.combo.setItemData(place, 0, Qt.ItemDataRole.UserRole - 1)  # the flags of the item: none
        self.combo.currentIndexChanged.connect(lambda _: self.changed.emit(self.value()))
        self.add(self.combo)

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


class IntField(Field):
    """A whole number."""

    def __init__(self, minimum: float | None, maximum: float | None, *, zero: str = "") -> None:
        """``zero``: what is shown instead of the least value, for example ``auto``."""
        super().__init__()
        self.spin = QSpinBox()
        self.spin.setRange(
            -_INT_LIMIT if minimum is None else int(minimum), _INT_LIMIT if maximum is None else int(maximum)
        )
        self.spin.setKeyboardTracking(False)
        self.spin.setFont(number_font())
        self.spin.setMinimumWidth(48)
        self.spin.lineEdit().setTextMargins(6, 0, 0, 0)  # the style sheet's padding does not reach the text
        if zero:
            self.spin.setSpecialValueText(zero)
        self.spin.valueChanged.connect(lambda value: self.changed.emit(int(value)))
        self.add(self.spin)

    def value(self) -> int:
        """Return the value shown."""
        return self.spin.value()

    def set_value(self, value: Scalar) -> None:
        """Show a value without telling of a change."""
        with QSignalBlocker(self.spin):
            self.spin.setValue(int(value))


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


class NumberEdit(QLineEdit):
    """A number as text; arrow keys step it, Return takes it, Escape puts the last one back."""

    entered = Signal(float)
    refused = Signal(str)

    def __init__(self, info: ParameterInfo) -> None:
        super().__init__()
        self._info = info
        self._value = float(info.default)
        self.setProperty("role", "number")
        self.editingFinished.connect(self._finish)

    def number(self) -> float:
        """Return the last number that was taken."""
        return self._value

    def show_number(self, value: float) -> None:
        """Show a number."""
        self._value = value
        self.setText(written(value, self._info))
        self._mark("false")

    def _finish(self) -> None:
        if self.text() == written(self._value, self._info):
            self._mark("false")
            return
        try:
            value = float(self.text().strip().replace(",", "."))
        except ValueError:
            value = math.nan
        problem = out_of_range(value, self.text(), self._info)
        if problem:
            self._mark("true")
            self.refused.emit(problem)
        else:
            self.show_number(value)
            self.entered.emit(value)

    def _mark(self, invalid: str) -> None:
        if self.property("invalid") != invalid:
            self.setProperty("invalid", invalid)
            self.style().unpolish(self)
            self.style().polish(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with the arrow keys; Escape gives up what was typed."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(1 if event.key() == Qt.Key.Key_Up else -1)
        elif event.key() == Qt.Key.Key_Escape and self.text() != written(self._value, self._info):
            self.show_number(self._value)
            self.refused.emit("")
        else:
            super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        info = self._info
        value = self._value * 1.25**by if info.logarithmic else self._value + by * step_of(info)
        low = -math.inf if info.minimum is None else info.minimum
        high = math.inf if info.maximum is None else info.maximum
        value = min(high, max(low, float(f"{value:.6g}")))
        if value != self._value:
            self.show_number(value)
            self.entered.emit(value)


class NumberField(Field):
    """A number that has no useful slider: without bounds, or over several orders of magnitude."""

    def __init__(self, info: ParameterInfo) -> None:
        super().__init__()
        self.edit = NumberEdit(info)
        self.edit.entered.connect(lambda value: self.changed.emit(value))
        self.edit.refused.connect(self.invalid)
        self.add(self.edit)

    def value(self) -> float:
        """Return the value shown."""
        return self.edit.number()

    def set_value(self, value: Scalar) -> None:
        """Show a value without telling of a change."""
        self.edit.show_number(float(value))


class SliderField(Field):
    """A bounded number: a slider to feel it, and the number to read or type."""

    def __init__(self, info: ParameterInfo) -> None:
        super().__init__()
        assert info.minimum is not None
        assert info.maximum is not None
        self._low, self._step = info.minimum, step_of(info)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, max(1, round((info.maximum - info.minimum) / self._step)))
        self.slider.setPageStep(max(1, self.slider.maximum() // 10))
        self.edit = NumberEdit(info)
        self.edit.setFixedWidth(52)
        self.edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DRAG_MS)
        self._timer.timeout.connect(self._tell)
        self.slider.valueChanged.connect(self._on_slider)
        self.slider.sliderReleased.connect(self._tell)
        self.edit.entered.connect(self._on_entered)
        self.edit.refused.connect(self.invalid)
        self._told = self.edit.number()
        self.add(self.slider)
        self.add(self.edit, 0)

    def _on_slider(self, position: int) -> None:
        self.edit.show_number(round(self._low + position * self._step, 10))
        if not self._timer.isActive():
            self._timer.start()

    def _on_entered(self, value: float) -> None:
        self._place(value)
        self._tell()

    def _tell(self) -> None:
        self._timer.stop()
        if self.edit.number() != self._told:
            self._told = self.edit.number()
            self.changed.emit(self._told)

    def _place(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(round((value - self._low) / self._step))

    def value(self) -> float:
        """Return the value shown."""
        return self.edit.number()

    def set_value(self, value: Scalar) -> None:
        """Show a value without telling of a change."""
        if self._timer.isActive() or self.slider.isSliderDown():
            return  # the hand on the slider is newer than the answer that comes back
        self._told = float(value)
        self.edit.show_number(self._told)
        self._place(self._told)


class PairField(Field):
    """Two numbers in one row, for example classes × images of a batch."""

    def __init__(self, first: Field, second: Field, between: QWidget) -> None:
        super().__init__()
        self.first, self.second = first, second
        self.setFocusProxy(first)
        self.row.setSpacing(4)
        self.row.addWidget(first, 1)
        self.row.addWidget(between)
        self.row.addWidget(second, 1)

    def value(self) -> str:
        """Return both, as text."""
        return f"{self.first.value()} × {self.second.value()}"

    def set_value(self, value: Scalar) -> None:
        """Do nothing: the two fields are set on their own."""


class Column(QWidget):
    """A plain column of widgets without margins."""

    def __init__(self, spacing: int = 0) -> None:
        super().__init__()
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(spacing)


def step_of(info: ParameterInfo) -> float:
    """Return the step of a float parameter, 0.01 where it says none."""
    return info.step or 0.01


def written(value: float, info: ParameterInfo) -> str:
    """Return a number as its field shows it: ``0.20``, ``1.0e-3``; never shorter than needed to read it back."""
    if info.logarithmic:
        mantissa, _, exponent = f"{value:.1e}".partition("e")
        text = f"{mantissa}e{int(exponent)}"
    else:
        text = f"{value:.{max(0, -math.floor(math.log10(step_of(info))))}f}"
    return text if math.isclose(float(text), value, rel_tol=1e-9, abs_tol=1e-12) else f"{value:.10g}"


def out_of_range(value: float, text: str, info: ParameterInfo) -> str:
    """Return one sentence about why a number cannot be taken, empty if it can."""
    name = info.name.replace("_", " ")
    if not math.isfinite(value):
        return f"“{text}” is not a number for {name}"
    if info.minimum is not None and value < info.minimum:
        return f"{name.capitalize()} must be at least {info.minimum:g}"
    if info.maximum is not None and value > info.maximum:
        return f"{name.capitalize()} must be at most {info.maximum:g}"
    return ""


def has_slider(info: ParameterInfo) -> bool:
    """Return whether a slider fits: bounds on both sides, a default on its steps, and not too many of them."""
    if info.minimum is None or info.maximum is None or info.logarithmic:
        return False
    steps = float(info.default) / step_of(info)
    return abs(steps - round(steps)) < 1e-6 and (info.maximum - info.minimum) / step_of(info) <= 10_000


def field_for(info: ParameterInfo) -> Field:
    """Return the field of a parameter, showing its default."""
    field: Field
    if info.type == "choice":
        field = ChoiceField([(choice, choice.replace("_", " ").capitalize(), "", True) for choice in info.choices])
    elif info.type == "bool":
        field = BoolField()
    elif info.type == "int":
        field = IntField(info.minimum, info.maximum, zero=info.zero)
    elif info.type == "float":
        field = SliderField(info) if has_slider(info) else NumberField(info)
    else:
        field = TextField()
    field.set_value(info.default)
    return field
