"""Drawing figures with a painter, in the colours of a theme; any thread may, and the size depends on the figure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter

from explorer.ui.widgets.figures.draw_chart import paint_chart
from explorer.ui.widgets.figures.figure import Chart, Figure, Listing, Matrix
from explorer.ui.widgets.figures.page import PAD, TITLE, Page
from explorer.ui.widgets.heat_map import colours
from explorer.ui.widgets.language import localised
from explorer.ui.widgets.text import elided, paper_font
from explorer.ui.widgets.theme import Theme

CHART = QSizeF(720, 420)
SIDE, BAR, LONGEST_NAME = 420.0, 14.0, 160.0
ROW, WIDEST_CELL = 20.0, 260.0
MOST_NAMES = 60
"""Rows of a matrix up to which each has its name beside it."""


def size_of(figure: Figure) -> QSizeF:
    """Return how large a figure is, in whole logical pixels."""
    size = _size(figure)
    return QSizeF(math.ceil(size.width()), math.ceil(size.height()))


def _size(figure: Figure) -> QSizeF:
    match figure:
        case Chart():
            return CHART
        case Matrix():
            names = _names_width(figure)
            return QSizeF(names + SIDE + 2 * PAD + 110, TITLE + SIDE + names + 3 * PAD)
        case Listing():
            width = sum(_widths(figure)) + 2 * PAD
            words = QFontMetricsF(paper_font(11)).horizontalAdvance(figure.caption) + 2 * PAD
            return QSizeF(max(width, min(words, 900.0), 320.0), TITLE + ROW * (len(figure.rows) + 1) + 3 * PAD)


def paint(painter: QPainter, figure: Figure, theme: Theme) -> None:
    """Draw a figure whole, with its ground, title and caption."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    page = Page(painter, theme, size_of(figure))
    page.frame(figure.title, figure.caption)
    match figure:
        case Chart():
            paint_chart(page, figure)
        case Matrix():
            _paint_matrix(page, figure)
        case Listing():
            _paint_listing(page, figure)


def _names_width(matrix: Matrix) -> float:
    if not matrix.rows or len(matrix.rows) > MOST_NAMES:
        return 0.0
    metrics = QFontMetricsF(paper_font(_name_pixels(matrix)))
    return min(max(metrics.horizontalAdvance(name) for name in matrix.rows), LONGEST_NAME) + 6


def _name_pixels(matrix: Matrix) -> int:
    return int(min(11, max(5, SIDE / max(len(matrix.rows), 1) - 1)))


def _paint_matrix(page: Page, matrix: Matrix) -> None:
    names = _names_width(matrix)
    rgb = np.ascontiguousarray(colours(matrix.values, matrix.limit, page.theme))
    height, width = rgb.shape[:2]
    scale = SIDE / max(height, width)
    area = QRectF(PAD + names, TITLE + PAD, scale * width, scale * height)
    image = QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    page.painter.drawImage(area, image.scaled(width * 4, height * 4) if max(width, height) < 200 else image)
    page.painter.setPen(page.pen("line", 1))
    page.painter.setBrush(Qt.BrushStyle.NoBrush)
    page.painter.drawRect(area)
    if names:
        _paint_names(page, matrix, area, scale, names)
    _paint_scale(page, matrix, area.right() + PAD, area.top())


def _paint_names(page: Page, matrix: Matrix, area: QRectF, scale: float, room: float) -> None:
    pixels = _name_pixels(matrix)
    right, middle = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignVCenter
    for row, name in enumerate(matrix.rows):
        text = elided(name, paper_font(pixels), int(room))
        top = area.top() + row * scale
        page.text(QRectF(area.left() - room - 6, top, room, scale), text, pixels, align=right | middle)
        page.painter.save()
        page.painter.translate(area.left() + (row + 0.5) * scale, area.bottom() + 6)
        page.painter.rotate(90)
        page.text(QRectF(0, -scale / 2, room, scale), text, pixels, align=middle)
        page.painter.restore()


def _paint_scale(page: Page, matrix: Matrix, left: float, top: float) -> None:
    """Draw the bar of the colours with the numbers at its ends, and what these mean."""
    ends = np.linspace(matrix.limit, -matrix.limit, 128, dtype=np.float32)[:, None]
    rgb = np.ascontiguousarray(colours(ends, matrix.limit, page.theme))
    bar = QRectF(left, top + ROW, BAR, 160)
    page.painter.drawImage(bar, QImage(rgb.data, 1, len(rgb), 3, QImage.Format.Format_RGB888).copy())
    for share, text in ((0.0, localised(f"{matrix.limit:.3g}")), (0.5, "0"), (1.0, localised(f"−{matrix.limit:.3g}"))):
        at = bar.top() + share * bar.height()
        page.text(QRectF(bar.right() + 6, at - 8, 70, 16), text, 11, align=Qt.AlignmentFlag.AlignVCenter)
    page.text(QRectF(left, top, 106, 16), matrix.high, 11, token="muted")
    page.text(QRectF(left, bar.bottom() + 8, 106, 16), matrix.low, 11, token="muted")


def _widths(listing: Listing) -> list[float]:
    metrics = QFontMetricsF(paper_font(12))
    columns = zip(listing.titles, *listing.rows, strict=True)
    return [min(max(metrics.horizontalAdvance(text) for text in column), WIDEST_CELL) + 20 for column in columns]


def _paint_listing(page: Page, listing: Listing) -> None:
    widths = _widths(listing)
    for number, row in enumerate((listing.titles, *listing.rows)):
        top = TITLE + PAD + number * ROW
        for column, (left, width, text) in enumerate(_cells(widths, row)):
            side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
            shown = elided(text, paper_font(12), int(width - 16), Qt.TextElideMode.ElideMiddle)
            token = "text" if number else "muted"
            box = QRectF(left, top, width - 12, ROW)
            page.text(box, shown, 12, token=token, align=side | Qt.AlignmentFlag.AlignVCenter)
        if not number:
            page.painter.setPen(page.pen("line", 1))
            page.painter.drawLine(QPointF(PAD, top + ROW), QPointF(PAD + sum(widths), top + ROW))


def _cells(widths: Sequence[float], row: Sequence[str]) -> Iterator[tuple[float, float, str]]:
    left = PAD
    for width, text in zip(widths, row, strict=True):
        yield left, width, text
        left += width
