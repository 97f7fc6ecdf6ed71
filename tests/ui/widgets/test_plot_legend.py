from __future__ import annotations

from pytestqt.qtbot import QtBot

from explorer.ui.widgets.plot_legend import PlotLegend
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
