"""Columns that say in which part of a split an item is, as tables call them."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.recipe import Part
from explorer.data.opening import check, open_dataset
from explorer.data.split import make_split
from tests.helpers.data import scanned

PARTS = ["train", "Training", "TR", "tr", "holdout", "te", "eval", "probe"] * 5


def table(root: Path, name: str, parts: list[str], *, label: str = "label") -> str:
    rows = [f"{i % 7},{i % 5},{i % 3},c{i % 2},{part}" for i, part in enumerate(parts)]
    (root / "t.csv").write_text("\n".join([f"a,b,c,{label},{name}", *rows]), "utf-8")
    return str(root / "t.csv")


@pytest.mark.parametrize("name", ["split", "Split", "SPLIT", "subset", "Set", "partition", "part", "fold"])
def test_a_column_that_names_parts_splits_however_it_is_called(name: str, tmp_path: Path) -> None:
    found = open_dataset(table(tmp_path, name, PARTS))
    made = make_split("auto", {}, found, 0)
    assert made.train.tolist() == [i for i in range(40) if i % 8 < 4]
    assert len(made.held_out) == 20
    told = f"The parts train, test and so on are those of the column {name}"
    assert (told in found.report.notes) == (name != "split")
    assert set(found.columns) >= {name, "split"}


@pytest.mark.parametrize("odd", ["", "mystery"])
def test_a_few_items_of_no_known_part_do_not_turn_it_off_and_are_told(odd: str, tmp_path: Path) -> None:
    spec = table(tmp_path, "subset", [odd, *PARTS])
    made = make_split("auto", {}, open_dataset(spec), 0)
    assert (len(made.train), len(made.held_out), 0 in made.train) == (20, 20, False)
    assert f"1 item in neither part: split says {odd!r}" in check(spec).split_notes


def test_a_set_of_other_things_does_not_split(tmp_path: Path) -> None:
    spec = table(tmp_path, "set", ["train", "test", "teapots"] * 8)
    assert "split" not in scanned(spec).columns
    assert not check(spec).splits


def test_another_column_that_names_parts_is_told(tmp_path: Path) -> None:
    spec = table(tmp_path, "role", PARTS)
    told = "The column role names parts and does not split: --set split.column=role"
    assert told in check(spec).report.notes
    chosen = Part(name="auto", params={"column": "role"})
    assert len(make_split("auto", dict(chosen.params), open_dataset(spec), 0).held_out) == 20
    assert check(spec, split=chosen).split_notes == ()


def test_a_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    chosen = Part(name="auto", params={"column": "nope"})
    (note,) = check(table(tmp_path, "split", PARTS), split=chosen).split_notes
    assert note.startswith("No split: There is no column 'nope' to split by")


@pytest.mark.parametrize("name", ["?", "N/A", "-"])
def test_a_class_that_reads_as_no_label_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,label\n" + f"1,2,ash\n2,4,elm\n3,1,{name}\n" * 4, "utf-8")
    told = f"4 items are of the class {name!r}, which reads as if there were no label"
    assert told in scanned(str(tmp_path / "t.csv")).notes
