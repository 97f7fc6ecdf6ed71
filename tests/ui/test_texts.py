"""Texts on screen: as many lines as there is room for, in full where one points, and plain whatever they say."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetrics, QImage, QPainter
from pytestqt.qtbot import QtBot

from explorer.data.dataset import Dataset
from explorer.data.opening import open_dataset
from explorer.ui.map.canvas.marks import paint_card
from explorer.ui.map.overlays.pinned_items import card_of
from explorer.ui.queries.query_card import QueryCard, pinned_head
from explorer.ui.widgets.item_picture import item_picture, paint_item_picture
from explorer.ui.widgets.text import PlainLabel, ui_font, wrapped
from explorer.ui.widgets.theme import DARK, ThemeManager
from explorer.ui.widgets.tiles import Tile, TileText
from tests.packaging.test_scripts import ROOT

LONG = "my <b>new</b> card & its cover, which I ordered more than two weeks ago, has not arrived " * 2


@pytest.fixture
def texts(tmp_path: Path) -> Dataset:
    (tmp_path / "q.csv").write_text(f'text,label\n"{LONG}",card\nhello,greeting\n')
    return open_dataset(str(tmp_path / "q.csv"), cache_folder=tmp_path / "cache")


def test_lines_hold_the_whole_text_and_end_in_an_ellipsis_where_there_is_no_room(qtbot: QtBot) -> None:
    font = ui_font(11)
    lines = wrapped(LONG.strip(), font, 120, 100)
    assert "".join(lines).replace(" ", "") == LONG.strip().replace(" ", "")  # some fonts break a line at a stroke
    assert max(QFontMetrics(font).horizontalAdvance(line) for line in lines) <= 121
    few = wrapped(LONG.strip(), font, 120, 3)
    assert few[:2] == lines[:2]
    assert few[2].endswith("…")
    assert "".join(wrapped("x" * 60, font, 60, 20)) == "x" * 60


def test_an_item_is_painted_as_its_words_and_a_tile_tells_all_of_it(qtbot: QtBot, texts: Dataset) -> None:
    face, short = (item_picture(texts, item) for item in (0, 1))
    assert (face.sentence, short.sentence, short.text) == (LONG.strip(), "", "hello")
    image = QImage(96, 96, QImage.Format.Format_RGB32)
    for one in (face, short):
        image.fill(0)
        painter = QPainter(image)
        paint_item_picture(painter, DARK, one, QRectF(0, 0, 96, 96), 4)
        painter.end()
        assert len({image.pixel(x, y) for x in range(96) for y in range(96)}) > 8
    tile = Tile(ThemeManager("dark"), 96, caption=True)
    qtbot.addWidget(tile)
    tile.show_item(0, face, "", TileText(tip="card #0"))
    assert tile.toolTip().startswith("<qt>my &lt;b&gt;new&lt;/b&gt; card &amp; its cover")
    assert tile.toolTip().endswith("card #0</qt>")
    tile.show_item(1, short, "", TileText(tip="greeting #1"))
    assert tile.toolTip() == "greeting #1"


def test_the_card_on_the_map_and_that_of_a_pin_hold_the_text(qtbot: QtBot, texts: Dataset) -> None:
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    heights = [
        paint_card(painter, DARK, card_of(texts, None, item), QPointF(200, 150), QRectF(0, 0, 400, 300)).height()
        for item in (0, 1)
    ]
    painter.end()
    assert heights[0] > heights[1] + 40
    card = QueryCard(ThemeManager("dark"), texts, pinned_head(texts, 0, None), 400)
    qtbot.addWidget(card)
    shown = [label.text() for label in card.findChildren(PlainLabel)]
    assert any(text.startswith("my <b>new</b> card & its cover") for text in shown)


def test_what_is_counted_is_named_in_english_and_translated_with_its_number() -> None:
    found = []
    for path in sorted((ROOT / "explorer" / "ui").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "counted":
                given = (noun for noun in node.args[1:] if isinstance(noun, ast.Call))
                found += [f"{path.name}:{noun.lineno}" for noun in given if getattr(noun.func, "id", "") == "tr"]
    assert not found, "an s at the end of a translation is no plural"
