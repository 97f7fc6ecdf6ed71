"""What is painted over the points: pinned queries and their neighbours, the hovered one's card, lasso and hints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPainterPath, QPen, QPolygonF

from explorer.core.types import IntArray
from explorer.ui.widgets.item_picture import ItemPicture, paint_item_picture
from explorer.ui.widgets.query_colours import SIDE, paint_number, query_token
from explorer.ui.widgets.text import elided, ui_font, wrapped
from explorer.ui.widgets.text_size import growth, scaled
from explorer.ui.widgets.theme import Theme

Places = Callable[[npt.ArrayLike], npt.NDArray[np.float64]]
"""Where items are on the canvas, in logical pixels; not a number where they are not drawn."""

Free = Callable[[QRectF], bool]
"""Whether nothing lies over a box on the canvas, and all of it is in sight."""

THUMBNAIL = 52
CARD_TEXT = 160
PAD = 6
SENTENCE_WIDTH, SENTENCE_LINES = CARD_TEXT + THUMBNAIL, 5
"""Pixels and lines of a text on a card."""
TITLE_LINE, LINE = 18, 17
"""Heights of the title and of the other lines of a card."""


@dataclass(frozen=True, slots=True)
class Card:
    """What is said about the item under the pointer; ``lines`` are ``(text, colour token)``.

    A face that is a sentence is not painted as a picture: it stands between title and lines.
    """

    face: ItemPicture | None
    title: str
    tag: str
    lines: tuple[tuple[str, str], ...]

    @property
    def sentence(self) -> str:
        """The text of the item, where that is how it looks."""
        return self.face.sentence if self.face is not None else ""


@dataclass(frozen=True, slots=True)
class Star:
    """A pinned query and its neighbours, nearest first; ``tokens`` are the colours: right, wrong or muted.

    ``number``: of the query, from 1, which says its own colour.
    """

    query: int
    neighbours: IntArray
    tokens: tuple[str, ...]
    number: int


def anywhere(_box: QRectF) -> bool:
    """Return that a box is free wherever it is."""
    return True


def paint_stars(
    painter: QPainter, theme: Theme, places: Places, stars: Sequence[Star], radius: float, free: Free = anywhere
) -> None:
    """Connect queries with their neighbours and ring both; ``radius`` of the points in logical pixels.

    Lines have the colour of their query, those to neighbours that are wrong are dashed; the rings of neighbours tell
    right from wrong. The queries themselves lie on top, each with its number, where that is ``free`` to be seen.
    """
    for star in stars:
        middle = places([star.query])[0]
        ends = places(star.neighbours)
        if np.isfinite(middle).all():
            _paint_rays(painter, theme, star, QPointF(*middle), ends)
        for end, token in zip(ends, star.tokens, strict=True):
            if np.isfinite(end).all():
                _ring(
                    painter,
                    QPointF(*end),
                    max(radius + 1.5, 4.0 * growth()),
                    theme.colour(token),
                    theme.colour("background"),
                )
    middles = [(star.number, places([star.query])[0]) for star in stars]
    shown = [(number, QPointF(*middle)) for number, middle in middles if np.isfinite(middle).all()]
    for number, middle in shown:
        _paint_query(painter, theme, number, middle, radius)
    for (number, _), box in zip(shown, number_boxes([middle for _, middle in shown], radius, free), strict=True):
        paint_number(painter, theme, number, box)


def _paint_rays(painter: QPainter, theme: Theme, star: Star, middle: QPointF, ends: npt.NDArray[np.float64]) -> None:
    """Paint the lines of a query, each on a wider one in the colour of the ground that parts it from the points."""
    colour = query_token(star.number)
    for dash in (Qt.PenStyle.DashLine, Qt.PenStyle.SolidLine):
        lines = [
            QLineF(middle, QPointF(*end))
            for end, token in zip(ends, star.tokens, strict=True)
            if np.isfinite(end).all() and (token == "wrong") is (dash is Qt.PenStyle.DashLine)
        ]
        if lines:
            for pen in (
                QPen(theme.colour("background", 150), 3.0 * growth()),
                QPen(theme.colour(colour, 225), 1.4 * growth(), dash),
            ):
                painter.setPen(pen)
                painter.drawLines(lines)


def _paint_query(painter: QPainter, theme: Theme, number: int, middle: QPointF, radius: float) -> None:
    """Paint the marker of a query: two rings around its point."""
    colour, outer = theme.colour(query_token(number)), _outer(radius)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(query_token(number), 60))
    painter.drawEllipse(middle, outer, outer)
    _ring(painter, middle, outer, colour, theme.colour("background"), 2.0)
    _ring(painter, middle, max(radius + 2.5, 5.0 * growth()), theme.colour("text"), theme.colour("background"), 1.6)


def _outer(radius: float) -> float:
    """Return the radius of the outer ring of a query, in logical pixels."""
    return max(radius + 8, 11.0 * growth())


def number_boxes(middles: Sequence[QPointF], radius: float, free: Free = anywhere) -> list[QRectF]:
    """Return where the numbers of queries stand: each at the first corner of its rings where no other one is.

    A corner that is not ``free`` is taken only where all are so.
    """
    away, side, boxes = _outer(radius) * 0.55, scaled(SIDE), list[QRectF]()
    for middle in middles:
        corners = [
            QRectF(middle + QPointF(x, y), QSizeF(side, side))
            for x, y in ((away, -away - side), (-away - side, -away - side), (-away - side, away), (away, away))
        ]
        alone = [box for box in corners if not any(box.intersects(other) for other in boxes)] or corners
        boxes.append(next(filter(free, alone), alone[0]))
    return boxes


def paint_chosen(painter: QPainter, theme: Theme, middle: QPointF, radius: float) -> None:
    """Mark a selected item over everything that lies there, such as the rings of a query: a dot between four ticks."""
    inner, outer = _outer(radius) + 2.0 * growth(), _outer(radius) + 8.0 * growth()
    ticks = [
        QLineF(middle + QPointF(x * inner, y * inner), middle + QPointF(x * outer, y * outer))
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    for token, width in (("background", 4.0), ("text", 1.8)):
        painter.setPen(QPen(theme.colour(token), width * growth()))
        painter.drawLines(ticks)
    painter.setPen(QPen(theme.colour("background"), 1.5 * growth()))
    painter.setBrush(theme.colour("text"))
    painter.drawEllipse(middle, max(radius, 3.0 * growth()), max(radius, 3.0 * growth()))


def paint_hover_ring(painter: QPainter, theme: Theme, middle: QPointF, radius: float) -> None:
    """Ring the item under the pointer."""
    _ring(painter, middle, max(radius + 2.5, 5.0 * growth()), theme.colour("text"), theme.colour("background"), 1.8)


def _ring(painter: QPainter, middle: QPointF, radius: float, colour: QColor, halo: QColor, width: float = 1.5) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    width *= growth()
    painter.setPen(QPen(halo, width + 2))
    painter.drawEllipse(middle, radius, radius)
    painter.setPen(QPen(colour, width))
    painter.drawEllipse(middle, radius, radius)


def card_box(point: QPointF, area: QRectF, lines: int, *, picture: bool) -> QRectF:
    """Return where a card goes: beside the point, inside the area, never over the point where there is room."""
    width = scaled(CARD_TEXT) + 2 * PAD + 4 + (scaled(THUMBNAIL) + PAD if picture else 0)
    height = max(scaled(THUMBNAIL) + 2 * PAD if picture else 0, scaled(TITLE_LINE) + scaled(LINE) * lines + 2 * PAD)
    left = point.x() + 16
    if left + width > area.right() - 8:
        left = point.x() - 16 - width
    left = min(max(left, area.left() + 8), max(area.right() - 8 - width, area.left() + 8))
    top = point.y() - height - 12
    if top < area.top() + 8:
        top = point.y() + 16
    top = min(max(top, area.top() + 8), max(area.bottom() - 8 - height, area.top() + 8))
    return QRectF(left, top, width, height)


def _sentence(card: Card) -> list[str]:
    return wrapped(card.sentence, ui_font(12), scaled(SENTENCE_WIDTH) + PAD, SENTENCE_LINES) if card.sentence else []


def box_of(card: Card, point: QPointF, area: QRectF) -> QRectF:
    """Return the box of a card beside a point, see ``card_box``."""
    return card_box(point, area, len(card.lines) + len(_sentence(card)), picture=card.face is not None)


def paint_card(painter: QPainter, theme: Theme, card: Card, point: QPointF, area: QRectF) -> QRectF:
    """Paint the card of the hovered item and return its box."""
    sentence, box = _sentence(card), box_of(card, point, area)
    outline = QPainterPath()
    outline.addRoundedRect(box, 7, 7)
    shadow = QPainterPath()
    shadow.addRoundedRect(box.adjusted(-2, -1, 2, 4), 9, 9)
    painter.fillPath(shadow, QColor(0, 0, 0, 60 if theme.name == "dark" else 22))
    painter.fillPath(outline, theme.colour("raised" if theme.name == "dark" else "panel"))
    painter.strokePath(outline, QPen(theme.colour("outline"), 1))
    left = box.left() + PAD + 2
    if card.face is not None and not sentence:
        side = scaled(THUMBNAIL)
        frame = QRectF(box.left() + PAD, box.top() + PAD, side, side)
        if card.face.image is not None:
            _paint_thumbnail(painter, card.face.image, frame)
        else:
            paint_item_picture(painter, theme, card.face, frame, 4)
        left = frame.right() + PAD + 2
    lines = (*((line, "text") for line in sentence), *card.lines)
    _paint_lines(painter, theme, card, lines, left, box)
    return box


def _paint_thumbnail(painter: QPainter, image: QImage, frame: QRectF) -> None:
    path = QPainterPath()
    path.addRoundedRect(frame, 4, 4)
    painter.save()
    painter.setClipPath(path)
    painter.fillPath(path, QColor(0, 0, 0))
    scale = min(frame.width() / image.width(), frame.height() / image.height())
    size = QRectF(0, 0, image.width() * scale, image.height() * scale)
    size.moveCenter(frame.center())
    painter.drawImage(size, image)
    painter.restore()


def _paint_lines(
    painter: QPainter, theme: Theme, card: Card, lines: Sequence[tuple[str, str]], left: float, box: QRectF
) -> None:
    bold, plain = ui_font(13, bold=True), ui_font(12)
    room = box.right() - PAD - left
    tag_width = QFontMetrics(plain).horizontalAdvance(card.tag) + 5
    title = elided(card.title, bold, int(room - tag_width), Qt.TextElideMode.ElideMiddle)
    painter.setFont(bold)
    painter.setPen(theme.colour("text"))
    first, line = scaled(TITLE_LINE), scaled(LINE)
    top = box.top() + max(PAD, (box.height() - first - line * len(lines)) / 2)
    middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    painter.drawText(QRectF(left, top, room, first), middle, title)
    painter.setFont(plain)
    painter.setPen(theme.colour("muted"))
    after = left + QFontMetrics(bold).horizontalAdvance(title) + 5
    painter.drawText(QRectF(after, top, box.right() - after, first), middle, card.tag)
    for row, (text, token) in enumerate(lines):
        painter.setPen(theme.colour(token))
        shown = elided(text, plain, int(room), Qt.TextElideMode.ElideMiddle)
        painter.drawText(QRectF(left, top + first + line * row, room, line), middle, shown)


def paint_track(painter: QPainter, theme: Theme, corners: Sequence[QPointF]) -> None:
    """Paint the lasso or the rectangle that is being drawn."""
    painter.setPen(QPen(theme.colour("accent"), 1.4, Qt.PenStyle.DashLine))
    painter.setBrush(theme.colour("accent", 32))
    painter.drawPolygon(QPolygonF(list(corners)))


def paint_hint(painter: QPainter, theme: Theme, area: QRectF, hints: Sequence[str], held: int) -> QRectF:
    """Say at the bottom what the selection tool does, as far as there is room; what it does now, ``held``, is bold.

    Returns
    -------
    Where that is.
    """
    gap = 22
    while True:
        fonts = [ui_font(12, bold=k == held) for k in range(len(hints))]
        widths = [QFontMetrics(font).horizontalAdvance(text) for font, text in zip(fonts, hints, strict=True)]
        width = sum(widths) + gap * (len(hints) - 1)
        if width + 40 <= area.width() or len(hints) == 1:
            break
        hints = hints[:-1]
    tall = scaled(26)
    box = QRectF(area.center().x() - width / 2 - 12, area.bottom() - tall - 14, width + 24, tall)
    path = QPainterPath()
    path.addRoundedRect(box, tall / 2, tall / 2)
    painter.fillPath(path, theme.colour("panel", 235))
    painter.strokePath(path, QPen(theme.colour("line"), 1))
    left = box.left() + 12
    for k, (text, font, advance) in enumerate(zip(hints, fonts, widths, strict=True)):
        painter.setFont(font)
        painter.setPen(theme.colour("text" if k == held else "muted"))
        painter.drawText(QRectF(left, box.top(), advance + 4, tall), Qt.AlignmentFlag.AlignVCenter, text)
        left += advance
        if k < len(hints) - 1:
            painter.setPen(theme.colour("muted"))
            painter.drawText(QRectF(left, box.top(), gap, tall), Qt.AlignmentFlag.AlignCenter, "·")
        left += gap
    return box
