"""Contrast as WCAG 2 measures it: between two colours, and of texts to their ground in the pixels of a window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox, QLabel, QLineEdit, QTableView, QWidget

from explorer.ui.widgets.plot_legend import LegendEntry

LEAST, LEAST_LARGE = 4.5, 3.0
LARGE, LARGE_BOLD = 24, 18.66
"""Pixels from which letters are large."""
RATIO = 3
"""Pixels of the picture along one of the screen: the stems of small letters are then as dark as they are meant."""
LEAST_PIXELS = 6
"""A colour of a text has at least so many pixels: single ones are where shapes cross."""
Pixels = npt.NDArray[np.uint8]


def luminance(colour: QColor) -> float:
    """Return the relative luminance of WCAG 2."""
    return float(luminances(np.array([[colour.red(), colour.green(), colour.blue()]], np.uint8))[0])


def luminances(colours: Pixels) -> npt.NDArray[np.float64]:
    """Return the relative luminances of colours (N, 3)."""
    parts = colours / 255.0
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast of two colours, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@dataclass(frozen=True, slots=True)
class Text:
    """A text on screen: where it is in its window, what it says, and how much contrast it needs."""

    owner: str
    says: str
    place: QRect
    least: float


def picture_of(window: QWidget) -> Pixels:
    """Return a window (H, W, 3), ``RATIO`` times as fine as on screen."""
    image = QImage(window.size() * RATIO, QImage.Format.Format_RGB888)
    image.setDevicePixelRatio(RATIO)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    window.render(painter, QPoint(0, 0))
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def texts_of(window: QWidget) -> Iterator[Text]:
    """Yield the texts that are seen in a window; those of controls that are switched off need no contrast (1.4.3)."""
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or not widget.isEnabled() or widget.window() is not window.window():
            continue
        seen = widget.visibleRegion().boundingRect()
        for says, place in _said(widget):
            inside = place.intersected(seen)
            if says.strip() and inside.width() >= 4 and inside.height() >= place.height() * 0.8:
                font = widget.font()
                large = font.pixelSize() >= (LARGE_BOLD if font.bold() else LARGE)
                where = QRect(widget.mapTo(window, inside.topLeft()), inside.size())
                if not _on_top(window, widget, where.center()):
                    continue
                yield Text(type(widget).__name__, says, where, LEAST_LARGE if large else LEAST)


def _on_top(window: QWidget, widget: QWidget, place: QPoint) -> bool:
    """Return whether a widget is what is seen at a place: docks behind a tab lie beside the window or below others."""
    found = window.childAt(place)
    return found is not None and (found is widget or widget.isAncestorOf(found))


def _said(widget: QWidget) -> Iterator[tuple[str, QRect]]:
    match widget:
        case LegendEntry():
            yield f"{widget.name} {widget.value}", widget.rect().adjusted(16, 0, 0, 0)
        case QLabel() if not widget.pixmap() or widget.pixmap().isNull():
            yield widget.text(), widget.contentsRect()
        case QAbstractButton():
            yield widget.text(), widget.rect().adjusted(3, 3, -3, -3)
        case QLineEdit():
            yield widget.text() or widget.placeholderText(), widget.rect().adjusted(3, 3, -3, -3)
        case QComboBox():
            yield widget.currentText(), widget.rect().adjusted(3, 3, -24, -3)
        case QAbstractItemView() if widget.model() is not None:
            yield from _cells(widget)


def _cells(view: QAbstractItemView) -> Iterator[tuple[str, QRect]]:
    model, offset = view.model(), view.viewport().pos()
    for row in range(min(model.rowCount(QModelIndex()), 50)):
        for column in range(model.columnCount(QModelIndex()) if isinstance(view, QTableView) else 1):
            index = model.index(row, column)
            place = view.visualRect(index)
            text = index.data()
            if isinstance(text, str) and text and place.intersects(view.viewport().rect()):
                yield text, place.translated(offset).adjusted(1, 1, -1, -1)


def measured(picture: Pixels, text: Text) -> float:
    """Return the contrast between the commonest colour where a text is and the one that differs most from it."""
    place = text.place
    top, left = place.top() * RATIO, place.left() * RATIO
    part = picture[top : top + place.height() * RATIO, left : left + place.width() * RATIO].reshape(-1, 3)
    if not len(part):
        return float("inf")
    colours, counts = np.unique(part, axis=0, return_counts=True)
    light = luminances(colours)
    ground = light[counts.argmax()]
    ratio = (np.maximum(light, ground) + 0.05) / (np.minimum(light, ground) + 0.05)
    return float(ratio[counts >= LEAST_PIXELS].max())


def too_faint(window: QWidget) -> list[str]:
    """Return the texts of a window whose contrast is too low, with what was measured."""
    picture = picture_of(window)
    found = []
    for text in texts_of(window):
        ratio = measured(picture, text)
        if 1.0 < ratio < text.least - 0.05:  # 1: no letters there, the text is elsewhere or empty
            found.append(f"{ratio:.2f} < {text.least}: {text.owner} {text.says[:40]!r}")
    return found
