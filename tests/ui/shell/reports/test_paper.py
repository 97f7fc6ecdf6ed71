from __future__ import annotations

import re
from itertools import pairwise

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QColor, QImage, QPainter, QTextDocument
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from explorer.engine.report.drawings import curves
from explorer.engine.report.pieces import Piece
from explorer.engine.report.protocol_curves import protocol_curve
from explorer.ui.shell.reports.paper import HEIGHT, WIDTH, Sheets, draw, on_paper, prepare, size_of, text

pytestmark = pytest.mark.usefixtures("qapp")


def rows(count: int, name: str = "row") -> tuple[str, ...]:
    return tuple(f"<tr><td>{name} {place}</td><td>{place}</td></tr>" for place in range(count))


def picture(width: int, height: int) -> str:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return f'<img src="data:image/png;base64,{bytes(buffer.data().toBase64().data()).decode()}">'


def filled(*pieces: Piece) -> Sheets:
    sheets = Sheets()
    for piece in pieces:
        sheets.put(piece)
    return sheets


def words(sheets: Sheets) -> list[str]:
    """What stands on each page."""
    return [
        "\n".join(placed.what.toPlainText() for placed in page if isinstance(placed.what, QTextDocument))
        for page in sheets.pages
    ]


def test_nothing_is_cut_or_lost_and_every_page_repeats_the_head_of_a_long_table() -> None:
    head = "<tr><th>Figure</th><th>Value</th></tr>"
    tables = [Piece(f"<h2>Table {k}</h2>", head=head, rows=rows(20 + 13 * k, f"of {k} row")) for k in range(5)]
    sheets = filled(Piece("<h1>All</h1>"), *tables)
    for page in sheets.pages:
        for upper, lower in pairwise(page):
            assert upper.y + upper.height <= lower.y
        assert page[-1].y + page[-1].height <= HEIGHT
    pages = words(sheets)
    assert len(pages) > 2
    found = [line for page in pages for line in page.splitlines() if line.startswith("of ")]
    assert found == [f"of {k} row {place}" for k in range(5) for place in range(20 + 13 * k)]
    assert all(page.count("Figure") >= 1 for page in pages)


def test_a_heading_never_stands_alone_at_the_foot_of_a_page() -> None:
    first = filled(Piece(rows=rows(1)))
    line = first.pages[0][0].height
    filling = Piece(rows=rows(int(HEIGHT / line) - 3))
    pages = words(filled(filling, Piece("<h2>Next</h2>", rows=rows(30, "next"))))
    assert "Next" not in pages[0]
    assert pages[1].startswith("Next")
    drawn = filled(filling, Piece("<h2>Curves</h2>", (curves([("loss", [1.0, 2.0], [3.0, 2.0])]),)))
    assert [len(page) for page in drawn.pages] == [1, 2]
    assert drawn.pages[1][1].height == 220


def test_drawings_stand_beside_each_other_as_far_as_a_page_is_wide() -> None:
    plot = protocol_curve("roc", [("Embedding", [0.0, 0.5, 1.0], [0.2, 0.9, 1.0])])
    (page,) = filled(Piece(drawings=(plot, plot, plot))).pages
    (x, y), (beside, same), (left, below) = ((placed.x, placed.y) for placed in page)
    assert (x, y) == (left, same) == (0, 0)
    assert beside > 0
    assert below >= page[0].height
    assert all(placed.x + size_of(placed.what)[0] <= WIDTH for placed in page if isinstance(placed.what, QSvgRenderer))


def test_rows_of_pictures_stay_whole() -> None:
    row = f"<tr>{''.join(f'<td>{picture(72, 72)}<br>caption</td>' for _ in range(7))}</tr>"
    sheets = filled(Piece("<h2>Worst queries</h2>", rows=(row,) * 25))
    heights = [text(f"<table>{row * count}</table>").size().height() for count in (1, 2)]
    assert heights[1] - heights[0] > 72
    assert sum(page.count("caption") for page in words(sheets)) == 25 * 7
    assert all(page[-1].y + page[-1].height <= HEIGHT for page in sheets.pages)


def test_what_is_taller_than_a_page_is_drawn_smaller_and_black_whatever_the_theme() -> None:
    (placed,) = filled(Piece("<p>line</p>" * 200)).pages[0]
    assert placed.height > HEIGHT
    paper = QImage(int(WIDTH), int(HEIGHT) + 40, QImage.Format.Format_RGB32)
    paper.fill(QColor("white"))
    painter = QPainter(paper)
    draw(painter, placed)
    painter.end()
    dark = [y for y in range(paper.height()) for x in range(40) if paper.pixelColor(x, y).lightness() < 200]
    assert dark
    assert max(dark) <= HEIGHT


def test_a_pdf_has_its_pages_and_its_title() -> None:
    found = on_paper("digits: triplet", [Piece("<h1>Title</h1>", rows=rows(150)), Piece(picture(30, 30))])
    assert found.startswith(b"%PDF-")
    count = len(filled(Piece("<h1>Title</h1>", rows=rows(150)), Piece(picture(30, 30))).pages)
    assert count > 1
    assert len(re.findall(rb"/Type\s*/Page\b", found)) == count
    assert "digits: triplet".encode("utf-16-be") in found
    assert b"/Subtype /Image" in found


def test_curves_need_no_style_of_a_page() -> None:
    drawing = QSvgRenderer(QByteArray(curves([("a", [1.0, 9.0], [0.0, 1.0]), ("b", [1.0, 9.0], [1.0, 0.0])]).encode()))
    assert drawing.isValid()
    shown = QImage(640, 220, QImage.Format.Format_RGB32)
    shown.fill(QColor("white"))
    painter = QPainter(shown)
    drawing.render(painter)
    painter.end()
    colours = {shown.pixelColor(x, y).name() for x in range(0, 640) for y in range(0, 220)}
    assert {"#3f7fd6", "#009e73"} <= colours


def test_there_is_one_application(qapp: QApplication) -> None:
    assert prepare() is qapp
