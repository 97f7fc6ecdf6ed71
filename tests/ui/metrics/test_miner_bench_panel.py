from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.events import RunStarted
from explorer.core.types import JobStatus, Split
from explorer.engine.events import DatasetOpened, RunShown
from explorer.engine.session.miner_bench import Example, MinerBench, MinerFigures
from explorer.ui.metrics.miner_bench_panel import OUTDATED, MinerBenchPanel
from explorer.ui.metrics.miner_table import FAR, HARDNESS, MINER, SHARED, TRIPLETS
from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.figures.figure import Listing
from explorer.ui.widgets.text import ui_font
from explorer.ui.widgets.text_size import USUAL, text_size
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.helpers.data import picture_folder
from tests.ui.conftest import LONG
from tests.ui.panel_desk import Held, desk_of, on_screen

LABELS = blobs(200, 10)[1]
SPLIT = Split("items", np.arange(150), np.arange(150, 200), False)


def figures(name: str, triplets: int, hardness: float | None, *items: int) -> MinerFigures:
    examples = tuple(Example(item, item + 1, 199 - item, 0.4, 0.5) for item in items)
    mean = None if hardness is None else 0.5
    title = name.replace("_", " ").capitalize()
    return MinerFigures(name, title, triplets, 0.1, mean, hardness, mean, mean, 0, examples)


BENCH = MinerBench(
    "r1",
    24,
    True,
    "P × K",
    "semi_hard",
    0.2,
    128,
    10,
    5000,
    (
        figures("all", 5000, -0.4, *range(24)),
        figures("easy", 0, None),
        figures("hard", 128, 0.3, 40, 41, 42),
        figures("semi_hard", 700, 0.1, 50, 51),
    ),
    np.array([[1, 0, 0.025, 0.14], [0, 0, 0, 0], [0.025, 0, 1, 0.3], [0.14, 0, 0.3, 1]], np.float32),
)


@pytest.fixture
def held() -> Held:
    return Held(dataset=dataset_of(LABELS, CLOTHES), split=SPLIT, run="r1")


@pytest.fixture
def desk(held: Held, tmp_path: Path) -> Desk:
    return desk_of(held, Settings(tmp_path / "settings.json"))


@pytest.fixture
def panel(qtbot: QtBot, desk: Desk) -> Iterator[MinerBenchPanel]:
    with on_screen(qtbot, MinerBenchPanel, desk, 800, 300) as panel:
        yield panel


def column(panel: MinerBenchPanel, place: int) -> list[str]:
    rows = panel.table.rows
    return [str(rows.index(row, place).data()) for row in range(rows.rowCount())]


def select(panel: MinerBenchPanel, name: str) -> None:
    row = column(panel, MINER).index(name)
    at = panel.table.visualRect(panel.table.rows.index(row, MINER)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)


def test_run_asks_the_session_once_until_it_has_answered(panel: MinerBenchPanel, desk: Desk, held: Held) -> None:
    assert not panel.body_shown
    QTest.mouseClick(panel.run_button, Qt.MouseButton.LeftButton)
    assert held.asked == ["bench"]
    assert panel.status == "comparing…"
    assert not panel.run_button.isEnabled()
    desk.commands["miners.bench"].trigger()
    assert held.asked == ["bench"]
    desk.bridge.of(JobStatus).emit(JobStatus(6, "another", 0, 0, "finished"))
    assert not panel.run_button.isEnabled()
    desk.bridge.of(MinerBench).emit(BENCH)
    desk.bridge.of(JobStatus).emit(JobStatus(7, "Compare miners", 0, 0, "finished"))
    assert panel.run_button.isEnabled()
    assert panel.body_shown
    assert panel.status == "128 items, 10 classes · m 0.20 · step 24"
    desk.commands["miners.bench"].trigger()
    assert held.asked == ["bench", "bench"]


def test_a_job_that_fails_leaves_the_button_on(panel: MinerBenchPanel, desk: Desk) -> None:
    panel.start()
    desk.bridge.of(JobStatus).emit(JobStatus(7, "Compare miners", 0, 0, "failed"))
    assert panel.run_button.isEnabled()
    assert panel.status == ""
    assert not panel.body_shown


def test_the_hardest_comes_first_and_the_miner_of_the_recipe_is_selected(panel: MinerBenchPanel, desk: Desk) -> None:
    desk.bridge.of(MinerBench).emit(BENCH)
    assert column(panel, MINER) == ["Hard", "Semi hard", "All", "Easy"]
    assert column(panel, HARDNESS) == ["+0.300", "+0.100", "−0.400", "–"]
    assert column(panel, SHARED) == ["30.0 %", "100.0 %", "14.0 %", "0.0 %"]
    assert panel.table.currentIndex().row() == 1
    assert panel.caption.text() == "2 of 700, hardest first"


def test_a_click_on_a_header_sorts_and_keeps_the_selection(panel: MinerBenchPanel, desk: Desk) -> None:
    desk.bridge.of(MinerBench).emit(BENCH)
    header = panel.table.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(TRIPLETS) + 20, header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    ascending = ["0", "128", "700", "5,000"]
    assert column(panel, TRIPLETS) in (ascending, ascending[::-1])
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert column(panel, TRIPLETS) in (ascending, ascending[::-1])
    current = panel.table.currentIndex()
    assert column(panel, MINER)[current.row()] == "Semi hard"
    marks = [str(panel.table.rows.headerData(place, Qt.Orientation.Horizontal)) for place in (TRIPLETS, HARDNESS)]
    assert marks[0][-1] in "▾▴"
    assert marks[1] == "Hardness"


def test_the_triplets_of_the_selected_miner_are_shown(panel: MinerBenchPanel, desk: Desk) -> None:
    desk.bridge.of(MinerBench).emit(BENCH)
    select(panel, "Hard")
    assert column(panel, SHARED) == ["100.0 %", "30.0 %", "2.5 %", "0.0 %"]
    shown = [tiles for tiles in panel.strip.rows if tiles[0].isVisible()]
    assert [tuple(tile.item for tile in tiles) for tiles in shown] == [(40, 41, 159), (41, 42, 158), (42, 43, 157)]
    assert [tile.frame for tile in shown[0]] == ["accent", "right", "wrong"]
    assert [tile.text_shown.left for tile in shown[0]] == ["+0.10", "0.400", "0.500"]
    select(panel, "Easy")
    assert panel.caption.text() == "no triplet of this batch"
    assert not any(tiles[0].isVisible() for tiles in panel.strip.rows)


def test_a_click_on_a_picture_pins_it_and_ctrl_keeps_the_others(panel: MinerBenchPanel, desk: Desk) -> None:
    desk.bridge.of(MinerBench).emit(BENCH)
    select(panel, "Hard")
    anchor, _, negative = panel.strip.rows[0]
    QTest.mouseClick(anchor, Qt.MouseButton.LeftButton)
    assert list(desk.state.pins.items) == [40]
    assert desk.state.selection.tolist() == [40]
    QTest.mouseClick(negative, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier)
    assert list(desk.state.pins.items) == [40, 159]
    negative.hovered.emit(True)
    assert desk.state.hover == 159
    negative.hovered.emit(False)
    assert desk.state.hover == -1


def test_another_result_keeps_the_selected_miner(panel: MinerBenchPanel, desk: Desk) -> None:
    desk.bridge.of(MinerBench).emit(BENCH)
    select(panel, "Hard")
    desk.bridge.of(MinerBench).emit(replace(BENCH, run="pixels", step=0))
    assert column(panel, MINER)[panel.table.currentIndex().row()] == "Hard"
    assert panel.status.endswith("raw pixels")


def test_columns_come_with_the_room(panel: MinerBenchPanel, desk: Desk, qtbot: QtBot) -> None:
    desk.bridge.of(MinerBench).emit(BENCH)

    def shown() -> list[int]:
        return [place for place in range(FAR + 2) if not panel.table.isColumnHidden(place)]

    panel.resize(420, 300)
    qtbot.waitUntil(lambda: shown() == [MINER, TRIPLETS, HARDNESS])
    assert panel.strip.width() >= panel.strip.least_width()
    named = replace(BENCH.miners[3], title="False-negative guard (whose words are left to the tip)")
    desk.bridge.of(MinerBench).emit(replace(BENCH, miners=(*BENCH.miners[:3], named)))
    panel.resize(341, 300)  # a third of a small window
    qtbot.waitUntil(lambda: shown() == [MINER, HARDNESS])
    table, letters = panel.table, QFontMetrics(ui_font(12))
    assert "False-negative guard" in column(panel, MINER)
    longest = max(map(letters.horizontalAdvance, column(panel, MINER)))
    qtbot.waitUntil(lambda: panel.width() == 341 and longest <= table.columnWidth(MINER) - 12)
    assert panel.strip.width() >= panel.strip.least_width()
    panel.resize(1000, 300)
    qtbot.waitUntil(lambda: shown() == list(range(7)))
    assert panel.strip.width() >= 2 * panel.strip.least_width() - 2 * 12


def test_how_hard_a_miner_is_stands_beside_its_name_in_large_text(
    panel: MinerBenchPanel, desk: Desk, qtbot: QtBot, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(lambda: text_size().choose(USUAL))
    desk.bridge.of(MinerBench).emit(BENCH)
    text_size().choose(200)
    panel.resize(560, 300)
    table = panel.table
    qtbot.waitUntil(lambda: panel.width() == 560 and table.isColumnHidden(TRIPLETS))
    assert not table.isColumnHidden(HARDNESS)
    right = table.columnViewportPosition(HARDNESS) + table.columnWidth(HARDNESS)
    qtbot.waitUntil(lambda: right <= table.viewport().width())


def test_other_data_forget_the_result(panel: MinerBenchPanel, desk: Desk, held: Held) -> None:
    desk.bridge.of(MinerBench).emit(BENCH)
    held.split = None
    assert held.dataset is not None
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, None))
    assert not panel.body_shown
    assert panel.status == ""
    assert not panel.run_button.isEnabled()
    assert not desk.commands["miners.bench"].isEnabled()


def test_data_that_were_added_are_said_to_be_why_the_result_is_gone(
    panel: MinerBenchPanel, desk: Desk, held: Held
) -> None:
    assert held.dataset is not None
    added = DatasetOpened(held.dataset, held.split, "test")
    desk.bridge.of(RunShown).emit(RunShown(1, "r1"))  # before that, as the session tells it
    desk.bridge.of(DatasetOpened).emit(added)
    assert panel._empty.text() == panel.empty_text, "there was none"
    panel.start()
    desk.bridge.of(RunShown).emit(RunShown(2, "r1"))
    desk.bridge.of(DatasetOpened).emit(added)
    assert panel._empty.text() == OUTDATED, "it was being compared"
    desk.bridge.of(MinerBench).emit(BENCH)
    desk.bridge.of(DatasetOpened).emit(added)
    assert not panel.body_shown
    assert panel._empty.text() == OUTDATED
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, held.split))
    assert panel._empty.text() == panel.empty_text


def test_another_run_forgets_the_result_and_the_same_one_does_not(panel: MinerBenchPanel, desk: Desk) -> None:
    desk.bridge.of(MinerBench).emit(BENCH)
    desk.bridge.run_event.emit(RunStarted("r1", 24, 100, 1, "cpu", 1, 10))
    assert panel.body_shown
    desk.bridge.of(RunShown).emit(RunShown(1, "r2"))
    assert not panel.body_shown


def test_in_the_window_it_is_a_tab_beside_the_triplets(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    window = open_window(str(picture_folder(tmp_path / "fruit", {"apple": 12, "pear": 12, "plum": 12})))
    assert window.bridge is not None
    train = window.commands["run.train"]
    qtbot.waitUntil(train.isEnabled, timeout=LONG)
    bench, triplets = (window.workspace.docks[name] for name in ("miner_bench", "triplets"))
    qtbot.waitUntil(lambda: window.tabifiedDockWidgets(triplets) == [bench], timeout=LONG)
    qtbot.waitUntil(lambda: window.workspace.shown and not triplets.visibleRegion().isEmpty(), timeout=LONG)
    assert bench.visibleRegion().isEmpty()
    with qtbot.waitSignal(window.bridge.of(MinerBench), timeout=LONG) as told:
        window.commands["miners.bench"].trigger()
    qtbot.waitUntil(lambda: not bench.visibleRegion().isEmpty())
    assert triplets.visibleRegion().isEmpty()
    panel = bench.panel
    assert isinstance(panel, MinerBenchPanel)
    assert panel.body_shown
    assert panel.table.rows.rowCount() == len(told.args[0].miners)
    qtbot.waitUntil(panel.run_button.isEnabled, timeout=LONG)
    assert panel.status.endswith("raw pixels")


def test_the_table_is_taken_away_in_its_order_with_numbers_in_full(panel: MinerBenchPanel, desk: Desk) -> None:
    desk.bridge.of(MinerBench).emit(BENCH)
    (figure,) = panel.export.figures()
    assert isinstance(figure, Listing)
    assert [row[0] for row in figure.rows] == column(panel, 0)
    assert list(figure.columns.cells[0]) == column(panel, 0)
    triplets = {found.title: found.triplets for found in BENCH.miners}
    assert list(figure.columns.cells[1]) == [triplets[title] for title in column(panel, 0)]
