"""What a command writes never takes the place of a run's own files, nor of the data that it reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from explorer.runs.own_files import OWN
from tests.helpers.command_line import run_command
from tests.helpers.data import picture_folder


def contents(folder: Path) -> Mapping[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and "lock" not in path.name}


@pytest.mark.usefixtures("shared_cache")
def test_no_command_writes_over_a_run_or_its_data(tmp_path: Path) -> None:
    data, run = picture_folder(tmp_path / "data", {"a": 6, "b": 6}), tmp_path / "run"
    table = tmp_path / "own.csv"
    rows = "".join(f"{path},{path.parent.name}\n" for path in sorted(data.rglob("*.png")))
    table.write_text(f"path,label\n{rows}")
    assert run_command("train", data, "--out", run, "--epochs", 1, "--set", "sampler.classes=2")[0] == 0
    assert {path.name for path in run.iterdir()} <= OWN
    a_picture = next(data.rglob("*.png"))
    (data / "notes.csv").write_text("mine")
    before = contents(run), contents(data), table.read_bytes()
    for arguments, words in (
        (("export", run, "coordinates", run / "items.csv"), "belongs to a run"),
        (("embed", run, data, run / "items.csv"), "belongs to a run"),
        (("embed", run, data, run / "snapshots" / "mine.npy"), "belongs to a run"),
        (("clean", run, "--out", run / "items.csv"), "belongs to a run"),
        (("report", run, run / "run.json"), "belongs to a run"),
        (("report", run, run / "report.html"), "lies in the folder of a run"),
        (("embed", run, data, run / "embedded.csv"), "lies in the folder of a run"),
        (("embed", run, table, table), "belongs to the data"),
        (("embed", run, data, data / "notes.csv"), "belongs to the data"),
    ):
        status, out, err = run_command(*arguments)
        assert (status, out) == (2, ""), arguments
        assert words in err, err
        assert err.count("\n") == 1
    assert (contents(run), contents(data), table.read_bytes()) == before
    assert a_picture.is_file()
    assert run_command("embed", run, data, tmp_path / "embedded.csv")[0] == 0
