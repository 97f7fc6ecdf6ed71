"""What ``check`` says of data before they are opened."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.command_line import json_of, run_command
from tests.helpers.data import picture, picture_folder, save_picture


def test_classes_size_and_colour_are_told(tmp_path: Path) -> None:
    picture_folder(tmp_path / "train", {"class10": 2, "class9": 3})
    picture_folder(tmp_path / "validation", {"class10": 2})
    save_picture(tmp_path / "validation" / "stray.png", picture(1))
    code, text, _ = run_command("check", tmp_path)
    assert code == 0
    assert text.splitlines()[:4] == [
        "8 kept, 2 classes, 0 skipped",
        "pictures of 28 × 28 pixels, colour",
        "classes: class9 3, class10 4, without 1",
        "split: train 5, validation 3",
    ]
    found = json_of("check", tmp_path)
    assert found["class_names"] == ["class9", "class10"]
    assert found["class_sizes"] == [3, 4]
    assert (found["unlabelled"], found["shape"]) == (1, [28, 28, 3])
