"""Every figure on screen has a tip that says what it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import cast

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtWidgets import QLabel, QTableView, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.metrics.evaluate_panel import EvaluatePanel
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.training.run_bar_figure import RunBarFigure
from explorer.ui.widgets.plot_legend import LegendEntry
from tests.helpers.windows import ready_session
from tests.ui.conftest import LONG

NAMES = ("QTipLabel", "toast", "tour")
"""Objects whose labels are sentences, or tips themselves."""


def trained(qtbot: QtBot, window: MainWindow) -> None:
    session = ready_session(qtbot, window)
    session.configure(session.recipe.with_value("epochs", 2))
    session.train()
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    panel = cast(EvaluatePanel, window.workspace.panels["evaluate"])
    panel.start()
    qtbot.waitUntil(lambda: panel.table.rows.rowCount() > 0, timeout=LONG)
    qtbot.waitUntil(lambda: "trust" in window.workspace.panels["map"].status, timeout=LONG)


def figures_of(widget: QWidget) -> Iterator[tuple[str, str]]:
    """Yield every figure inside, as it is written, with its tip: labels that hold digits, keys of plots, cells."""
    for label in widget.findChildren(QLabel):
        above = label.parentWidget()
        if isinstance(above, RunBarFigure):
            yield label.text(), above.toolTip()
        elif re.search(r"\d", label.text()) and label.isVisibleTo(widget):
            yield label.text(), label.toolTip()
    for key in widget.findChildren(LegendEntry):
        if key.value:
            yield f"{key.name} {key.value}", key.toolTip().replace("Click to show or hide", "").partition("\n")[2]
    for table in widget.findChildren(QTableView):
        yield from cells_of(table.model())


def cells_of(model: QAbstractItemModel) -> Iterator[tuple[str, str]]:
    for column in range(model.columnCount()):
        title = model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
        for row in range(model.rowCount()):
            index = model.index(row, column)
            tip = index.data(Qt.ItemDataRole.ToolTipRole) or title
            yield f"{type(model).__name__} {index.siblingAtColumn(0).data()}: {index.data()}", str(tip or "")


@pytest.mark.full
def test_every_figure_has_a_tip(qtbot: QtBot, open_window: Callable[..., MainWindow]) -> None:
    window = open_window("sample:digits")
    trained(qtbot, window)
    without: list[str] = []
    for key, dock in window.workspace.docks.items():
        dock.panel.come_forward()
        window.grab()  # what is shortened finds its tip when it is painted
        without += [f"{key}: {text}" for text, tip in figures_of(dock) if not tip.strip()]
    window.workspace.panels["map"].grab()
    assert window.run_bar is not None
    for place in (window.run_bar, window.centre, window.status_bar):
        without += [f"{place.objectName()}: {text}" for text, tip in figures_of(place) if not tip.strip()]
    window.runs.open_page()
    page = window.runs.page
    assert page is not None
    qtbot.waitUntil(lambda: page.details.run is not None and not window.grab().isNull(), timeout=LONG)
    without += [f"runs: {text}" for text, tip in figures_of(page) if not tip.strip()]
    model = page.view.model()
    tips = [model.index(0, place).data(Qt.ItemDataRole.ToolTipRole) for place in range(model.columnCount())]
    assert any("Share of the items" in tip for tip in tips)
    assert all(
        model.headerData(place, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole) for place in range(len(tips))
    )
    assert not without, "\n".join(without)
