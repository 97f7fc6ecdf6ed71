"""Known data sets are recognised by their layout, in a folder, in a wrapper and in a zip, and never by mistake."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.bids import bids_for, told
from explorer.data.layouts.place import FolderPlace, Place, ZipPlace, place_of
from explorer.data.opening import open_dataset
from explorer.data.sources.known_set import LAYOUTS, KnownSetSource
from tests.data.layouts.sets import pictures, said, texts
from tests.helpers.data import picture_folder, scanned

FILES = {"a/images.txt": "1 x.png\n", "a/b/.hidden": "", "a/b/c.txt": "\u00e9", "__MACOSX/a": ""}


@pytest.fixture(params=["folder", "zip", "windows"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        texts(tmp_path, FILES)
        return FolderPlace(str(tmp_path))
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name.replace("/", "\\") if request.param == "windows" else name, text)
    return ZipPlace(str(path))


def test_a_folder_and_a_zip_are_looked_at_in_one_way(place: Place) -> None:
    assert place.children() == {"a/"}
    assert place.children("a/") == {"images.txt", "b/"}
    assert place.children("a/b/") == {"c.txt"}
    assert place.children("nothing/") == frozenset()
    assert list(place.roots()) == ["", "a/", "a/b/"]
    assert place.has("a/b/")
    assert place.has("a/images.txt")
    assert not place.has("a/images.txt/")
    assert not place.has("a/none.txt")
    assert place.peek("a/b/c.txt") == "\u00e9"
    assert place.peek("a/none.txt") == ""


def test_what_is_no_known_set_is_not_bid_for(tmp_path: Path) -> None:
    picture_folder(tmp_path / "plain", {"cat": 2, "dog": 2})
    (tmp_path / "broken.zip").write_bytes(b"PK no zip")
    (tmp_path / "text.txt").write_text("x")
    for name in ("plain", "broken.zip", "text.txt", "gone"):
        assert KnownSetSource.bid(str(tmp_path / name), DataOptions()) is None
    assert place_of(str(tmp_path / "gone")) is None


def test_the_name_of_the_set_is_told_by_check_and_kept(tmp_path: Path, cache: Path) -> None:
    names = [f"{part}/{name}/0.png" for part in ("train", "test") for name in ("AM General Hummer SUV 2000", "Z4")]
    pictures(tmp_path, *names)
    bids = bids_for(str(tmp_path), DataOptions())
    assert told(bids) == [
        "read as Cars196: a class folder AM General Hummer SUV 2000 in train",
        "not read as folder: a folder with the parts test, train",
    ]
    assert KnownSetSource.bid(str(tmp_path), DataOptions(modality="text")) is None
    dataset = open_dataset(str(tmp_path), cache_folder=cache)
    assert dataset.report.read_as == bids[0].told
    other = dataset.combined(dataset, "test", cache_folder=cache)
    assert other.report.read_as == bids[0].told


def test_every_layout_has_a_name() -> None:
    assert all(layout.name for layout in LAYOUTS)


def test_a_set_that_gives_its_parts_can_be_split_by_class(tmp_path: Path) -> None:
    people = {
        "bounding_box_train/0001_c1s1_1_00.jpg": ("0001", "train", "train"),
        "bounding_box_train/0009_c1s1_1_00.jpg": ("0009", "test", "train"),
        "bounding_box_test/0000_c2s1_1_00.jpg": ("", "distractor", "distractor"),
        "bounding_box_test/0002_c2s1_1_00.jpg": ("0002", "train", "gallery"),
        "query/0002_c1s1_1_00.jpg": ("0002", "train", "query"),
        "query/0005_c1s1_1_00.jpg": ("0005", "test", "query"),
    }
    pictures(tmp_path, *people)
    listing = scanned(str(tmp_path), DataOptions(partition="classes"))
    assert said(listing, "split", "given split") == people
    assert listing.notes[-1].startswith("Split by class: the first 2 of 4 classes train")
    given = scanned(str(tmp_path), DataOptions(partition="given"))
    assert {path: row[1] for path, row in said(given, "split").items()} == {
        path: row[2] for path, row in people.items()
    }


def test_a_list_that_is_too_large_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.data.layouts.place.LARGEST_INDEX", 4)
    with pytest.raises(UserError, match=r"a/images\.txt of .* cannot be read: it has more than 0 MB"):
        place.text("a/images.txt")
    with pytest.raises(UserError, match=r"a/none\.txt of .* cannot be read"):
        place.text("a/none.txt")
