"""Both names of a pair can be read where a cell has no room for them whole."""

from __future__ import annotations

from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.pair_names import TWO_LINES, PairRows, elided_pair, pair_in_lines
from explorer.ui.widgets.simple_table import ROW_HEIGHT, SimpleTable
from explorer.ui.widgets.text import ui_font
from explorer.ui.widgets.theme import ThemeManager


def test_each_name_of_a_pair_keeps_its_beginning(qtbot: QtBot) -> None:
    font = ui_font(12)
    for pair in ("Sweet-Potato-Small-Red → Royal-Gala-Apples-Large", "Arla-Natural-Yoghurt – Arla-Sour-Milk-Large"):
        mark = pair[len(pair.split(" ")[0]) :][:3]
        shown = elided_pair(pair, font, 150)
        first, second = shown.split(mark)
        assert (first[:5], second[:5]) == tuple(name[:5] for name in pair.split(mark))
        assert QFontMetrics(font).horizontalAdvance(shown) <= 150
    assert elided_pair("Lime → Royal-Gala-Apples-Large-Red", font, 150).startswith("Lime → Royal-Gala-A")
    assert elided_pair("Lime → Kiwi", font, 150) == "Lime → Kiwi"


def test_pairs_have_two_lines_where_one_would_cut_them(qtbot: QtBot, themes: ThemeManager) -> None:
    table = SimpleTable("Pairs", ("Pair", "Violated"), (60, 68))
    qtbot.addWidget(table)
    PairRows(table)
    table.show_rows([("Banana → Honeydew-Melon", "100.0 %"), ("Kiwi → Lime", "9.0 %")])
    heights = []
    for width in (400, 170, 400):
        table.resize(width, 200)
        table.show()
        QApplication.processEvents()
        heights.append(table.rowHeight(0))
    assert heights == [ROW_HEIGHT, TWO_LINES, ROW_HEIGHT]
    font = ui_font(12)
    assert pair_in_lines("Banana → Honeydew-Melon", font, 120) == "Banana →\N{LINE SEPARATOR}Honeydew-Melon"
    assert "…" in pair_in_lines("Banana → Honeydew-Melon", font, 60)
