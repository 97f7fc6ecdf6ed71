"""Embeddings with a README, whose lines find what the run finds."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError, printable
from explorer.core.registry import create
from explorer.engine.export.subjects import subject_of_run
from explorer.runs.folder import RunFolder
from explorer.runs.items import plain_cell
from tests.engine.export.conftest import Trained
from tests.engine.session.test_miner_bench import Progress
from tests.helpers.mapped import mapped_run
from tests.helpers.readme import run_readme


@pytest.mark.parametrize("name", ["npy", "csv", "parquet"])
def test_the_lines_of_the_readme_find_what_the_run_finds(trained: Trained, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    facts = create("export", "embeddings", {"format": name}).write(out, subject_of_run(trained.path), Progress())
    assert {file.name for file in out.iterdir()} == {f"embeddings.{name}", "items.csv", "README.md"}
    found = [plain_cell(line) for line in run_readme(out)]
    near = trained.near("<d>/000.png")
    assert found == ([printable(item) for item in near] if name == "parquet" else near)
    assert (facts["items"], facts["distance"]) == (36, "cosine")
    with open(out / "items.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["number"] for row in rows] == [str(i) for i in range(36)]
    assert {row["class"] for row in rows} == {"'=a", "b\tc", "<d>"}
    assert {row["part"] for row in rows} == {"train", "held-out"}
    assert all(Path(plain_cell(row["path"])).is_file() for row in rows)


def test_what_is_selected_is_taken_alone(trained: Trained, tmp_path: Path) -> None:
    subject = subject_of_run(trained.path, selected=np.array([30, 4, 9]))
    create("export", "embeddings", {}).write(tmp_path / "out", subject, Progress())
    create("export", "embeddings", {}).write(tmp_path / "all", subject_of_run(trained.path), Progress())
    with open(tmp_path / "out" / "items.csv", encoding="utf-8", newline="") as file:
        assert [row["number"] for row in csv.DictReader(file)] == ["4", "9", "30"]
    some, every = (np.load(tmp_path / name / "embeddings.npy") for name in ("out", "all"))
    np.testing.assert_allclose(some, every[[4, 9, 30]], atol=1e-6)


def test_without_network_and_data_what_is_kept_is_taken_and_said(tmp_path: Path) -> None:
    run = mapped_run(tmp_path / "run")
    facts = create("export", "embeddings", {}).write(tmp_path / "out", subject_of_run(run.path, 10), Progress())
    assert facts == {"items": 59, "dimension": 3, "step": 10, "distance": "euclidean", "digits": "16 bits"}
    kept = RunFolder.open(run.path).snapshot(10).embeddings
    np.testing.assert_array_equal(np.load(tmp_path / "out" / "embeddings.npy"), kept)
    assert "in 16 bits" in (tmp_path / "out" / "README.md").read_text("utf-8")


def test_a_folder_with_something_in_it_is_left_alone(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    export, subject = create("export", "embeddings", {}), subject_of_run(trained.path)
    for path, words in ((tmp_path, "is there already"), (tmp_path / "no" / "out", "does not exist")):
        with pytest.raises(UserError, match=words):
            export.write(path, subject, Progress())
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]
    empty = tmp_path / "empty"
    empty.mkdir()
    export.write(empty, subject, Progress())
    assert (empty / "README.md").exists()
