"""Both names of a pair can be read where a cell has no room for them whole."""

from __future__ import annotations

from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.pair_names import elided_pair
from explorer.ui.widgets.text import ui_font


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
