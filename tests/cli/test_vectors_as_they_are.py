"""The fitter that fits nothing: figures, neighbours and exports are those of the vectors of the file."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from tests.helpers.command_line import json_of, run_command


def test_neighbours_and_exports_are_those_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDING_EXPLORER_CACHE", str(tmp_path / "cache"))
    generator = np.random.default_rng(0)
    x = (generator.normal(size=(60, 3)) * [40, 0.1, 15] + [5, 300, -7]).astype(np.float32)
    labels = np.arange(60) % 5
    rows = [f"i{i},{','.join(map(repr, row.tolist()))},{labels[i]}" for i, row in enumerate(x)]
    path, run, out = tmp_path / "v.csv", tmp_path / "run", tmp_path / "out.csv"
    path.write_text("\n".join(["id,z0,z1,z2,label", *rows, ""]))
    trained = json_of("train", path, "--out", run, "--set", "fitter=identity", "--set", "split.test=0.9")
    distances, near = NearestNeighbors(n_neighbors=4).fit(x).kneighbors(x[[7]])
    found = json_of("query", run, "i7", "-k", 3)["neighbours"]
    assert [one["id"] for one in found] == [f"i{i}" for i in near[0, 1:]]
    assert [one["distance"] for one in found] == pytest.approx(distances[0, 1:], rel=1e-5)
    assert f"  i{near[0, 1]}  {path}" in run_command("query", run, "i7")[1]
    assert run_command("embed", run, path, out)[0] == 0
    with out.open() as file:
        written = [[float(row[f"z{i}"]) for i in range(3)] for row in csv.DictReader(file)]
    np.testing.assert_allclose(written, x, rtol=1e-6)
    assert 0 <= trained["metrics"]["recall@1"] <= 1
