"""What stands beside an exported map: every value by its whole name, a scale, shapes, and which map it is."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QBuffer, QIODevice, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from pytestqt.qtbot import QtBot

from explorer.core.class_colours import class_colours
from explorer.ui.map.canvas.scene import DISC, RING
from explorer.ui.map.colourings import scale_colours
from explorer.ui.map.export.sheet import BESIDE, CAPTION, MOST, MapSheet
from explorer.ui.map.legend.contents import LegendContents
from explorer.ui.widgets.theme import DARK

SIZE = QSize(600, 420)


def contents(count: int, prefix: str = "class") -> LegendContents:
    names = tuple(f"{prefix} {k:04d}" for k in range(count))
    return LegendContents(
        "class", names, np.arange(count) + 1, class_colours(count), None, (DISC, RING), ("12 hidden",)
    )


def texts_of(sheet: MapSheet) -> list[str]:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(sheet.size)
    painter = QPainter(generator)
    sheet.paint(painter)
    painter.end()
    root = ElementTree.fromstring(bytes(buffer.data().data()))
    return [(text.text or "").strip() for text in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("count", [2, 25])
def test_every_value_is_named_in_full(qtbot: QtBot, count: int) -> None:
    told = contents(count, "Alphabet of a faraway island / character")
    sheet = MapSheet(DARK, SIZE, told, "data · step 3")
    assert sheet.size.height() == SIZE.height() + CAPTION
    texts = texts_of(sheet)
    assert set(told.names) <= set(texts)
    assert {"class", "train", "held out", "12 hidden", "data · step 3"} <= set(texts)


@pytest.mark.parametrize("count", [81, MOST, 1_623])
def test_a_legend_of_many_values_is_not_wider_than_the_map_and_says_how_many_are_not_named(
    qtbot: QtBot, count: int
) -> None:
    told = contents(count, "Alphabet of a faraway island / character")
    sheet = MapSheet(DARK, SIZE, told, "")
    assert sheet.size.width() < 2 * SIZE.width()
    texts = texts_of(sheet)
    named = sum("character" in text or "\u2026" in text for text in texts)
    assert named > 40
    assert f"and {count - named:,} more" in texts
    assert {"train", "held out", "12 hidden"} <= set(texts)


def test_a_legend_of_81_short_names_is_whole_beside_a_map_of_usual_size(qtbot: QtBot) -> None:
    told, size = contents(81), QSize(850, 560)
    sheet = MapSheet(DARK, size, told, "")
    assert set(told.names) <= set(texts_of(sheet))
    assert sheet.size.width() <= (1 + BESIDE) * size.width()


def test_of_more_values_than_colours_the_rest_is_counted(qtbot: QtBot) -> None:
    texts = texts_of(MapSheet(DARK, QSize(2400, 1600), contents(1_623), ""))
    assert "class 0255" in texts
    assert "class 0256" not in texts
    assert "1,367 values more, in the same colours" in texts


def test_a_scale_is_drawn_with_its_ticks(qtbot: QtBot) -> None:
    colours = scale_colours(True, low_matters=False)
    told = LegendContents("violation rate", (), np.empty(0, np.int64), colours, (0.0, 1.0), (), ("all pairs",))
    sheet = MapSheet(DARK, SIZE, told, "")
    assert {"violation rate", "0.0", "0.4", "1.0", "all pairs"} <= set(texts_of(sheet))
    image = QImage(sheet.size, QImage.Format.Format_RGB32)
    image.fill(QColor("black"))
    painter = QPainter(image)
    sheet.paint(painter)
    painter.end()
    column = {image.pixel(SIZE.width() + 20, y) for y in range(SIZE.height())}
    assert len(column) > 50


def test_without_a_legend_there_is_only_a_caption(qtbot: QtBot) -> None:
    sheet = MapSheet(DARK, SIZE, None, "data")
    assert sheet.size == QSize(SIZE.width(), SIZE.height() + CAPTION)
    assert texts_of(sheet) == ["data"]
