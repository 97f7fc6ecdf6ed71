from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.widgets.plot_legend import DASHED, DOTTED, PlotLegend
from explorer.ui.widgets.theme import ThemeManager


def test_an_entry_with_the_focus_shows_its_name_and_value_in_a_frame(qtbot: QtBot, themes: ThemeManager) -> None:
    legend = PlotLegend(themes)
    qtbot.addWidget(legend)
    legend.resize(300, 40)
    legend.add("loss", "semi_hard")
    legend.set_value("loss", "0.102")
    with qtbot.waitExposed(legend):
        legend.show()
    legend.activateWindow()
    entry = legend._keys["loss"]
    entry.setFocus()
    qtbot.waitUntil(entry.hasFocus)
    image = entry.grab().toImage()
    fill = themes.current.colour("semi_hard").name()
    beyond = [(x, y) for x in range(12, image.width()) for y in range(image.height())]
    assert image.pixelColor(4, image.height() // 2).name() == fill  # the swatch
    assert not [at for at in beyond if image.pixelColor(*at).name() == fill]


def test_a_name_without_a_value_is_whole_and_says_what_it_is(qtbot: QtBot, themes: ThemeManager) -> None:
    legend = PlotLegend(themes)
    qtbot.addWidget(legend)
    legend.resize(300, 40)
    legend.add("recall@1", "accent", told="what it is")
    entry = legend.entry("recall@1")
    assert "what it is" in entry.toolTip()
    bare = entry.grab().toImage()
    entry.resize(entry.width() + 40, entry.height())
    assert entry.grab().toImage().copy(bare.rect()) == bare


def test_of_another_run_an_entry_waits_for_its_first_value_again(qtbot: QtBot, themes: ThemeManager) -> None:
    legend = PlotLegend(themes)
    qtbot.addWidget(legend)
    legend.resize(400, 40)
    legend.add("recall@1", "accent")
    for name in ("training recall@1", "asked for"):
        legend.add(name, "accent", shown=False)
    legend.set_shown("asked for", True)
    legend.set_value("training recall@1", "0.9")
    shown = {name: not legend.entry(name).isHidden() for name in ("recall@1", "training recall@1", "asked for")}
    assert shown == dict.fromkeys(shown, True)
    legend.reset()
    assert legend.entry("training recall@1").isHidden()
    assert not legend.entry("recall@1").isHidden()
    assert not legend.entry("asked for").isHidden()


def test_entries_without_room_are_in_a_menu_and_come_back_with_it(qtbot: QtBot, themes: ThemeManager) -> None:
    body = QWidget()
    qtbot.addWidget(body)
    legend = PlotLegend(themes, body)
    body.resize(220, 400)
    legend.resize(220, 20)
    values = {"recall@1": "0.834", "recall@5": "0.940", "loss": "0.149", "raw pixels": "0.423", "active": "9 %"}
    for name in (*values, "given hold"):
        legend.add(name, "accent", shown=name != "given hold")
    for name, value in values.items():
        legend.set_value(name, value)
    body.show()

    def seen() -> list[str]:
        return [name for name in values if legend.entry(name).isVisible()]

    legend.leave(body, 96)
    assert seen() == list(values)
    assert legend.rest.isHidden()
    body.resize(220, 140)  # room for two rows
    assert seen() == ["recall@1", "recall@5", "loss"]
    assert legend.height() == 40
    assert legend.rest.text() == "+2"
    assert "raw pixels, active" in legend.rest.toolTip()
    assert legend.rect().contains(legend.rest.geometry())
    legend.rest.menu().aboutToShow.emit()
    pixels, active = legend.rest.menu().actions()
    assert (pixels.text(), active.text()) == ("raw pixels  0.423", "active  9 %")
    with qtbot.waitSignal(legend.toggled) as told:
        active.trigger()
    assert told.args == ["active", False]
    body.resize(220, 60)
    assert legend.height() == 20, "one row in any case"
    body.resize(220, 400)
    assert seen() == list(values)
    assert not legend.entry("active").isChecked()


def test_the_swatch_of_a_line_is_solid_dashed_or_dotted_as_the_line_is(qtbot: QtBot, themes: ThemeManager) -> None:
    legend = PlotLegend(themes)
    qtbot.addWidget(legend)
    legend.resize(600, 20)
    ground = themes.current.colour("panel").name()
    legend.setStyleSheet(f"background: {ground};")
    strokes = []
    for name, dashes in (("loss", ()), ("raw pixels", DASHED), ("active", DOTTED)):
        legend.add(name, "muted", dashes=dashes)
        image = legend.entry(name).grab().toImage()
        row = [image.pixelColor(x, image.height() // 2).name() != ground for x in range(11)]
        strokes.append(sum(drawn and not before for before, drawn in zip([False, *row], row, strict=False)))
    assert strokes == [1, 2, 3]


def test_what_leads_to_the_rest_lies_over_no_entry(qtbot: QtBot, themes: ThemeManager) -> None:
    body = QWidget()
    qtbot.addWidget(body)
    legend = PlotLegend(themes, body)
    body.resize(200, 136)  # room for two rows
    legend.resize(200, 20)
    for name in ("same class", "different class", "threshold"):
        legend.add(name, "accent")
        legend.set_value(name, "20.7 % · 1,845 accepted by it")
    legend.leave(body, 96)
    body.show()
    shown = [legend.entry(name) for name in ("same class", "different class")]
    assert all(entry.isVisible() for entry in shown)
    assert legend.rest.isVisible()
    assert not any(entry.geometry().intersects(legend.rest.geometry()) for entry in shown)


def test_what_is_below_makes_way_at_once_for_another_row(qtbot: QtBot, themes: ThemeManager) -> None:
    body = QWidget()
    qtbot.addWidget(body)
    legend, below = PlotLegend(themes), QWidget()
    column, top = QVBoxLayout(body), QHBoxLayout()
    top.addWidget(legend, 1)
    column.addLayout(top)
    column.addWidget(below, 1)
    body.resize(200, 200)
    with qtbot.waitExposed(body):
        body.show()
    for name in ("same class", "different class"):
        legend.add(name, "accent")
        legend.set_value(name, "20.7 % · 1,845 refused")
    assert legend.height() == 40
    assert below.y() > legend.geometry().bottom()


def test_what_is_below_makes_way_where_the_window_becomes_narrower(qtbot: QtBot, themes: ThemeManager) -> None:
    body, below = QWidget(), QWidget()
    qtbot.addWidget(body)
    legend, top, rows = PlotLegend(themes, body), QHBoxLayout(), QVBoxLayout(body)
    for name in ("same class", "different class", "threshold"):
        legend.add(name, "accent")
        legend.set_value(name, "9.5 % · 5,490 accepted")
    top.addWidget(legend, 1)
    rows.addLayout(top)
    rows.addWidget(below, 1)
    body.resize(900, 200)
    with qtbot.waitExposed(body):
        body.show()
    one = legend.height()
    body.resize(300, 200)
    qtbot.waitUntil(lambda: legend.height() == 3 * one and below.y() > legend.geometry().bottom())
