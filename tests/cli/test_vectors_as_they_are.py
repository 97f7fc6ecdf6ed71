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


def test_many_vectors_are_searched_by_codes_that_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDING_EXPLORER_CACHE", str(tmp_path / "cache"))
    x = np.random.default_rng(0).normal(size=(1_500, 4)).astype(np.float32)
    np.savez(tmp_path / "x.npz", vectors=x, labels=np.arange(1_500) % 3)
    run = tmp_path / "run"
    json_of("train", tmp_path / "x.npz", "--out", run, "--set", "fitter=identity")
    exact, near = json_of("query", run, "7"), json_of("query", run, "7", "--approximate")
    assert "approximate" not in exact
    assert near.pop("approximate") == {"recall": pytest.approx(1, abs=0.02), "of": 10, "sample": 200}
    assert near["neighbours"][0] == exact["neighbours"][0]
    kept = [path.stat().st_mtime_ns for path in (tmp_path / "cache" / "codes").rglob("codes.npy")]
    assert "approximate: recall@10 " in run_command("query", run, "7", "--approximate")[1]
    assert kept == [path.stat().st_mtime_ns for path in (tmp_path / "cache" / "codes").rglob("codes.npy")]
    monkeypatch.setattr("explorer.measure.index.EXACT_UP_TO", 1_000)
    assert "approximate" in json_of("query", run, "7")
    assert json_of("query", run, "7", "--exact") == exact
    assert json_of("disk", "--free", "cache")["freed"] > 1_500 * 24
    assert not list((tmp_path / "cache" / "codes").rglob("codes.npy"))
