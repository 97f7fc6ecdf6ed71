"""A report on paper: its pieces laid out on A4 pages by Qt, as a PDF. A piece, or a row of its table, is never cut."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextDocument,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from explorer.engine.report.pieces import Piece, table
from explorer.ui.widgets.language import tr

UNIT = 96
"""Units of the layout in an inch; the writer's are ``FINE`` of them."""

FINE = 12.5
MARGIN = 48.0
WIDTH, HEIGHT = 698.0, 1003.0
"""Room for pieces on a page, in units; below it is the line with the number of the page."""

GAP, FOOT = 6.0, 22.0
FEWEST = 3
"""Rows of a table that have to fit below its heading; where fewer do, it begins on the next page."""

STYLE = """
h1 { font-size: 20px; font-weight: 600 } h2 { font-size: 14px; font-weight: 600; margin-top: 14px; margin-bottom: 2px }
p { margin-top: 2px; margin-bottom: 4px } .muted { color: #666666 } th { font-weight: 600 }
pre { font-family: monospace; font-size: 10px; margin: 0 } .query { color: #3f7fd6 } .other { color: #c8553d }
td.item { font-size: 10px }
"""


def prepare() -> QApplication:
    """Return the application that fonts need, made if there is none; it needs no display."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QApplication([])


def on_paper(title: str, pieces: Sequence[Piece]) -> bytes:
    """Return a PDF of pieces. There has to be an application, see ``prepare``; any thread may call."""
    sheets = Sheets()
    for piece in pieces:
        sheets.put(piece)
    return sheets.pdf(title)


@dataclass(frozen=True, slots=True)
class Placed:
    """What stands on a page at (``x``, ``y``): a text, or a drawing of a ``height``."""

    y: float
    height: float
    what: QTextDocument | QSvgRenderer
    x: float = 0.0


@dataclass
class Sheets:
    """Pages that are filled from top to bottom."""

    pages: list[list[Placed]] = field(default_factory=lambda: [[]])
    y: float = 0.0

    def put(self, piece: Piece) -> None:
        """Place a piece on this page if it has room, else on the next; a long table between rows on several."""
        html, rows = piece.html, piece.rows
        while rows:
            count = self._that_fit(html, piece.head, rows)
            if count < min(FEWEST, len(rows)) and self.y:
                self._turn()
                continue
            count = max(count, 1)
            self._add(text(html + table(piece.head, rows[:count])))
            html, rows = "", rows[count:]
        if not piece.rows:
            self._whole(html, [QSvgRenderer(QByteArray(drawing.encode())) for drawing in piece.drawings])

    def _that_fit(self, html: str, head: str, rows: Sequence[str]) -> int:
        """Return how many rows have room on what is left of this page, by bisection."""
        low, high = 0, len(rows)
        while low < high:
            middle = (low + high + 1) // 2
            fits = text(html + table(head, tuple(rows[:middle]))).size().height() <= HEIGHT - self.y
            low, high = (middle, high) if fits else (low, middle - 1)
        return low

    def _whole(self, html: str, drawings: Sequence[QSvgRenderer]) -> None:
        lines = list(in_lines(drawings))
        words = text(html) if html else None
        tall = sum(max(size_of(drawing)[1] for drawing in line) + GAP for line in lines)
        tall += words.size().height() if words is not None else 0.0
        if self.y and self.y + tall > HEIGHT:
            self._turn()
        if words is not None:
            self._add(words)
        for line in lines:
            x = 0.0
            for drawing in line:
                width, height = size_of(drawing)
                self.pages[-1].append(Placed(self.y, height, drawing, x))
                x += width + GAP
            self.y += max(size_of(drawing)[1] for drawing in line) + GAP

    def _add(self, words: QTextDocument) -> None:
        height = words.size().height()
        self.pages[-1].append(Placed(self.y, height, words))
        self.y += height + GAP

    def _turn(self) -> None:
        self.pages.append([])
        self.y = 0.0

    def pdf(self, title: str) -> bytes:
        """Return the pages as a PDF, numbered."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        writer = QPdfWriter(buffer)
        writer.setTitle(title)
        writer.setCreator(tr("Embedding Explorer"))
        writer.setResolution(round(UNIT * FINE))
        margin = MARGIN * 72 / UNIT
        margins = QMarginsF(margin, margin, margin, margin)
        size = QPageSize(QPageSize.PageSizeId.A4)
        writer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Point))
        painter = QPainter(writer)
        painter.scale(FINE, FINE)
        for number, page in enumerate(self.pages, start=1):
            if number > 1:
                writer.newPage()
            for placed in page:
                draw(painter, placed)
            painter.setFont(plain_font(10))
            painter.setPen(QColor("#666666"))
            foot = QRectF(0, HEIGHT, WIDTH, FOOT)
            painter.drawText(foot, Qt.AlignmentFlag.AlignRight, f"{title}   {number} / {len(self.pages)}")
        painter.end()
        return bytes(buffer.data().data())


def size_of(drawing: QSvgRenderer) -> tuple[float, float]:
    """Return the width and height of a drawing on paper: its own, or less where it is wider than a page."""
    shape = drawing.viewBoxF()
    share = min(1.0, WIDTH / shape.width())
    return shape.width() * share, shape.height() * share


def in_lines(drawings: Sequence[QSvgRenderer]) -> Iterator[list[QSvgRenderer]]:
    """Return drawings in lines, as many beside each other as a page is wide."""
    line: list[QSvgRenderer] = []
    for drawing in drawings:
        if line and sum(size_of(other)[0] + GAP for other in line) + size_of(drawing)[0] > WIDTH:
            yield line
            line = []
        line.append(drawing)
    if line:
        yield line


def plain_font(pixels: int) -> QFont:
    """Return the font of the text, whose letters stand where they should at any magnification."""
    font = QFont(QApplication.font())
    font.setPixelSize(pixels)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def text(html: str) -> QTextDocument:
    """Return HTML laid out at the width of a page."""
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.setDefaultFont(plain_font(11))
    document.setDefaultStyleSheet(STYLE)
    document.setUseDesignMetrics(True)
    document.setHtml(html)
    document.setTextWidth(WIDTH)
    return document


def draw(painter: QPainter, placed: Placed) -> None:
    """Draw what stands on the present page, in black; smaller where it is taller than a page."""
    painter.save()
    painter.translate(placed.x, placed.y)
    if placed.height > HEIGHT:
        painter.scale(HEIGHT / placed.height, HEIGHT / placed.height)
    if isinstance(placed.what, QSvgRenderer):
        placed.what.render(painter, QRectF(0, 0, size_of(placed.what)[0], placed.height))
    else:
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette.setColor(QPalette.ColorRole.Text, QColor("black"))
        placed.what.documentLayout().draw(painter, context)
    painter.restore()
