"""Fields for numbers: whole ones, and others with a slider where one fits."""

from __future__ import annotations

import math
import re

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QValidator
from PySide6.QtWidgets import (
    QLineEdit,
    QSlider,
    QSpinBox,
)

from explorer.core.registry import ParameterInfo, Scalar
from explorer.ui.widgets.fields.base import Field
from explorer.ui.widgets.language import localised, said, tr
from explorer.ui.widgets.text import count
from explorer.ui.widgets.text_size import keep_size

DRAG_MS = 80
"""While a slider is dragged its value is told about twelve times a second, and once more when it is let go."""

FINE = 150
"""A slider of more steps takes a row of its own: beside its label a step would be less than half a pixel."""

_INT_LIMIT = 2**31 - 1
_WHOLE = re.compile(r"[+-]?\d{1,12}")


class WholeSpin(QSpinBox):
    """A whole number with arrows. What is typed stands as it was typed, and is refused whole where it is none.

    Qt's own drops what it does not like: of ``12.5`` it makes 125, and of ``-3`` a 3.

    Signals
    -------
    refused(str): one sentence about what was typed, after what the number is called; the last number is back.
        Empty: something else is typed.
    """

    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._told = False
        self.setKeyboardTracking(False)
        self.lineEdit().textEdited.connect(lambda _text: self._tell(""))

    def _tell(self, problem: str) -> None:
        if problem or self._told:
            self._told = bool(problem)
            named = problem and self.accessibleName()
            self.refused.emit(f"{named}: {problem}" if named else problem)

    def _number(self, text: str) -> int | None:
        """Return the number that a text stands for, None where it is none or out of range."""
        words = text.strip()
        if words and words == self.specialValueText():
            return self.minimum()
        number = int(words) if _WHOLE.fullmatch(words) else None
        return number if number is not None and self.minimum() <= number <= self.maximum() else None

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Let everything be typed."""
        known = self._number(text) is not None
        return QValidator.State.Acceptable if known else QValidator.State.Intermediate, text, place

    def valueFromText(self, text: str) -> int:
        """Return the number that a text stands for."""
        number = self._number(text)
        return self.value() if number is None else number

    def textFromValue(self, value: int) -> str:
        """Return a number as it is typed: no language gives it other digits or another minus."""
        return str(value)

    def fixup(self, text: str) -> str:
        """Say why what was typed cannot be taken; the number before it comes back then."""
        least, most = (count(end) for end in (self.minimum(), self.maximum()))
        if not text.strip():
            return text
        if _WHOLE.fullmatch(text.strip()):
            self._tell(tr("{text} is not from {least} to {most}", text=text.strip(), least=least, most=most))
        else:
            self._tell(tr("“{text}” is not a whole number, such as 12 or 1000", text=text))
        return text


class IntField(Field):
    """A whole number."""

    def __init__(self, minimum: float | None, maximum: float | None, *, zero: str = "") -> None:
        """``zero``: what is shown instead of the least value, for example ``auto``."""
        super().__init__()
        self.spin = WholeSpin()
        self.spin.setRange(
            -_INT_LIMIT if minimum is None else int(minimum), _INT_LIMIT if maximum is None else int(maximum)
        )
        keep_size(self.spin, least_width=48)
        self.spin.lineEdit().setTextMargins(6, 0, 0, 0)  # the style sheet's padding does not reach the text
        if zero:
            self.spin.setSpecialValueText(said(zero))
        self.spin.valueChanged.connect(lambda value: self.changed.emit(int(value)))
        self.spin.refused.connect(self.invalid)
        self.add(self.spin)

    def value(self) -> int:
        """Return the value shown."""
        return self.spin.value()

    def set_value(self, value: Scalar) -> None:
        """Show a value without telling of a change."""
        with QSignalBlocker(self.spin):
            self.spin.setValue(int(value))


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
        self.setText(shown(value, self._info))
        self._mark("false")

    def _finish(self) -> None:
        if self.text() == shown(self._value, self._info):
            self._mark("false")
            return
        try:
            value = typed(self.text())
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

    def event(self, event: QEvent) -> bool:
        """Leave Ctrl+Z to the window where nothing was typed: it takes back the last number that was taken."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            undo = event.matches(QKeySequence.StandardKey.Undo) and not self.isUndoAvailable()
            redo = event.matches(QKeySequence.StandardKey.Redo) and not self.isRedoAvailable()
            if undo or redo:
                event.ignore()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with the arrow keys; Escape gives up what was typed."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(1 if event.key() == Qt.Key.Key_Up else -1)
        elif event.key() == Qt.Key.Key_Escape and self.text() != shown(self._value, self._info):
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
        self.wide = self.slider.maximum() > FINE
        self.slider.setPageStep(max(1, self.slider.maximum() // 10))
        self.edit = NumberEdit(info)
        longest = max((written(value, info) for value in (info.minimum, info.maximum, float(info.default))), key=len)
        keep_size(self.edit, width=max(52, 52 + 8 * (len(longest) - 4)))  # 8: a digit and what the style puts around it
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


def step_of(info: ParameterInfo) -> float:
    """Return the step of a float parameter, 0.01 where it says none."""
    return info.step or 0.01


def written(value: float, info: ParameterInfo) -> str:
    """Return a number as it is typed: ``0.20``, ``64``, ``1.0e-3``; not shorter than needed to read it back."""
    if info.logarithmic and 0.01 <= abs(value) < 1e5:
        text = f"{value:.2g}" if abs(value) < 100 else f"{value:.0f}"
    elif info.logarithmic:
        mantissa, _, exponent = f"{value:.1e}".partition("e")
        text = f"{mantissa}e{int(exponent)}"
    else:
        text = f"{value:.{max(0, -math.floor(math.log10(step_of(info))))}f}"
    return text if math.isclose(float(text), value, rel_tol=1e-9, abs_tol=1e-12) else f"{value:.10g}"


def shown(value: float, info: ParameterInfo) -> str:
    """Return a number as its field shows it in the language of the window: ``0,20``."""
    return localised(written(value, info))


def typed(text: str) -> float:
    """Return the number that a text stands for, with a point or a comma before its decimals in every language.

    Where it has both, the last of them is the one. ValueError where it is none.
    """
    words = text.strip().replace("−", "-")
    if "," in words and "." in words:
        words = words.replace(min(",.", key=words.rfind), "")
    return float(words.replace(",", "."))


def out_of_range(value: float, text: str, info: ParameterInfo) -> str:
    """Return one sentence about why a number cannot be taken, empty if it can."""
    words = info.name.replace("_", " ")
    if not math.isfinite(value):
        return tr("“{value}” is not a number for {name}", value=text, name=said(words))
    name = said(words.capitalize())
    if info.minimum is not None and value < info.minimum:
        return tr("{name} must be at least {minimum:g}", name=name, minimum=info.minimum)
    if info.maximum is not None and value > info.maximum:
        return tr("{name} must be at most {maximum:g}", name=name, maximum=info.maximum)
    return ""


def has_slider(info: ParameterInfo) -> bool:
    """Return whether a slider fits: bounds on both sides, a default on its steps, and not too many of them."""
    if info.minimum is None or info.maximum is None or info.logarithmic:
        return False
    steps = float(info.default) / step_of(info)
    return abs(steps - round(steps)) < 1e-6 and (info.maximum - info.minimum) / step_of(info) <= 10_000
