"""What stands beside an exported map: every value by its whole name, a scale, shapes, and which map it is."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QBuffer, QIODevice, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from pytestqt.qtbot import QtBot

from explorer.core.class_colours import COLOURS, class_colours
from explorer.ui.map.canvas.scene import DISC, RING
from explorer.ui.map.colourings import scale_colours
from explorer.ui.map.export.png import Png
from explorer.ui.map.export.sheet import CAPTION, MOST, WIDE, MapSheet
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
    assert sheet.map_size == SIZE * 2  # letters have one size, so that a small map is enlarged
    assert sheet.size.height() == sheet.map_size.height() + CAPTION
    texts = texts_of(sheet)
    assert set(told.names) <= set(texts)
    assert {"class", "train", "held out", "12 hidden", "data · step 3"} <= set(texts)


@pytest.mark.parametrize("count", [81, COLOURS, 1_000, 1_623])
@pytest.mark.parametrize("name", ["class", "Alphabet of a faraway island / character"])
def test_a_legend_of_many_values_names_each_in_full_and_the_map_keeps_its_place(
    qtbot: QtBot, name: str, count: int
) -> None:
    told = contents(count, name)
    sheet = MapSheet(DARK, SIZE, told, "data · step 3")
    texts = texts_of(sheet)
    assert set(told.names) <= set(texts)
    assert {"train", "held out", "12 hidden", "data · step 3"} <= set(texts)
    assert ("The colours repeat after 256 values" in texts) == (count > COLOURS)
    image = QImage(sheet.size, QImage.Format.Format_RGB32)
    image.fill(QColor("magenta"))
    painter = QPainter(image)
    sheet.paint(painter)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1) == 0xFFFF00FF
    shown = sheet.map_size
    assert pixels[: shown.height(), : shown.width()].all()
    assert pixels.sum() == shown.width() * shown.height(), "all around the map is painted"


@pytest.mark.parametrize("size", [QSize(420, 330), SIZE, QSize(1100, 800), QSize(1900, 1300)])
@pytest.mark.parametrize("count", [10, 81, 200])
def test_the_map_has_more_room_than_its_legend(qtbot: QtBot, count: int, size: QSize) -> None:
    for name in ("class", "Alphabet of a faraway island / character"):
        sheet = MapSheet(DARK, size, contents(count, name), "data · step 3")
        shown = sheet.map_size
        assert shown.width() >= WIDE
        assert shown.width() * shown.height() > 0.5 * sheet.size.width() * sheet.size.height()


def test_of_more_values_than_a_picture_can_hold_the_rest_is_counted(qtbot: QtBot) -> None:
    told = replace(contents(2_200), left=300)
    texts = texts_of(MapSheet(DARK, QSize(2400, 1600), told, ""))
    assert f"class {MOST - 1:04d}" in texts
    assert f"class {MOST:04d}" not in texts
    assert "500 values more, in the same colours" in texts


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
    column = {image.pixel(sheet.map_size.width() + 20, y) for y in range(SIZE.height())}
    assert len(column) > 50


def test_without_a_legend_there_is_only_a_caption(qtbot: QtBot) -> None:
    sheet = MapSheet(DARK, SIZE, None, "data")
    assert sheet.size == QSize(2 * SIZE.width(), 2 * SIZE.height() + CAPTION)
    assert texts_of(sheet) == ["data"]


def test_a_png_of_a_large_sheet_is_offered_only_as_fine_as_it_fits_into_memory() -> None:
    assert [choice.params["ratio"] for choice in Png.choices(1_600, 900)] == [1, 2, 3, 4]
    assert [choice.params["ratio"] for choice in Png.choices(2_700, 5_400)] == [1, 2, 3, 4]
    assert [choice.params["ratio"] for choice in Png.choices(4_000, 8_000)] == [1, 2]
