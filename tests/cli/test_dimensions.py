"""``evaluate`` and ``query`` by the first numbers of every embedding."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.helpers.command_line import json_of, run_command

pytestmark = pytest.mark.usefixtures("shared_cache")


@pytest.mark.full
def test_evaluate_and_query_by_the_beginning_of_the_embeddings(tmp_path: Path) -> None:
    out = tmp_path / "run"
    settings = ["--set", "encoder=linear", "--set", "encoder.dimension=32", "--set", "data.size=28"]
    json_of("train", "sample:digits", "--out", out, "--epochs", 1, "--device", "cpu", *settings)
    whole, same, short = (json_of("evaluate", out, *more) for more in ([], ["--dimensions", 32], ["--dimensions", 2]))
    assert whole["metrics"] == same["metrics"]
    assert short["metrics"]["recall@1"] < whole["metrics"]["recall@1"]
    assert short["dimensions"] == 2
    assert "dimensions" not in whole
    _, text, _ = run_command("evaluate", out, "--dimensions", 2)
    assert "by the first 2 numbers" in text
    status, _, err = run_command("evaluate", out, "--dimensions", 64)
    assert status == 2
    assert "The embeddings have 32 numbers, not 64" in err
    status, _, err = run_command("evaluate", out, "--dimensions", 1)
    assert status == 2
    assert "One number of an embedding says nothing here" in err
    saved = tmp_path / "one.png"
    Image.new("L", (28, 28), 128).save(saved)
    near, other = (json_of("query", out, saved, "-k", 5, *more) for more in ([], ["--dimensions", 2]))
    assert [one["distance"] for one in near["neighbours"]] != [one["distance"] for one in other["neighbours"]]


def test_more_dimensions_than_the_encoder_gives_are_refused_and_no_run_is_left(tmp_path: Path) -> None:
    settings = ["--set", "fitter=pca", "--set", "fitter.dimension=2048", "--set", "data.size=8"]
    status, _, err = run_command("train", "sample:digits", "--out", tmp_path / "run", "--device", "cpu", *settings)
    assert status == 2
    assert "An embedding of 2,048 numbers is asked for, and the encoder gives 64 numbers an item" in err
    assert not (tmp_path / "run").exists()
