from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontInfo, QFontMetrics, QFontMetricsF, QTextDocument
from PySide6.QtGui import Qt as RichText
from PySide6.QtWidgets import QTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.text import (
    ElidedLabel,
    KeptLabel,
    PartsLabel,
    PlainLabel,
    WholeLabel,
    count,
    counted,
    duration,
    elided,
    elided_shared,
    number_font,
    percent,
    plain_tip,
    shared_beginning,
    ui_font,
)
from explorer.ui.widgets.theme import ThemeManager
from explorer.ui.widgets.tiles import Tile, TileText


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (48.4, "48 s"), (59.7, "1 min 00 s"), (108, "1 min 48 s"), (7_500, "2 h 05 min"), (-3, "0 s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_numbers() -> None:
    assert count(70_000) == "70,000"
    assert counted(1, "picture") == "1 picture"
    assert counted(1_623, "class", "classes") == "1,623 classes"
    assert percent(0.1836) == "18.4 %"


def test_the_width_that_is_kept_for_a_label_is_not_what_its_text_needs(qtbot: QtBot) -> None:
    for label in (KeptLabel("step 12"), ElidedLabel("step 12")):
        qtbot.addWidget(label)
        needed = label.sizeHint().width()
        label.keep_width(300)
        label.setText("step 13")
        assert (label.minimumSizeHint().width(), label.sizeHint().width()) == (300, needed)
        label.keep_width(0)
        assert label.minimumSizeHint().width() == label.least_width() <= needed


def test_the_end_of_a_line_that_is_a_number_is_never_shortened(qtbot: QtBot) -> None:
    label = ElidedLabel("Tropicana-Golden #1321", mode=Qt.TextElideMode.ElideMiddle)
    qtbot.addWidget(label)
    label.end = " #1321"
    for letters in ("Tropicana… #1321", "Trop… #1321"):
        label.resize(label.fontMetrics().horizontalAdvance(letters) + 2, 20)
        assert label.shown_text() == letters
    label.resize(label.sizeHint())
    assert label.shown_text() == label.text()


def test_of_a_number_without_room_no_beginning_is_shown(qtbot: QtBot) -> None:
    label = PartsLabel("2,485 items · step 12")
    qtbot.addWidget(label)
    metrics = label.fontMetrics()
    for shown in ("2,485 items · step 12", "2,485 items …"):
        label.resize(metrics.horizontalAdvance(shown) + 2, 20)
        assert label.shown_text() == shown
    label.resize(metrics.horizontalAdvance("2,4…") + 2, 20)
    assert label.shown_text() == "…"
    label.setText("12")
    assert label.shown_text() == "12"


def test_of_many_parts_the_end_stays_and_those_before_it_go_one_by_one(qtbot: QtBot) -> None:
    label = PartsLabel("EER 10.3 % · AUC 0.965 · step 75")
    qtbot.addWidget(label)
    label.end = "step 75"
    for shown in (label.text(), "EER 10.3 % … · step 75", "… · step 75"):
        label.resize(label.fontMetrics().horizontalAdvance(shown) + 2, 20)
        assert label.shown_text() == shown


def test_names_are_never_markup(qtbot: QtBot) -> None:
    label = PlainLabel("<b>shirt</b><img src='x'>")
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == "<b>shirt</b><img src='x'>"


@pytest.mark.parametrize("text", ["<b>shirt</b>\n<img src='file:///x'>", "<!DOCTYPE html>", "a < b & c", "plain"])
def test_a_tooltip_shows_the_very_text(qtbot: QtBot, text: str) -> None:
    tip = plain_tip(text)
    document = QTextDocument()
    document.setHtml(tip) if RichText.mightBeRichText(tip) else document.setPlainText(tip)
    assert document.toPlainText() == text


def test_a_caption_that_is_cut_ends_in_an_ellipsis(qtbot: QtBot, themes: ThemeManager) -> None:
    pictures = []
    for caption in ("Tropicana-Golden", elided("Tropicana-Golden", number_font(11), 38)):
        tile = Tile(themes, 40, caption=True)
        qtbot.addWidget(tile)
        tile.show_item(0, None, "", TileText(caption))
        pictures.append(tile.grab().toImage())
    assert pictures[0] == pictures[1]


def test_names_in_tips_are_never_markup(qtbot: QtBot) -> None:
    name = "<img src='x'> <b>shirt</b>"
    label, themes = ElidedLabel(name), ThemeManager("dark")
    tile = Tile(themes, 40, caption=False)
    table = SimpleTable("names", ["name"], [40])
    for widget in (label, tile, table):
        qtbot.addWidget(widget)
    tile.show_item(0, None, "", TileText(tip=name))
    table.show_rows([(name,)])
    label.resize(30, 20)
    label.show()
    label.grab()
    told = table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert [label.toolTip(), tile.toolTip(), told] == [plain_tip(name)] * 3


def test_a_long_line_is_shortened_and_kept_in_the_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel("a rather long line of text that cannot fit")
    qtbot.addWidget(label)
    label.resize(80, 20)
    label.show()
    label.grab()
    assert label.shown_text().endswith("…")
    assert label.toolTip() == label.text()
    label.resize(900, 20)
    label.grab()
    assert label.shown_text() == label.text()
    assert label.toolTip() == ""


def test_no_line_of_a_note_is_cut_in_half_whatever_the_width_and_the_size_of_letters(qtbot: QtBot) -> None:
    panel, note = QWidget(), WholeLabel("195 files that are not pictures lie beside the folders of the classes")
    qtbot.addWidget(panel)
    box = QVBoxLayout(panel)
    filler = QTextEdit()
    box.addWidget(filler, 1)
    box.addWidget(note)
    panel.resize(400, 120)
    panel.show()
    for width in (400, 180, 120, 300):
        panel.resize(width, 120)
        qtbot.waitUntil(lambda: note.height() >= note.heightForWidth(note.width()))
    note.setFont(ui_font(20))
    qtbot.waitUntil(lambda: note.height() >= note.heightForWidth(note.width()))
    note.setText("")
    assert note.minimumHeight() == 0


def test_a_name_is_shortened_where_it_is_like_those_around_it(qtbot: QtBot) -> None:
    font = ui_font(12)
    names = ["Arla-Ecological-Medium-Fat-Milk", "Arla-Ecological-Sour-Cream", "Arla-Ecological-Standard-Milk"]
    shared = shared_beginning(names[0], names[1:])
    assert names[0][:shared] == "Arla-Ecological-"
    width = QFontMetrics(font).horizontalAdvance("Arla-Eco…Medium-Fat-Milk")
    shown = elided_shared(names[0], shared, font, width)
    assert shown.endswith("…Medium-Fat-Milk")
    assert shown.startswith("Arla-")
    assert QFontMetrics(font).horizontalAdvance(shown) <= width
    assert elided_shared(names[0], shared, font, 1_000) == names[0]
    narrow = [elided_shared(name, shared, font, 90) for name in names]
    assert len(set(narrow)) == 3
    assert all(QFontMetrics(font).horizontalAdvance(name) <= 90 for name in narrow)
    assert shared_beginning("a", []) == 0
    short = elided_shared(names[0], len("Arla-"), font, QFontMetrics(font).horizontalAdvance("Arla-Ecolog…Fat-Milk"))
    assert (short[:8], short.count("…")) == ("Arla-Eco", 1)


def test_the_fonts_that_are_shipped_are_those_of_the_window(themes: ThemeManager) -> None:
    for font, family in ((ui_font(), "Inter"), (ui_font(bold=True), "Inter"), (number_font(), "JetBrains Mono")):
        assert QFontInfo(font).family() == family
        widths = {QFontMetricsF(font).horizontalAdvance(digit * 8) for digit in "0123456789"}
        assert len(widths) == 1, family  # figures of one width: columns and counters do not jump
    assert QFontMetricsF(ui_font(bold=True)).horizontalAdvance("Embedding") > QFontMetricsF(
        ui_font()
    ).horizontalAdvance("Embedding")


def test_layouts_ask_a_plain_label_for_its_hints_without_python() -> None:
    """They ask hundreds of labels whenever one of them changes, which is many times a second while it trains."""
    assert not {"sizeHint", "minimumSizeHint", "event"} & {*vars(PlainLabel)}
