"""What ``query`` answers: where the items lie that it names, and what it takes as a query."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.helpers.command_line import json_of, run_command
from tests.helpers.data import picture_folder

SETTINGS = ("encoder=linear", "sampler.classes=2", "sampler.images=2")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run on a folder, with a test set from another one."""
    for name, count in (("fruit", 8), ("more", 2)):
        picture_folder(tmp_path / name, {"apple": count, "pear": count})
    line = ["train", tmp_path / "fruit", "--test", tmp_path / "more", "--out", tmp_path / "run", "--epochs", "1"]
    for setting in SETTINGS:
        line += ["--set", setting]
    assert run_command(*line)[0] == 0
    return tmp_path / "run"


def test_every_neighbour_lies_where_it_is_said_to(run: Path, tmp_path: Path) -> None:
    asked = next((tmp_path / "fruit" / "apple").iterdir())
    found = json_of("query", run, asked, "-k", "30")["neighbours"]
    assert len(found) == 20
    assert all(Path(one["path"]).is_file() for one in found)
    assert {Path(one["path"]).parents[1].name for one in found} == {"fruit", "more"}
    shutil.move(tmp_path / "fruit", tmp_path / "moved")
    found = json_of("query", run, tmp_path / "more" / "pear" / asked.name, "-k", "30", "--data", tmp_path / "moved")
    assert {Path(one["path"]).parents[1].name for one in found["neighbours"]} == {"moved", "more"}
    assert all(Path(one["path"]).is_file() for one in found["neighbours"])


def test_an_item_is_asked_by_its_name_where_that_is_no_file(run: Path) -> None:
    name = json_of("query", run, "test/pear/000.png", "-k", "1")["neighbours"][0]["id"]
    assert name != "test/pear/000.png"


def test_what_cannot_be_asked_is_said_in_plain_words(run: Path, tmp_path: Path) -> None:
    code, _, said = run_command("query", run, next((tmp_path / "fruit" / "apple").iterdir()), "--kind", "caption")
    assert code == 2
    assert "All items of this run are pictures: there is no kind to choose. Ask without a kind" in said
