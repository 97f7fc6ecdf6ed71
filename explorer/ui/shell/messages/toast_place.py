"""Where messages go: the lowest place in the middle of the window where they cover nothing that can be clicked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QWidget

CLICKED = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
MARGIN = 12


def clickable_in(widget: QWidget, window: QWidget) -> list[tuple[QWidget, QRect]]:
    """Return what can be clicked inside a widget and is in sight, with where it is in the window."""
    found: list[tuple[QWidget, QRect]] = []
    for kind in CLICKED:
        for one in widget.findChildren(kind):
            if one.isVisible() and not one.visibleRegion().isEmpty():
                seen = one.visibleRegion().boundingRect()
                found.append((one, QRect(one.mapTo(window, seen.topLeft()), seen.size())))
    return found


def free_place(size: QSize, area: QRect, taken: Sequence[QRect]) -> QPoint:
    """Return the top left of a place of a size in an area: as low as possible, right before left, over none of those.

    Between both sides it is where only there all is free; where there is no such place, the lower right corner.
    """
    inner = area.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
    corner = QPoint(inner.right() - size.width() + 1, inner.bottom() - size.height() + 1)
    lefts = dict.fromkeys((corner.x(), inner.left()))
    tops = sorted({corner.y(), *_above(taken, size, inner)}, reverse=True)
    between = sorted({one.left() - MARGIN - size.width() for one in taken}, reverse=True)
    for left_edges in (lefts, between):
        for top in tops:
            for left in left_edges:
                box = QRect(QPoint(left, top), size)
                if inner.contains(box) and not any(box.intersects(one) for one in taken):
                    return box.topLeft()
    return corner


def _above(taken: Sequence[QRect], size: QSize, inner: QRect) -> Iterable[int]:
    """Return the tops of places that end right above one of the rectangles."""
    return (one.top() - MARGIN - size.height() for one in taken if one.top() - size.height() >= inner.top())
