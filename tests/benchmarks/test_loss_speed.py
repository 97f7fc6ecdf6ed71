"""The budgets of losses and miners, also against PyTorch Metric Learning 2.9.0; the cubic ones take a minute each."""

from __future__ import annotations

import sys

import pytest

from tests.benchmarks.loss_times import TREE, of_checkout, outliers
from tests.benchmarks.speed_table import BUDGETS, compare

pytest.importorskip("pytorch_metric_learning")


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("case", BUDGETS)
def test_budgets(case: str) -> None:
    row = compare(case)
    sys.stdout.write(f"\n{row}\n")
    assert row["ratio"] >= row["budget"]


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.parametrize("rows", [512, 4096])
def test_no_loss_takes_five_times_as_long_as_the_median(rows: int) -> None:
    times = of_checkout(TREE, rows, [])
    slowest = max((name for name in times if name.startswith("loss ")), key=lambda name: times[name])
    sys.stdout.write(f"\nB = {rows:,}: the slowest is {slowest}, {1e3 * times[slowest]:.0f} ms\n")
    assert not outliers(times)
