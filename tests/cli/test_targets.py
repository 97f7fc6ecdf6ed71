"""A number is learned from the command line: train --target, evaluate, runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.command_line import json_of, run_command

pytestmark = pytest.mark.usefixtures("shared_cache")


def test_a_number_is_learned_and_measured(tmp_path: Path) -> None:
    """The number is the sum of two columns among six of noise: neighbours of a learned map know it better."""
    random = np.random.default_rng(0)
    x = random.normal(size=(400, 8))
    rows = [",".join(f"{value:.4f}" for value in (*row, row[0] + row[1])) for row in x]
    table = tmp_path / "t.csv"
    table.write_text("\n".join([",".join([*(f"z{i}" for i in range(8)), "size"]), *rows]))
    told = json_of("check", table, "--target", "size")
    assert any("The target is the number in size" in note for note in told["notes"])
    out = tmp_path / "run"
    settings = ["--target", "size", "--epochs", 12, "--device", "cpu", "--set", "loss=rank_n_contrast"]
    trained = json_of("train", table, "--out", out, *settings)
    assert set(trained["metrics"]) == {"mean_error", "relative_error", "spearman", "r2"}
    measured = json_of("evaluate", out, "--baselines")
    assert measured["protocol"] == "regression"
    assert measured["metrics"]["mean_error"] == pytest.approx(trained["metrics"]["mean_error"], rel=1e-3)
    raw = next(iter(measured["baselines"].values()))
    assert measured["metrics"]["mean_error"] < raw["mean_error"]
    _, text, _ = run_command("runs", tmp_path)
    assert "mean error" in text
    status, _, err = run_command("train", table, "--out", tmp_path / "no", "--target", "nothing")
    assert status == 2
    assert "no column 'nothing' for a target" in err


def test_a_loss_for_numbers_says_that_none_is_chosen(tmp_path: Path) -> None:
    status, _, err = run_command("train", "sample:digits", "--out", tmp_path / "r", "--set", "loss=log_ratio")
    assert status == 2
    assert "learns a number, and none is chosen" in err


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (":360", "--target :360 names no column. Write COLUMN:PERIOD"),
        ("t:-5", "data.target_period = -5 is not a number from 0"),
        ("t:nan", "data.target_period = nan is not a number from 0"),
        ("t:inf", "data.target_period = inf is not a number from 0"),
        ("t:x", "no column 't:x'"),
    ],
)
def test_what_is_wrong_with_a_period_is_said(tmp_path: Path, chosen: str, told: str) -> None:
    table = tmp_path / "t.csv"
    table.write_text("z0,z1,t\n1,2,3\n2,3,4\n4,5,6\n")
    status, _, err = run_command("check", table, "--target", chosen)
    assert status == 2
    assert told in err
