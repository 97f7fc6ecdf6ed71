from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data import names
from explorer.data.bids import bids_for
from explorer.data.opening import DEFAULT_OPTIONS, check, open_dataset
from tests.helpers.data import picture, picture_folder, real_data, save_picture, scanned

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX file system")


def skipped(root: Path) -> dict[str, str]:
    return {item.path: item.reason for item in scanned(str(root)).skipped}


def test_classes_ids_and_labels(tmp_path: Path, cache: Path) -> None:
    picture_folder(tmp_path, {"cat": 2, "dog": 3})
    dataset = open_dataset(str(tmp_path), cache_folder=cache)
    assert dataset.ids == ("cat/000.png", "cat/001.png", "dog/000.png", "dog/001.png", "dog/002.png")
    assert dataset.class_names == ("cat", "dog")
    assert dataset.labels.tolist() == [0, 0, 1, 1, 1]
    assert (dataset.report.kept, dataset.report.classes) == (5, 2)
    assert dataset.shape == (28, 28, 3)


def test_litter_and_other_files_are_left_out(tmp_path: Path) -> None:
    picture_folder(tmp_path, {"cat": 1})
    for name in (".DS_Store", "._000.png", "Thumbs.db", "desktop.ini", ".hidden.png"):
        (tmp_path / "cat" / name).write_bytes(b"x")
    save_picture(tmp_path / "__MACOSX" / "cat" / "a.png", picture(0))
    save_picture(tmp_path / ".cache" / "a.png", picture(0))
    (tmp_path / "cat" / "notes.txt").write_text("x")
    (tmp_path / "cat" / "photo.heic").write_bytes(b"x")
    listing = scanned(str(tmp_path))
    assert listing.ids == ("cat/000.png",)
    assert listing.notes == ("Beside them: 1 file that is not a picture",)
    assert skipped(tmp_path) == {"cat/photo.heic": "pictures in this format are not read; convert it to PNG or JPEG"}


def test_a_picture_without_an_extension_is_told_from_its_content(tmp_path: Path) -> None:
    save_picture(tmp_path / "a" / "x.png", picture(0)).rename(tmp_path / "a" / "x")
    (tmp_path / "a" / "LICENSE").write_text("words")
    assert scanned(str(tmp_path)).ids == ("a/x",)


def test_empty_and_missing_and_wrong(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There are no pictures"):
        scanned(str(tmp_path))
    with pytest.raises(UserError, match="does not exist"):
        scanned(str(tmp_path / "nowhere"))
    one = save_picture(tmp_path / "a.png", picture(0))
    with pytest.raises(UserError, match="is one picture"):
        scanned(str(one))
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(UserError, match="is a pickle"):
        scanned(str(tmp_path / "model.pkl"))
    (tmp_path / "a.bin").write_bytes(b"x")
    with pytest.raises(UserError, match="not a folder"):
        scanned(str(tmp_path / "a.bin"))


def test_without_class_folders_nothing_lies_beside_them(tmp_path: Path) -> None:
    for name in (*(f"{kind}_{i}.png" for kind in ("ring", "star") for i in range(4)), "stray.png"):
        save_picture(tmp_path / "flat" / name, picture(0))
    listing = scanned(str(tmp_path / "flat"))
    assert listing.class_names == ("ring", "star")
    assert [note for note in listing.notes if "unlabelled" in note] == [
        "Classes are part1 of the file names, ring in ring_0; data.label_column=part2 takes another; "
        "1 name of another form: unlabelled"
    ]
    by_number = scanned(str(tmp_path / "flat"), DataOptions(label_column="part2"))
    assert "1 picture without a value of part2: unlabelled" in by_number.notes
    picture_folder(tmp_path / "set", {"cat": 2, "dog": 2})
    save_picture(tmp_path / "set" / "stray.png", picture(0))
    assert "1 picture beside the class folders: unlabelled" in scanned(str(tmp_path / "set")).notes


def test_bad_pictures_are_listed_and_never_fatal(tmp_path: Path, cache: Path) -> None:
    picture_folder(tmp_path, {"cat": 2, "dog": 2})
    (tmp_path / "cat" / "empty.png").write_bytes(b"")
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "bad.jpg").write_bytes(b"not a picture")
    dataset = open_dataset(str(tmp_path), cache_folder=cache)
    reasons = {item.path: item.reason for item in dataset.report.skipped}
    assert reasons["cat/empty.png"] == "the file is empty"
    assert reasons["gone/bad.jpg"].startswith("not a picture")
    assert dataset.class_names == ("cat", "dog")  # a class without a readable picture is no class
    assert len(dataset) == len(dataset.labels) == 4
    assert open_dataset(str(tmp_path), cache_folder=cache).report == dataset.report
    assert check(str(tmp_path), cache_folder=cache).report == dataset.report


def test_a_folder_of_nothing_but_bad_pictures(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(UserError, match="None of the 1 picture"):
        open_dataset(str(tmp_path), cache_folder=cache)
    assert check(str(tmp_path), cache_folder=cache).report.kept == 0


@posix
def test_loops_of_links_end(tmp_path: Path) -> None:
    picture_folder(tmp_path / "data", {"cat": 2})
    (tmp_path / "data" / "cat" / "again").symlink_to(tmp_path / "data")
    (tmp_path / "data" / "cat" / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    assert len(scanned(str(tmp_path / "data"))) == 2
    assert "cat/dangling.png" in skipped(tmp_path / "data")


@posix
def test_links_to_pictures_and_folders_are_followed(tmp_path: Path) -> None:
    picture_folder(tmp_path / "elsewhere", {"cat": 2})
    (tmp_path / "data" / "dog").mkdir(parents=True)
    (tmp_path / "data" / "cat").symlink_to(tmp_path / "elsewhere" / "cat")
    (tmp_path / "data" / "dog" / "1.png").symlink_to(tmp_path / "elsewhere" / "cat" / "000.png")
    assert scanned(str(tmp_path / "data")).ids == ("cat/000.png", "cat/001.png", "dog/1.png")


@posix
def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    picture_folder(tmp_path, {"cat": 1})
    os.mkfifo(tmp_path / "cat" / "pipe.png")
    os.mkfifo(tmp_path / "cat" / "pipe")
    assert len(scanned(str(tmp_path))) == 1
    assert skipped(tmp_path) == {"cat/pipe.png": "not a regular file", "cat/pipe": "not a regular file"}


@posix
def test_names_that_are_no_text(tmp_path: Path, cache: Path) -> None:
    picture_folder(tmp_path, {"cat": 1})
    odd = os.fsencode(tmp_path) + b"/cat/\xff\xfe.png"
    os.rename(os.fsencode(tmp_path / "cat" / "000.png"), odd)
    save_picture(tmp_path / "cat" / "\\xff\\xfe.png", picture(1))
    dataset = open_dataset(str(tmp_path), cache_folder=cache)
    assert dataset.ids == ("cat/\\xff\\xfe.png", "cat/\\xff\\xfe.png~2")
    assert "".join(dataset.ids).encode("utf-8")
    assert len({dataset.inputs[0].tobytes(), dataset.inputs[1].tobytes()}) == 2
    assert dataset.full_picture(1).shape == (12, 12, 3)


@posix
@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path, cache: Path) -> None:
    picture_folder(tmp_path, {"cat": 2, "dog": 1})
    (tmp_path / "dog").chmod(0)
    (tmp_path / "cat" / "000.png").chmod(0)
    report = check(str(tmp_path), cache_folder=cache).report
    (tmp_path / "dog").chmod(0o700)
    (tmp_path / "cat" / "000.png").chmod(0o600)
    assert report.kept == 1
    assert {item.path for item in report.skipped} == {"dog", "cat/000.png"}
    assert check(str(tmp_path), cache_folder=cache).report.kept == 3


def test_the_fingerprint_changes_with_the_pictures(tmp_path: Path, cache: Path) -> None:
    picture_folder(tmp_path, {"cat": 2, "dog": 2})
    before = open_dataset(str(tmp_path), cache_folder=cache).fingerprint
    assert open_dataset(str(tmp_path), cache_folder=cache).fingerprint == before
    save_picture(tmp_path / "cat" / "000.png", picture(99, 13, 13))
    changed = open_dataset(str(tmp_path), cache_folder=cache).fingerprint
    (tmp_path / "cat" / "001.png").rename(tmp_path / "dog" / "x.png")
    assert len({before, changed, open_dataset(str(tmp_path), cache_folder=cache).fingerprint}) == 3


@pytest.mark.data
def test_grocery_store() -> None:
    train = scanned(str(real_data("grocery_store/dataset/train")))
    assert (len(train), len(train.class_names), sorted(train.columns)) == (2640, 81, ["level1", "level2"])
    for folder in ("grocery_store/dataset", "grocery_store"):
        both = scanned(str(real_data(folder)))
        assert (len(both), len(both.class_names)) == (5125, 81)
        assert (both.columns["split"].count("train"), both.columns["split"].count("test")) == (2640, 2485)
        assert len(both.skipped) == 81
        assert {item.reason for item in both.skipped} == {"lies outside test and train"}


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        *(("a/train", "a train"), ("a/Test", "a Test"), ("a/b", "b")),
        *(("groceries/dataset/train", "groceries train"), ("a/data/images/val", "a val"), ("a/dataset", "dataset")),
    ],
)
def test_a_folder_with_the_name_of_a_part_is_called_after_the_set_that_it_is_of(folder: str, name: str) -> None:
    assert names.of_folder(f"/somewhere/{folder}") == name
    assert names.of_folder("/train") == "train"
    assert names.of_folder("/data/train") == "data train"
    assert names.of_file(Path(f"/somewhere/{folder}.csv")) == name


@posix
def test_links_to_nothing_are_told_and_are_no_class_folders(tmp_path: Path) -> None:
    data = picture_folder(tmp_path / "data", {"a": 3, "b": 3})
    (data / "c").symlink_to(tmp_path / "gone")
    (data / "d.png").symlink_to(tmp_path / "gone.png")
    (data / "itself").symlink_to("itself")
    (data / "again").symlink_to(data / "a")
    (data / "a" / "loop").symlink_to(data)
    found = scanned(str(data))
    assert (len(found), found.class_names) == (6, ("a", "b"))
    assert {(item.path, item.reason) for item in found.skipped} == {
        (name, "a link to what is not there") for name in ("c", "d.png", "itself")
    }
    assert bids_for(str(data), DEFAULT_OPTIONS)[0].bid.reason == "a folder with 2 class folders"
