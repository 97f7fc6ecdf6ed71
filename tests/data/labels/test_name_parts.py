"""Flat file names that sort the files, and those that only number them."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.labels.folder_structure import labels_by_folder
from explorer.data.labels.name_parts import name_parts_in
from explorer.data.opening import open_dataset
from tests.helpers.data import picture, save_picture

SPOKEN = [f"{digit}_{speaker}_{take}.wav" for digit in range(3) for speaker in ("ann", "bob") for take in range(4)]


def test_parts_that_repeat_are_columns_and_the_first_is_the_class() -> None:
    said = name_parts_in(SPOKEN)
    assert said is not None
    assert {name: sorted(set(values)) for name, values in said.columns.items()} == {
        "part1": ["0", "1", "2"],
        "part2": ["ann", "bob"],
        "part3": ["0", "1", "2", "3"],
    }
    assert said.label == "part1"
    assert said.columns["part2"][4] == "bob"


@pytest.mark.parametrize(
    "names",
    [
        ["1.png", "2.png", "3.png", "4.png"],
        [f"IMG_{i:04}.png" for i in range(9)],  # constant, then a number of each
        [f"{i:08x}-{i}.png" for i in range(9)],
        [*SPOKEN, "0_ann_.wav", *(f"why{i}.wav" for i in range(8))],  # too many have another form
        ["a_1.png", "b_1.png"],  # too few to say anything
        [f"2024{month:02}01_{index}.png" for month in (1, 2) for index in range(9)],  # a date and a take
    ],
)
def test_names_without_a_pattern_say_nothing(names: list[str]) -> None:
    assert name_parts_in(names) is None


def test_one_stray_name_does_not_take_the_classes_from_all() -> None:
    names = [*(f"Banana_{i:03}.jpg" for i in range(6)), "bad.jpg", *(f"Leek_{i:03}.jpg" for i in range(6))]
    said = name_parts_in(names)
    assert said is not None
    assert said.columns["part1"] == ("Banana",) * 6 + ("",) + ("Leek",) * 6
    assert (said.example, said.others) == (("Banana_000", "Banana"), 1)
    found = labels_by_folder(names)
    assert found.class_names == ("Banana", "Leek")
    assert found.labels.tolist() == [0] * 6 + [-1] + [1] * 6
    assert found.notes[0].endswith("; 1 name of another form: unlabelled")


def test_dots_part_names_as_well() -> None:
    said = name_parts_in([f"{animal}.{number}.jpg" for animal in ("cat", "dog") for number in range(4)])
    assert said is not None
    assert said.columns["part1"] == ("cat",) * 4 + ("dog",) * 4


def test_dates_and_serial_numbers_repeat_and_are_no_classes() -> None:
    said = name_parts_in([f"2024-{view}-{i}.png" for view in ("front", "back") for i in range(5)])
    assert said is not None
    assert said.label == "part2"
    dates = [f"2024{month:02}01-{view}.png" for month in range(1, 7) for view in ("front", "back")]
    dated = name_parts_in(dates)
    assert dated is not None
    assert (dated.label, list(dated.columns)) == ("part2", ["part1", "part2"])


def test_folders_come_first_but_one_folder_alone_is_no_class_beside_a_pattern() -> None:
    inside = labels_by_folder([f"recordings/{name}" for name in SPOKEN])
    assert inside.class_names == ("0", "1", "2")
    assert inside.columns["part2"][:5] == ("ann", "ann", "ann", "ann", "bob")
    assert "Classes are part1 of the file names, 0 in 0_ann_0; data.label_column=part2" in inside.notes[0]
    folders = labels_by_folder([f"{side}/{name}" for side in ("left", "right") for name in SPOKEN])
    assert folders.class_names == ("left", "right")
    assert not folders.columns
    parts = labels_by_folder([f"{part}/{name}" for part in ("train", "test") for name in SPOKEN])
    assert parts.class_names == ("0", "1", "2")
    assert set(parts.columns) == {"split", "part1", "part2", "part3"}


def test_another_column_is_chosen_by_its_name(tmp_path: Path, cache: Path) -> None:
    for index, name in enumerate(SPOKEN):
        save_picture(tmp_path / "flat" / name.replace(".wav", ".png"), picture(index))
    speakers = open_dataset(str(tmp_path / "flat"), DataOptions(label_column="part2"), cache_folder=cache)
    assert speakers.class_names == ("ann", "bob")
    assert [speakers.class_name(i) for i in (0, 4)] == ["ann", "bob"]
    assert "Classes are the column part2" in speakers.report.notes
    assert sorted(set(speakers.columns["part1"])) == ["0", "1", "2"]
    with pytest.raises(UserError, match=r"no column 'speaker' .* Columns: part1, part2, part3"):
        open_dataset(str(tmp_path / "flat"), DataOptions(label_column="speaker"), cache_folder=cache)


def test_what_was_the_class_stays_a_column(tmp_path: Path, cache: Path) -> None:
    for index, name in enumerate(["fruit/apple/1", "fruit/pear/1", "dairy/milk/1", "dairy/milk/2"]):
        save_picture(tmp_path / f"deep/{name}.png", picture(index))
    by_level = open_dataset(str(tmp_path / "deep"), DataOptions(label_column="level1"), cache_folder=cache)
    assert by_level.class_names == ("dairy", "fruit")
    assert list(by_level.columns["class"]) == ["milk", "milk", "apple", "pear"]
    with pytest.raises(UserError, match="no column 'x'"):
        open_dataset(str(tmp_path / "deep"), DataOptions(label_column="x"), cache_folder=cache)
