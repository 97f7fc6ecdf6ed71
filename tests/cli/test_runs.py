from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest

from explorer.cli.console import Console
from explorer.cli.main import run
from explorer.core.recipe import Recipe
from explorer.engine.run_table import MOST_REASONS
from explorer.runs.folder import RunFolder
from explorer.runs.notes import NOTES_NAME, RunNotes, write_notes
from tests.engine.test_saved_runs import written
from tests.helpers.command_line import run_command
from tests.helpers.runs import data_record, run_items


def _runs(*arguments: str, status: int = 0) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    assert run(["runs", *arguments], Console(out, err)) == status, err.getvalue()
    return out.getvalue(), err.getvalue()


def test_runs_of_a_folder_newest_first(tmp_path: Path) -> None:
    for place, name in enumerate(("old", "new")):
        written(tmp_path / name)
        os.utime(tmp_path / name / "metrics.jsonl", (1_000 + place, 1_000 + place))
    write_notes(tmp_path / "old", RunNotes(name="the one", tags=("good", "to show"), note="why"))
    first, second = _runs(str(tmp_path))[0].splitlines()
    assert first.endswith("  d  new")
    assert "recall@1  0.520 (0.349 – 0.686)  of step 20  step      30" in second
    assert second.endswith("  d  the one  [good, to show]")
    found = json.loads(_runs(str(tmp_path), "--json")[0])
    assert [one["run"] for one in found] == [str(tmp_path / "new"), str(tmp_path / "old")]
    old = found[1]
    assert (old["name"], old["tags"], old["note"], old["data"]) == ("the one", ["good", "to show"], "why", "d")
    assert (old["metrics"], old["measured"], old["steps"], old["epochs"]) == ({"recall@1": 0.52}, 20, 30, None)
    assert old["seconds"] is None
    assert old["recipe"]["loss"]["params"]["margin"] == 0.75
    assert old["bytes"] > 0
    assert old["intervals"]["recall@1"] == [pytest.approx(0.349, abs=1e-3), pytest.approx(0.686, abs=1e-3)]
    assert (old["state"], old["device"], old["differs"]) == ("unfinished", "", {})


def test_runs_are_filtered_and_written_as_csv(tmp_path: Path) -> None:
    for name in ("one", "two"):
        written(tmp_path / name)
    write_notes(tmp_path / "two", RunNotes(name="=two", tags=("good",)))
    assert len(_runs(str(tmp_path), "--filter", "tags=good recall@1>0.5")[0].splitlines()) == 1
    assert _runs(str(tmp_path), "--filter", "recall@1>0.6")[0] == "None of 2 runs\n"
    assert "'abc' is none" in _runs(str(tmp_path), "--filter", "recall@1>abc", status=2)[1]
    out, err = _runs(str(tmp_path), "--csv", str(tmp_path / "runs.csv"), "--filter", "=two")
    assert (out, "1 run written to" in err) == ("", True)
    (row,) = csv.DictReader((tmp_path / "runs.csv").read_text("utf-8").splitlines())
    assert (row["name"], row["tags"], row["recall@1"], row["step"]) == ("'=two", "good", "0.52", "30")
    assert float(row["recall@1_low"]) < 0.52 < float(row["recall@1_high"])
    assert "belongs to a run" in _runs(str(tmp_path), "--csv", str(tmp_path / "one" / "metrics.csv"), status=2)[1]


def test_a_run_that_cannot_be_read_is_told_and_passed_over(tmp_path: Path) -> None:
    for name in ("one", "two"):
        written(tmp_path / name)
    (tmp_path / "two" / "run.json").write_text('{"a"')
    out, err = _runs(str(tmp_path))
    assert len(out.splitlines()) == 1
    assert str(tmp_path / "two") in err
    assert "run.json" in err


def test_the_table_is_not_written_over_the_data_of_a_run(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("path,label\n")
    record = data_record(uri=str(table))
    RunFolder.create(tmp_path / "runs" / "one", Recipe(), record, run_items()).close()
    err = _runs(str(tmp_path / "runs"), "--csv", str(table), status=2)[1]
    assert f"{table} belongs to the data and is not written over" in err
    assert table.read_text() == "path,label\n"


def test_a_run_that_was_copied_in_part_is_told(tmp_path: Path) -> None:
    written(tmp_path / "one")
    (tmp_path / "one" / "run.json").unlink()
    (tmp_path / "pictures").mkdir()
    out, err = _runs(str(tmp_path))
    said = f"{tmp_path / 'one'} is a run without its run.json: it was copied in part, or is damaged. Copy the whole"
    assert out == f"None of 1 run in {tmp_path} can be read\n"
    assert (f"\nwarning: {said}" in err, err.count("warning")) == (True, 1)
    for command in (("evaluate", tmp_path / "one"), ("train", "sample:digits", "--out", tmp_path / "one", "--resume")):
        assert said in run_command(*command)[2]
    assert "is the folder of a saved run, and no data" in run_command("check", tmp_path / "one")[2]


def test_a_cut_history_is_told(tmp_path: Path) -> None:
    journal = written(tmp_path / "one") / "metrics.jsonl"
    journal.write_bytes(journal.read_bytes()[:-1000])
    out, err = _runs(str(tmp_path), "--json")
    assert "\nwarning: The curves of one lack steps 29 to 30: " in err
    assert f"{journal} was cut or damaged. Put the file back from a copy" in err
    assert json.loads(out)[0]["problem"] in err


def test_of_many_runs_that_cannot_be_read_the_first_are_named(tmp_path: Path) -> None:
    for number in range(MOST_REASONS + 2):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "run.json").write_text("{")
    out, err = _runs(str(tmp_path))
    assert out == f"None of {MOST_REASONS + 2} runs in {tmp_path} can be read\n"
    assert err.count("it is damaged. Bring it back from a copy") == MOST_REASONS
    assert err.endswith("warning: 12 runs in all cannot be read\n")


def test_damaged_notes_are_told_and_passed_over(tmp_path: Path) -> None:
    written(tmp_path / "one")
    (tmp_path / "one" / NOTES_NAME).write_text("{")
    out, err = _runs(str(tmp_path), "--json")
    assert json.loads(out)[0]["name"] == "one"
    assert "notes.json is damaged" in err


def test_a_folder_without_runs_and_one_that_is_none(tmp_path: Path) -> None:
    assert _runs(str(tmp_path))[0].startswith("No runs in ")
    assert json.loads(_runs(str(tmp_path), "--json")[0]) == []
    assert "is no folder" in _runs(str(tmp_path / "gone"), status=2)[1]
