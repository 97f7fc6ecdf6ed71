"""Drawing a chart: legend, axes with titles and ticks, areas and bands below the lines, marks above them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPolygonF

from explorer.ui.widgets.figures.figure import Axis, Chart, Doubles, Trace
from explorer.ui.widgets.figures.page import CAPTION, PAD, TITLE, Page
from explorer.ui.widgets.text import paper_font

KEY_ROW, SWATCH, KEY_GAP = 20.0, 14.0, 16.0
SIDE, FOOT, HEAD = 52.0, 40.0, 20.0
"""Room for the ticks of an upright axis, for those below, and for the titles of the upright ones."""
AREA_ALPHA, BAND_ALPHA = 110, 60
TEXT = 11
MIDDLE, RIGHT, CENTRE = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter


def paint_chart(page: Page, chart: Chart) -> None:
    """Draw a chart below its title and above its caption."""
    below = _paint_keys(page, chart)
    right = page.size.width() - PAD - (SIDE if chart.right is not None else 8)
    bottom = page.size.height() - CAPTION - FOOT
    area = QRectF(PAD + SIDE, below + HEAD, right - PAD - SIDE, bottom - below - HEAD)
    _paint_upright(page, chart.left, area, QRectF(PAD, area.top(), SIDE - 8, area.height()), RIGHT)
    if chart.right is not None:
        _paint_upright(page, chart.right, None, QRectF(area.right() + 8, area.top(), SIDE, area.height()), MIDDLE)
    for trace in chart.traces:
        _paint_below(page, chart, trace, area)
    for trace in chart.traces:
        _paint_line(page, chart, trace, area)
    _paint_foot(page, chart.bottom, area)
    _paint_marks(page, chart, area)


def _paint_keys(page: Page, chart: Chart) -> float:
    """Draw the legend in as many rows as it needs, and return where it ends."""
    metrics = QFontMetricsF(paper_font(TEXT))
    left, top = PAD, TITLE + 6
    for trace in chart.traces:
        if not trace.name:
            continue
        width = SWATCH + 6 + metrics.horizontalAdvance(trace.name) + 4
        if left > PAD and left + width > page.size.width() - PAD:
            left, top = PAD, top + KEY_ROW
        page.painter.setPen(page.pen(trace.token, 2.5, dashed=trace.dashed))
        page.painter.drawLine(QPointF(left, top + 9), QPointF(left + SWATCH, top + 9))
        page.text(QRectF(left + SWATCH + 6, top, width, 18), trace.name, TEXT, align=MIDDLE)
        left += width + KEY_GAP
    return top + KEY_ROW


def _paint_upright(page: Page, axis: Axis, grid: QRectF | None, room: QRectF, side: Qt.AlignmentFlag) -> None:
    """Draw the ticks and the title of an upright axis, and the lines of the ``grid`` for the one at the left."""
    for place, text in axis.ticks:
        y = room.bottom() - float(axis.share(np.array([place]))[0]) * room.height()
        if grid is not None:
            page.painter.setPen(page.pen("line", 1))
            page.painter.drawLine(QPointF(grid.left(), y), QPointF(grid.right(), y))
        page.text(QRectF(room.left(), y - 8, room.width(), 16), text, TEXT, token="muted", align=side | MIDDLE)
    head = QRectF(room.left(), room.top() - HEAD - 2, 260, 14)
    if grid is None:
        head.moveRight(page.size.width() - PAD)
    page.text(head, axis.title, TEXT, token="muted", align=RIGHT if grid is None else MIDDLE)


def _paint_foot(page: Page, axis: Axis, area: QRectF) -> None:
    page.painter.setPen(page.pen("outline", 1))
    page.painter.drawLine(area.bottomLeft(), area.bottomRight())
    for place, text in axis.ticks:
        x = area.left() + float(axis.share(np.array([place]))[0]) * area.width()
        page.text(QRectF(x - 40, area.bottom() + 4, 80, 14), text, TEXT, token="muted", align=CENTRE)
    title = QRectF(area.left(), area.bottom() + 20, area.width(), 14)
    page.text(title, axis.title, TEXT, token="muted", align=CENTRE)


def _places(chart: Chart, trace: Trace, x: Doubles, y: Doubles, area: QRectF) -> list[QPolygonF]:
    """Return a line in pixels in pieces: what lies outside of the axes is cut off, NaN interrupts it."""
    upright = chart.right if trace.right and chart.right is not None else chart.left
    across, up = chart.bottom.share(x), upright.share(y)
    across, up = cut(across, up)
    up, across = cut(up, across)
    left, wide, bottom, tall = area.left(), area.width(), area.bottom(), area.height()
    return [
        QPolygonF([QPointF(left + u * wide, bottom - v * tall) for u, v in zip(*piece, strict=True)])
        for piece in pieces(across, up)
    ]


def _paint_below(page: Page, chart: Chart, trace: Trace, area: QRectF) -> None:
    """Draw the area under a line, or the band around it."""
    if trace.floor is not None:
        x, y = trace.x, np.full(len(trace.x), trace.floor)
        page.painter.setBrush(page.theme.colour(trace.token, AREA_ALPHA))
        ends = trace.y, y
    elif trace.band is not None and len(trace.band):
        x, ends = trace.x, (trace.band[:, 1], trace.band[:, 0])
        page.painter.setBrush(page.theme.colour(trace.token, BAND_ALPHA))
    else:
        return
    page.painter.setPen(Qt.PenStyle.NoPen)
    upright = chart.right if trace.right and chart.right is not None else chart.left
    above, below = (np.clip(end, upright.low, upright.high) for end in ends)
    for polygon in _places(chart, trace, np.concatenate([x, x[::-1]]), np.concatenate([above, below[::-1]]), area):
        page.painter.drawPolygon(polygon)


def _paint_line(page: Page, chart: Chart, trace: Trace, area: QRectF) -> None:
    page.painter.setBrush(Qt.BrushStyle.NoBrush)
    page.painter.setPen(page.pen(trace.token, trace.width, dashed=trace.dashed))
    lines = _places(chart, trace, trace.x, trace.y, area)
    for line in lines:
        page.painter.drawPolyline(line)
    if trace.dots:
        page.painter.setPen(Qt.PenStyle.NoPen)
        page.painter.setBrush(page.theme.colour(trace.token))
        for line in lines:
            for point in line.toList():
                page.painter.drawEllipse(point, 2.2, 2.2)


def _paint_marks(page: Page, chart: Chart, area: QRectF) -> None:
    """Draw upright lines with their words beside them, each a line of letters lower than the one before."""
    for mark in chart.marks:
        x = area.left() + float(chart.bottom.share(np.array([mark.x]))[0]) * area.width()
        page.painter.setPen(page.pen(mark.token, 1.2, dashed=mark.dashed))
        page.painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    for number, mark in enumerate(chart.marks):  # over all lines, each on a ground of its own: none strikes one through
        x = area.left() + float(chart.bottom.share(np.array([mark.x]))[0]) * area.width()
        wide = QFontMetricsF(paper_font(10)).horizontalAdvance(mark.text) + 4
        beyond = x + 4 + wide > area.right()
        room = QRectF(x - 4 - wide if beyond else x + 4, area.top() + 2 + (number % 4) * 14, wide, 14)
        page.painter.fillRect(room, page.theme.colour("panel", 220))
        page.text(room, mark.text, 10, token=mark.token, align=RIGHT if beyond else MIDDLE)


def pieces(x: Doubles, y: Doubles) -> Iterator[tuple[list[float], list[float]]]:
    """Yield the parts of a line between points that are NaN."""
    there = np.isfinite(x) & np.isfinite(y)
    ends = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(np.int8)))
    for first, last in zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True):
        yield x[first:last].tolist(), y[first:last].tolist()


def cut(x: Doubles, y: Doubles) -> tuple[Doubles, Doubles]:
    """Return a line with what lies below 0 or above 1 of y cut off where it crosses: NaN is what is left out."""
    for edge in (0.0, 1.0):
        with np.errstate(invalid="ignore"):
            crossed = np.flatnonzero((y[:-1] - edge) * (y[1:] - edge) < 0)
        share = (edge - y[crossed]) / (y[crossed + 1] - y[crossed])
        x = np.insert(x, crossed + 1, x[crossed] + share * (x[crossed + 1] - x[crossed]))
        y = np.insert(y, crossed + 1, edge)
    outside = (y < -1e-9) | (y > 1 + 1e-9)
    return x, np.where(outside, np.nan, y)
