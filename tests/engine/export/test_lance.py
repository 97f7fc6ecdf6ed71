"""A table of LanceDB, read by LanceDB in a script of its own, merged into again, and opened as vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.registry import create
from explorer.core.types import Snapshot
from explorer.data.opening import open_dataset
from explorer.engine.export import lance
from explorer.engine.export.subjects import subject_of_run
from explorer.runs.folder import RunFolder
from explorer.runs.items import plain_cell
from tests.engine.export.conftest import Trained
from tests.engine.session.test_miner_bench import Progress
from tests.helpers.mapped import mapped_run
from tests.helpers.readme import run_readme

lancedb = pytest.importorskip("lancedb")
EXPORT = create("export", "lance", {})


def table_of(folder: Path) -> Any:
    return lancedb.connect(folder).open_table("items")


def run_of_vectors(path: Path, rows: int, width: int, distance: str = "euclidean") -> RunFolder:
    """Return a saved run with a snapshot of vectors as its last step."""
    run = mapped_run(path, items=rows, steps=(0,))
    vectors = np.random.default_rng(1).uniform(0.01, 0.4, (rows, width)).astype(np.float32)
    with RunFolder.open(run.path, writable=True) as folder:
        folder.write_snapshot(Snapshot(folder.run, 5, np.arange(rows), vectors, True, distance))
    return RunFolder.open(run.path)


def class_of(run: RunFolder, item: int) -> str:
    return subject_of_run(run.path).items.class_name(item)


def at_step(run: RunFolder, selected: Any = None) -> Any:
    subject = subject_of_run(run.path, selected=selected)
    object.__setattr__(subject, "chosen", 5)
    return subject


def test_lance_finds_what_the_run_finds_and_is_opened_as_vectors(trained: Trained, tmp_path: Path) -> None:
    out = tmp_path / "out"
    facts = EXPORT.write(out, subject_of_run(trained.path), Progress())
    assert [plain_cell(line) for line in run_readme(out)] == trained.near("<d>/000.png")
    assert (facts["rows"], facts["rows not in the index"]) == (36, 36)
    dataset = open_dataset(str(out), cache_folder=tmp_path / "cache")
    table = table_of(out).to_arrow()
    rows = {name: np.array(vector, np.float32) for name, vector in zip(
        table["id"].to_pylist(), table["vector"].to_pylist(), strict=True
    )}  # fmt: skip
    assert list(dataset.ids) == table["id"].to_pylist()
    assert dataset.class_names == ("<d>", "=a", "b\tc")
    assert list(dataset.columns["part"]) == table["part"].to_pylist()
    for item in (0, 35):
        assert dataset.inputs[item].reshape(-1).tolist() == rows[dataset.ids[item]].tolist()


def test_a_second_export_merges_whole_rows_and_the_index_takes_them_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lance, "INDEXED_FROM", 300)
    run, out = run_of_vectors(tmp_path / "run", 400, 8), tmp_path / "out"
    EXPORT.write(out, at_step(run, np.arange(310)), Progress())
    table = table_of(out)
    (index,) = table.list_indices()
    assert (index.index_type, table.count_rows()) == ("IvfRq", 310)
    table.update(where="number = 300", values={"class": "changed elsewhere"})
    facts = EXPORT.write(out, at_step(run, np.arange(300, 400)), Progress())
    table = table_of(out)
    assert (facts["rows"], facts["rows not in the index"]) == (400, 0)
    found = table.search().where("number = 300").to_list()
    assert [row["class"] for row in found] == [class_of(run, 300)]
    assert len(run_readme(out)) == 6
    assert "rows 400" in (out / "README.md").read_text("utf-8")
    vector = found[0]["vector"]
    few = table.search(vector).where("number >= 390").minimum_nprobes(1).maximum_nprobes(0).limit(5).to_list()
    assert len(few) == 5  # as many cells as it takes


def test_a_table_of_other_vectors_and_what_is_no_table_stay_as_they_are(tmp_path: Path) -> None:
    out = tmp_path / "out"
    EXPORT.write(out, at_step(run_of_vectors(tmp_path / "a", 40, 3)), Progress())
    before = table_of(out).version
    with pytest.raises(UserError, match="is of other vectors"):
        EXPORT.write(out, at_step(run_of_vectors(tmp_path / "b", 40, 5)), Progress())
    assert table_of(out).version == before
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine")
    with pytest.raises(UserError, match="is there already"):
        EXPORT.check(tmp_path / "full")


@pytest.mark.parametrize("distance", ["snr", pytest.param("kullback_leibler", marks=pytest.mark.full)])
def test_a_distance_that_is_lifted_is_searched_as_in_the_run(tmp_path: Path, distance: str) -> None:
    from explorer.measure.index import build_index
    from explorer.measure.lifts import lift

    run, out = run_of_vectors(tmp_path / "run", 60, 5, distance), tmp_path / "out"
    EXPORT.write(out, at_step(run), Progress())
    rows = run.snapshot(5).embeddings
    (nearest,), _ = build_index(rows, lift(distance), exact=True).search(rows[:1], 6)
    assert run_readme(out) == [f"{'=' if i == 1 else ''}x,{i}.png" for i in nearest]
    dataset = open_dataset(str(out / "items.lance"), cache_folder=tmp_path / "cache")
    assert dataset.shape == (1, 1, 5)  # those of the network, not what is searched
