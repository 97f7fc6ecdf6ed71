"""The button and the menu with which a panel saves its plots, and what is in the files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import cast

import pytest
from PIL import Image
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from explorer.core.types import PIXELS_RUN, Evaluation, StepMetrics, TripletCensus
from explorer.ui.metrics.curves_panel import CurvesPanel
from explorer.ui.metrics.triplets_panel import TripletsPanel
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.figures.figure import Chart
from explorer.ui.widgets.theme import DARK
from tests.helpers.windows import wait_gone
from tests.ui.panel_desk import Held

COUNT = 1200


@pytest.fixture
def panel(qtbot: QtBot, desk: Desk) -> CurvesPanel:
    made = CurvesPanel(desk)
    qtbot.addWidget(made)
    for tool in made.header_tools:
        qtbot.addWidget(tool)
    return made


def train(qtbot: QtBot, panel: CurvesPanel | TripletsPanel) -> None:
    bridge = panel.desk.bridge
    bridge.of(Evaluation).emit(Evaluation(PIXELS_RUN, 0, "held-out", {"recall@1": 0.8}, 100, 10, unseen=True))
    census = TripletCensus(0.2, 700, 200, 100)
    steps = range(1, COUNT + 1)
    bridge.metrics.emit([StepMetrics("r1", k, 0, 1 / k, 0.5, 1.0, 1e-3, 900.0, census) for k in steps])
    bridge.of(Evaluation).emit(Evaluation("r1", COUNT, "held-out", {"recall@1": 0.9}, 100, 10, unseen=True))
    qtbot.waitUntil(lambda: panel.body_shown)


def entries(panel: CurvesPanel) -> dict[str, QAction]:
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return {action.text(): action for action in menu.actions()}


def closed(qtbot: QtBot) -> None:
    menu = QApplication.activePopupWidget()
    if menu is not None:  # the dialog that an entry opened may have closed it
        menu.close()
        wait_gone(qtbot, menu)


def test_an_empty_panel_says_that_there_is_nothing_to_save(qtbot: QtBot, panel: CurvesPanel) -> None:
    panel.export.button.click()
    assert not entries(panel)["Nothing to save yet"].isEnabled()
    closed(qtbot)


def test_the_list_of_commands_finds_the_button_by_what_it_writes_and_opens_its_menu(
    qtbot: QtBot, panel: CurvesPanel
) -> None:
    (found,) = panel.found_by_name
    assert "CSV" in found.title
    found.go()
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    assert "Nothing to save yet" in entries(panel)
    closed(qtbot)


def test_the_button_asks_where_and_the_file_has_every_step(qtbot: QtBot, panel: CurvesPanel, tmp_path: Path) -> None:
    train(qtbot, panel)
    panel.desk.settings.set_folder(str(tmp_path))
    panel.plot.setXRange(10, 20)  # what is zoomed into does not matter
    panel.export.button.click()
    assert {"Save as PNG…", "Save as SVG…", "Save as CSV…", "Copy as CSV"} <= set(entries(panel))
    entries(panel)["Save as CSV…"].trigger()
    closed(qtbot)
    dialog = next(found for found in panel.window().findChildren(QFileDialog) if found.isVisible())
    dialog.selectFile(str(tmp_path / "out"))
    dialog.accept()
    with open(tmp_path / "out.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(1, COUNT + 1))
    assert [float(row["loss of active"]) for row in rows] == [1 / k for k in range(1, COUNT + 1)]
    assert [row["recall@1"] for row in rows if row["recall@1"]] == ["0.9"]
    assert cast(Held, panel.desk.session).asked[-2:] == ["Save out.csv", f"Saved {tmp_path / 'out.csv'}"]


def test_lines_are_called_in_figures_as_they_are_on_screen(qtbot: QtBot, panel: CurvesPanel) -> None:
    train(qtbot, panel)
    panel.desk.bridge.of(Evaluation).emit(Evaluation("r1", COUNT, "train", {"recall@1": 0.95}, 100, 10, unseen=False))
    (figure,) = panel.export.figures()
    assert isinstance(figure, Chart)
    shown = {panel.keys.entry(name).shown for name in ("recall@1", "seen@1", "loss", "active")}
    assert "training recall@1" in shown
    assert shown <= set(figure.columns.titles)
    assert {"recall@1", "training recall@1"} <= {trace.name for trace in figure.traces}
    assert not any("seen@1" in name for name in (*figure.columns.titles, *(trace.name for trace in figure.traces)))


def test_on_light_paper_the_ground_is_white_else_that_of_the_window(
    qtbot: QtBot, panel: CurvesPanel, tmp_path: Path
) -> None:
    train(qtbot, panel)
    (figure,) = panel.export.figures()
    for name, ground in (("light", (255, 255, 255)), ("dark", DARK.rgb("panel"))):
        panel.export.save(tmp_path / f"{name}.png", figure, "png")
        with Image.open(tmp_path / f"{name}.png") as image:
            assert image.convert("RGB").getpixel((2, 2)) == ground
        panel.export.button.click()
        paper = entries(panel)["On light paper"]
        assert paper.isChecked() == (name == "light")
        paper.trigger()
        closed(qtbot)


def test_shares_of_triplets_are_saved_as_the_counts_that_they_are_of(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    panel = TripletsPanel(desk)
    qtbot.addWidget(panel)
    for tool in panel.header_tools:
        qtbot.addWidget(tool)
    train(qtbot, panel)
    (figure,) = panel.export.figures()
    panel.export.save(tmp_path / "t.csv", figure, "csv")
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[:2] == ["step,hard,semi-hard,easy", "1,100.0,200.0,700.0"]
    assert len(lines) == COUNT + 1
