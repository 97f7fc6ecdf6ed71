from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.recipe import Recipe
from explorer.core.registry import catalogue
from explorer.engine.run_rows import RunRow
from explorer.engine.run_table import RunTable, read_table
from explorer.ui.shell.saved_runs.parallel_axes import NONE, ParallelAxes, axis_of_column, readable
from explorer.ui.shell.saved_runs.run_columns import columns_of
from explorer.ui.widgets.theme import ThemeManager
from tests.engine.test_saved_runs import written


@pytest.fixture
def rows(tmp_path: Path) -> list[RunRow]:
    one = read_table(written(tmp_path / "one").parent).rows[0]
    made = []
    for place, (loss, rate) in enumerate((("triplet", 0.001), ("supcon", 0.01), ("triplet", 0.1), ("supcon", 0.1))):
        recipe = Recipe().with_settings([f"loss={loss}", f"optimiser.rate={rate}"]).resolved().model_dump()
        made.append(replace(one, path=f"/runs/{place}", recipe=recipe, metrics={"recall@1": 0.2 * place}))
    return made


@pytest.fixture
def axes(qtbot: QtBot, themes: ThemeManager, rows: list[RunRow]) -> ParallelAxes:
    made = ParallelAxes(themes)
    qtbot.addWidget(made)
    made.resize(600, 240)
    made.show()
    table = RunTable(rows)
    keys = {"loss", "optimiser.rate", "recall@1"}
    made.show_runs(rows, [column for column in columns_of(table) if column.key in keys], "recall@1")
    return made


def test_axes_are_what_differs_and_the_metric_last_rates_by_factors(axes: ParallelAxes) -> None:
    by_key = {axis.key: axis for axis in axes.axes}
    assert [axis.key for axis in axes.axes] == ["loss", "optimiser.rate", "recall@1"]
    np.testing.assert_allclose(by_key["optimiser.rate"].at, [0, 0.5, 1, 1], atol=1e-6)
    np.testing.assert_allclose(by_key["recall@1"].at, [0, 1 / 3, 2 / 3, 1], atol=1e-6)
    assert [words for _place, words in by_key["loss"].ticks] == ["Supervised contrastive", "Triplet"]
    assert len(set(by_key["loss"].at)) == 2


def test_a_length_that_was_left_open_is_called_so_and_no_number(rows: list[RunRow]) -> None:
    catalogue("encoder")
    said = ["encoder.dimension=0", "encoder.dimension=32", "encoder.dimension=512", "encoder.dimension=0"]
    rows = [
        replace(row, recipe=Recipe().with_settings(["encoder=cnn", one]).resolved().model_dump())
        for row, one in zip(rows, said, strict=True)
    ]
    column = next(one for one in columns_of(RunTable(rows)) if one.key == "encoder.dimension")
    assert [column.text(row) for row in rows] == ["auto", "32", "512", "auto"]
    assert [row.path for row in sorted(rows, key=column.order)] == ["/runs/1", "/runs/2", "/runs/0", "/runs/3"]
    axis = axis_of_column(column, rows)
    assert axis is not None
    assert axis.ticks == ((0.0, "32"), (1.0, "512"), (NONE, "auto"))
    np.testing.assert_allclose(axis.at, [NONE, 0, 1, NONE])


def test_a_length_that_was_left_open_is_the_one_it_came_to_where_that_is_known(rows: list[RunRow]) -> None:
    catalogue("encoder")
    said = [("encoder.dimension=0", None), ("encoder.dimension=32", None), ("encoder.dimension=0", 256)]
    rows = [
        replace(row, recipe=Recipe().with_settings(["encoder=cnn", one]).resolved().model_dump(), dimension=length)
        for row, (one, length) in zip(rows, said, strict=False)
    ]
    column = next(one for one in columns_of(RunTable(rows)) if one.key == "encoder.dimension")
    assert [column.text(row) for row in rows] == ["auto", "32", "256 (auto)"]
    assert [row.path for row in sorted(rows, key=column.order)] == ["/runs/1", "/runs/2", "/runs/0"]
    axis = axis_of_column(column, rows)
    assert axis is not None
    assert axis.ticks == ((0.0, "32"), (1.0, "256"), (NONE, "auto"))


def test_words_of_an_axis_lie_over_no_others() -> None:
    ticks = [(0.0, "0.7517"), (0.07, "0.7694"), (0.48, "0.8721"), (0.93, "0.9833"), (0.98, "0.9944"), (1.0, "1")]
    kept = readable(ticks, lambda share: 160 * (1 - share), 14)
    assert sorted(words for _, words in kept) == ["0.7517", "0.8721", "1"]
    assert readable(ticks[:1], lambda share: share, 14) == ticks[:1]


def test_a_drag_on_an_axis_keeps_the_runs_within_and_a_click_takes_it_back(qtbot: QtBot, axes: ParallelAxes) -> None:
    def at(share: float) -> QPoint:
        return QPoint(round(axes._x(2)), round(axes._y(share)))

    with qtbot.waitSignal(axes.brushed) as told:
        QTest.mousePress(axes, Qt.MouseButton.LeftButton, pos=at(0.5))
        QTest.mouseMove(axes, at(1.0))
        QTest.mouseRelease(axes, Qt.MouseButton.LeftButton, pos=at(1.0))
    assert told.args == [{"/runs/2", "/runs/3"}]
    assert axes.kept() == [False, False, True, True]
    axes.grab()
    with qtbot.waitSignal(axes.brushed) as told:
        QTest.mouseClick(axes, Qt.MouseButton.LeftButton, pos=at(0.5))
    assert told.args == [None]


def test_runs_that_are_alike_say_so(axes: ParallelAxes, rows: list[RunRow]) -> None:
    axes.show_runs(rows[:1], columns_of(RunTable(rows)), "recall@1")
    assert axes.axes == []
    axes.grab()
