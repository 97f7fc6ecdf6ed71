"""Find wrong labels, copies and leaks as a script would, on pictures that were made here."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from tests.helpers.command_line import json_of, run_command
from tests.helpers.data import picture_folder

FAST = ["--set", "encoder=linear", "--set", "split=column", "--device", "cpu", "--epochs", 12]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run on three classes, with one picture in the wrong one, one copied, and one copied into the test part."""
    monkeypatch.setenv("EMBEDDING_EXPLORER_CACHE", str(tmp_path / "cache"))
    data = tmp_path / "data"
    for part in ("train", "test"):
        picture_folder(data / part, {"ape": 20, "bee": 20, "cow": 20}, side=20)
    for path in (data / "test").rglob("*.png"):
        path.unlink()  # those of the two parts are the same pictures
    for number in range(12, 20):
        for name in ("ape", "bee", "cow"):
            shutil.move(data / "train" / name / f"{number:03d}.png", data / "test" / name / f"{number:03d}.png")
    shutil.move(data / "train" / "ape" / "000.png", data / "train" / "bee" / "wrong.png")
    shutil.copy(data / "train" / "cow" / "001.png", data / "train" / "cow" / "again.png")
    shutil.copy(data / "train" / "cow" / "002.png", data / "test" / "cow" / "leak.png")
    path = tmp_path / "run"
    status, _, said = run_command("train", data, "--out", path, *FAST)
    assert status == 0, said
    return path


def test_what_was_planted_is_found(run: Path, tmp_path: Path) -> None:
    found = json_of("clean", run, "--out", tmp_path / "list.csv")
    first = found["label_errors"][0]
    assert (first["id"], first["label"], first["suspected"]) == ("train/bee/wrong.png", "bee", "ape")
    assert len(found["label_errors"]) == 1
    groups = [(group["leak"], sorted(item["id"] for item in group["items"])) for group in found["duplicates"]]
    assert groups == [
        (True, ["test/cow/leak.png", "train/cow/002.png"]),
        (False, ["train/cow/001.png", "train/cow/again.png"]),
    ]
    assert all(item["similarity"] == 1 for group in found["duplicates"] for item in group["items"])
    assert found["leaks"] == 1
    with open(tmp_path / "list.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["id"] == "train/bee/wrong.png"
    assert {row["leak"] for row in rows[1:3]} == {"yes"}
    (run / "labels.csv").write_text("id,decision,class\ntrain/bee/wrong.png,relabel,ape\n")
    again = json_of("clean", run)
    assert again["label_errors"] == []
    assert again["decided"] == {"train/bee/wrong.png": "relabel"}
    status, out, _ = run_command("clean", run)
    assert status == 0
    assert out.splitlines()[0] == "0 labels are likely wrong; 2 groups of duplicates, 1 of them in both parts"
    assert out.splitlines()[1].split() == ["leak", *found_ids(out, 1)]


def found_ids(out: str, line: int) -> list[str]:
    return sorted(out.splitlines()[line].split()[1:])


def test_a_list_without_a_place_is_refused_before_anything_is_looked_for(run: Path, tmp_path: Path) -> None:
    for place, said in ((tmp_path / "no" / "list.csv", "does not exist"), (tmp_path, "is a folder")):
        status, _, err = run_command("clean", run, "--out", place)
        assert status == 2
        assert said in err
