"""What ``check`` says of data before they are opened."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.helpers.command_line import json_of, run_command
from tests.helpers.data import picture, picture_folder, save_picture
from tests.helpers.runs import new_run


def test_classes_size_and_colour_are_told(tmp_path: Path) -> None:
    picture_folder(tmp_path / "train", {"class10": 2, "class9": 3})
    picture_folder(tmp_path / "validation", {"class10": 2})
    save_picture(tmp_path / "validation" / "stray.png", picture(1))
    code, text, _ = run_command("check", tmp_path)
    assert code == 0
    assert text.splitlines()[:4] == [
        "8 kept, 2 classes, 0 skipped",
        "pictures of 28 × 28 pixels, colour",
        "classes: class9 3, class10 4; unlabelled: 1",
        "split: train 5, validation 3",
    ]
    found = json_of("check", tmp_path)
    assert found["class_names"] == ["class9", "class10"]
    assert found["class_sizes"] == [3, 4]
    assert (found["unlabelled"], found["shape"]) == (1, [28, 28, 3])


def test_a_class_called_without_is_counted_beside_what_has_none(tmp_path: Path) -> None:
    picture_folder(tmp_path, {"cat": 2, "without": 3})
    save_picture(tmp_path / "stray.png", picture(1))
    _, text, _ = run_command("check", tmp_path)
    assert "classes: cat 2, without 3; unlabelled: 1" in text.splitlines()


def test_the_folder_of_a_run_is_no_data(tmp_path: Path) -> None:
    new_run(tmp_path / "run").close()
    code, _, said = run_command("check", tmp_path / "run")
    assert code == 2
    assert "run is the folder of a saved run, and no data. Give the data that it was trained on" in said


def test_too_large_numbers_are_not_called_missing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,label\n1e308,1,x\n2,4,y\n3,nan,x\n4,-inf,y\n5,,x\n6,7,y\n")
    _, text, _ = run_command("check", tmp_path / "t.csv")
    lines = text.splitlines()
    assert "read as measurements: a table of measurements: 2 columns of numbers, some missing" in lines
    assert "not read as csv: a table in which no column names pictures" in lines
    missing = "Missing values (b 2): the middle one stands for a number, a category of its own for a name"
    assert missing in lines
    assert "Numbers that are infinite or beyond 3.4e38 (a 1, b 1): taken as missing" in lines


def test_parts_beside_others_are_no_classes_and_a_long_list_of_skipped_files_is_shortened(tmp_path: Path) -> None:
    for part in ("train", "test"):
        picture_folder(tmp_path / part, {"cat": 3, "dog": 3})
    picture_folder(tmp_path / "icons", {"cat": 4, "dog": 4})
    _, text, _ = run_command("check", tmp_path)
    lines = text.splitlines()
    assert lines[0] == "12 kept, 2 classes, 8 skipped"
    assert "read as folder: a folder with the parts test, train and 1 other folder" in lines
    assert sum(line.startswith("skipped ") for line in lines) == 6
    assert lines[-1] == "skipped 3 more files: lies outside test and train (3); --json lists all"
    assert len(json_of("check", tmp_path)["skipped"]) == 8


def test_folders_of_class_folders_are_not_called_classes(tmp_path: Path) -> None:
    for kind in ("fruit", "milk"):
        picture_folder(tmp_path / kind, {"one": 2, "two": 2})
    _, text, _ = run_command("check", tmp_path)
    assert "read as folder: a folder with 2 folders of class folders" in text.splitlines()


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_data_of_which_nothing_can_be_read_are_reported_and_refused_as_where_they_are_opened(
    tmp_path: Path, packed: bool
) -> None:
    files = {"cat/1.png": b"no picture", "dog/2.png": b"none either"}
    data = tmp_path / ("set.zip" if packed else "set")
    if packed:
        with zipfile.ZipFile(data, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    else:
        for name, content in files.items():
            (data / name).parent.mkdir(parents=True)
            (data / name).write_bytes(content)
    code, text, said = run_command("check", data)
    assert code == 2
    assert text.splitlines()[0] == "0 kept, 0 classes, 2 skipped"
    assert f"error: None of the 2 pictures of {data} can be read; the first, cat/1.png: " in said
    code, text, said = run_command("check", data, "--json")
    assert (code, len(json.loads(text)["skipped"])) == (2, 2)
    assert "error: None of the 2 pictures" in said
