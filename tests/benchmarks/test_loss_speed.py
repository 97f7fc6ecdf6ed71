"""The budgets of losses and miners against PyTorch Metric Learning 2.9.0; the cubic ones take a minute each."""

from __future__ import annotations

import sys

import pytest

from tests.benchmarks.speed_table import BUDGETS, compare

pytest.importorskip("pytorch_metric_learning")


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("case", BUDGETS)
def test_budgets(case: str) -> None:
    row = compare(case)
    sys.stdout.write(f"\n{row}\n")
    assert row["ratio"] >= row["budget"]
