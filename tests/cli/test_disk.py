from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from explorer.cli.console import Console
from explorer.cli.main import run
from explorer.core.cache_folder import FOLDER_VARIABLE
from explorer.core.events import Weights
from explorer.data.opening import open_dataset
from explorer.engine.paths import RUNS_VARIABLE
from explorer.engine.run_trash import RunTrash
from explorer.runs.folder import RunFolder
from tests.helpers.data import picture_folder
from tests.helpers.runs import checkpoint, new_run, snapshot


def _disk(*arguments: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    assert run(["disk", *arguments], Console(out, err)) == 0, err.getvalue()
    return out.getvalue()


def test_a_run_in_megabytes_and_freed(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as written:
        written.write_checkpoint(checkpoint(10))
        written.write_checkpoint(checkpoint(20))
    text = _disk(str(tmp_path / "run"))
    assert " MB" in text.splitlines()[0]
    assert "the earlier ones at most 6 or 537 MB; --free checkpoints gives " in text
    found = json.loads(_disk(str(tmp_path / "run"), "--free", "checkpoints", "--json"))
    assert found["freed"] > 0
    (kept,) = (part for part in found["parts"] if part["part"] == "checkpoints")
    assert (kept["steps"], kept["spare_bytes"]) == (1, 0)
    assert RunFolder.open(tmp_path / "run").checkpoint_steps() == (20,)


def test_what_snapshots_give_says_how_much_of_it_are_weights_so_that_the_lines_add_up(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as written:
        for step in (10, 20, 30):
            written.write_snapshot(snapshot(step, exact=step == 10))
            written.write_weights(Weights(written.run, step, {"weight": np.zeros(500_000, np.float32)}))
    found = json.loads(_disk(str(tmp_path / "run"), "--json"))
    parts = {part["part"]: part for part in found["parts"]}
    assert sum(part["bytes"] for part in parts.values()) < found["bytes"]
    assert parts["weights"]["spare_weights_bytes"] == parts["checkpoints"]["spare_weights_bytes"] == 0
    snapshots = parts["snapshots"]
    assert snapshots["spare_steps"] == [20]
    assert 2_000_000 <= snapshots["spare_weights_bytes"] < snapshots["spare_bytes"]
    assert "--free snapshots gives 2.0 MB, 2.0 MB of it weights" in _disk(str(tmp_path / "run"))


def test_the_cache_is_cleared_and_what_is_open_stays_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    dataset = open_dataset(str(picture_folder(tmp_path / "fruit", {"apple": 3, "pear": 3})))
    before = dataset.inputs[:].copy()
    (place,) = (one for one in json.loads(_disk("--json"))["places"] if one["name"] == "cache")
    assert place["bytes"] > 0
    assert " MB of cache freed" in _disk("--free", "cache")
    (place,) = (one for one in json.loads(_disk("--json"))["places"] if one["name"] == "cache")
    assert place["bytes"] == 0
    assert (dataset.inputs[:] == before).all()


def test_deleted_runs_are_counted_apart_and_can_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUNS_VARIABLE, str(tmp_path))
    for name in ("one", "two"):
        new_run(tmp_path / name).close()
    before = {one["name"]: one["bytes"] for one in json.loads(_disk("--json"))["places"]}
    moved = RunTrash(tmp_path).put(tmp_path / "two")
    after = {one["name"]: one["bytes"] for one in json.loads(_disk("--json"))["places"]}
    assert before["trash"] == 0 < after["trash"]
    assert after["runs"] + after["trash"] == before["runs"]
    assert "each for 7 days" in _disk()
    err = io.StringIO()
    assert run(["runs", str(tmp_path)], Console(io.StringIO(), err)) == 0
    assert "1 deleted run can be brought back on the page of saved runs" in err.getvalue()
    assert " MB of trash freed" in _disk("--free", "trash")
    assert not moved.exists()
    assert (tmp_path / "one").is_dir()


@pytest.mark.parametrize(
    ("line", "said"), [(["--free", "weights"], "of one run"), (["R", "--free", "cache"], "no cache")]
)
def test_what_is_freed_belongs_to_where_it_is(line: list[str], said: str) -> None:
    err = io.StringIO()
    assert run(["disk", *line], Console(io.StringIO(), err)) == 2
    assert said in err.getvalue()
