"""Where a legend stands on the sheet of an exported map: beside the map, below it, or both, and always whole."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, QSize
from pytestqt.qtbot import QtBot

from explorer.ui.map.export.legend_columns import (
    BESIDE,
    DENSE,
    PAD,
    ROOMY,
    ROOMY_COLUMNS,
    TALLEST,
    Line,
    Placed,
    placed,
)

MAP, CAPTION = QSize(850, 560), 32


def named(count: int, name: str = "class") -> list[Line]:
    return [Line("class", token="muted"), *(Line(f"{name} {k:04d}", str(k), (9, 9, 9)) for k in range(count))]


def place(lines: list[Line], map_size: QSize = MAP) -> Placed:
    return placed(lines, map_size, caption=CAPTION, bar=QSize())


def boxes(made: Placed) -> list[QRect]:
    high = made.rows.height
    return [QRect(one.left, one.top, one.width, len(one.lines) * high) for one in made.columns if one.lines]


@pytest.mark.parametrize("name", ["class", "Alphabet of a faraway island / character", "a name of many words " * 9])
@pytest.mark.parametrize("map_size", [QSize(300, 200), MAP, QSize(2100, 1300)])
@pytest.mark.parametrize("count", [3, 25, 81, 256, 1_000, 2_000])
def test_every_line_has_its_place_on_the_sheet_beside_or_below_the_map_and_room_for_its_words(
    qtbot: QtBot, count: int, map_size: QSize, name: str
) -> None:
    lines = named(count, name)
    made = place(lines, map_size)
    assert [line for column in made.columns for line in column.lines] == lines
    sheet = QRect(0, 0, made.size.width(), made.size.height()).adjusted(PAD, PAD, -PAD, 0)
    taken = QRect(0, 0, map_size.width(), map_size.height() + (CAPTION if made.below else 0))
    placed_boxes = boxes(made)
    for number, box in enumerate(placed_boxes):
        assert sheet.contains(box)
        assert not box.intersects(taken)
        assert not any(box.intersects(other) for other in placed_boxes[:number])
    for column in made.columns:
        assert all(line.width(made.rows) <= column.width for line in column.lines)
    if made.below:
        assert made.size.height() <= TALLEST * made.size.width()


def test_a_few_names_stand_in_high_rows_and_more_in_low_ones_beside_the_map(qtbot: QtBot) -> None:
    few, more = place(named(25)), place(named(81))
    assert (few.rows.height, more.rows.height) == (ROOMY.height, DENSE.height)
    assert len(few.columns) <= ROOMY_COLUMNS
    assert not few.below
    assert not more.below
    assert more.size.width() <= (1 + BESIDE) * MAP.width()


def test_long_names_stand_below_the_map_and_the_sheet_stays_as_wide(qtbot: QtBot) -> None:
    made = place(named(81, "Alphabet of a faraway island / character"))
    assert made.below
    assert made.size.width() == MAP.width()


def test_a_thousand_names_go_on_beside_the_map_where_the_sheet_would_be_a_strip(qtbot: QtBot) -> None:
    made = place(named(1_000))
    beside = [box for box in boxes(made) if box.left() > MAP.width()]
    assert beside
    assert min(box.top() for box in beside) < MAP.height() / 4
    assert len({(box.top() - boxes(made)[0].top()) % made.rows.height for box in boxes(made)}) == 1, "rows are in line"
