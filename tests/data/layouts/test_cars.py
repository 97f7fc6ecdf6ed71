"""Cars196 in the four forms that it is passed on in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from tests.data.layouts.sets import pictures, said, texts, zipped
from tests.helpers.data import scanned

NAMES = ("AM General Hummer SUV 2000", "Acura RL Sedan 2012", "Ram C/V Cargo Van Minivan 2012", "smart fortwo 2012")
GIVEN = DataOptions(partition="given")


def annotate(path: Path, rows: Sequence[dict[str, object]], names: Sequence[str] = ()) -> None:
    """Write a file of the devkit: a struct array (1, N) of annotations, and class names in a cell array."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held: dict[str, object] = {}
    if rows:
        array = np.empty((1, len(rows)), dtype=[(name, object) for name in rows[0]])
        for i, row in enumerate(rows):
            for name, value in row.items():
                array[0, i][name] = value
        held["annotations"] = array
    if names:
        cells = np.empty((1, len(names)), dtype=object)
        cells[0, :] = list(names)
        held["class_names"] = cells
    savemat(path, held, do_compression=True)


def box(n: int) -> dict[str, object]:
    """Return corners as the devkit has them, numbered from 1."""
    return {"bbox_x1": np.uint16(n), "bbox_y1": np.uint8(2), "bbox_x2": np.uint16(n + 9), "bbox_y2": np.uint16(21)}


@pytest.fixture
def devkit(tmp_path: Path) -> Path:
    root = tmp_path / "stanford_cars"
    pictures(root, *(f"cars_{part}/{n:05d}.jpg" for part in ("train", "test") for n in (1, 2, 3)), side=30)
    train = [{**box(n), "class": np.uint8(label), "fname": f"{n:05d}.jpg"} for n, label in ((1, 1), (2, 4), (3, 9))]
    test = [{**box(n), "class": np.uint8(label), "fname": f"{n:05d}.jpg"} for n, label in ((1, 2), (2, 3), (4, 3))]
    annotate(root / "devkit/cars_meta.mat", (), NAMES)
    annotate(root / "devkit/cars_train_annos.mat", train)
    bare = [{name: value for name, value in row.items() if name != "class"} for row in test]
    annotate(root / "devkit/cars_test_annos.mat", bare)
    annotate(root / "cars_test_annos_withlabels.mat", test)
    texts(root, {"devkit/README.txt": "This file gives documentation for the cars 196 dataset.\n"})
    return root


def test_the_devkit_says_classes_boxes_and_split(devkit: Path) -> None:
    listing = scanned(str(devkit))
    assert listing.read_as == "Cars196: cars_train beside a devkit of MATLAB files"
    assert listing.class_names == NAMES
    wanted = {
        "cars_train/00001.jpg": (NAMES[0], "train", "train"),
        "cars_train/00002.jpg": (NAMES[3], "test", "train"),
        "cars_test/00001.jpg": (NAMES[1], "train", "test"),
        "cars_test/00002.jpg": (NAMES[2], "test", "test"),
    }
    assert said(listing, "split", "given split") == wanted
    assert {item.path: item.reason for item in listing.skipped} == {
        "cars_train/00003.jpg": "its class, 9, is none of the 4",
        "cars_test/00003.jpg": "the devkit does not name it",
        "cars_test/00004.jpg": "the devkit names it, but the file does not exist",
    }
    assert {path: row[1] for path, row in said(scanned(str(devkit), GIVEN), "split").items()} == {
        path: row[2] for path, row in wanted.items()
    }
    cut = scanned(str(devkit), DataOptions(crop=True))
    assert dict(zip(cut.ids, cut.items.boxes.tolist(), strict=True)) == {
        path: [int(path[-5]) - 1, 1, 10, 20] for path in wanted
    }
    packed = scanned(str(zipped(devkit)))
    assert {path.removeprefix("stanford_cars/"): row for path, row in said(packed, "split", "given split").items()} == (
        wanted
    )


def test_a_devkit_in_a_folder_of_its_own_and_pictures_packed_twice(devkit: Path) -> None:
    wanted = said(scanned(str(devkit)), "split", "given split")
    for part in ("train", "test"):
        (devkit / f"cars_{part}").rename(devkit / "moved")
        (devkit / f"cars_{part}").mkdir()
        (devkit / "moved").rename(devkit / f"cars_{part}" / f"cars_{part}")
    (devkit / "car_devkit").mkdir()
    (devkit / "devkit").rename(devkit / "car_devkit" / "devkit")
    found = said(scanned(str(devkit)), "split", "given split")
    assert {path.partition("/")[2]: row for path, row in found.items()} == wanted


def test_without_the_labels_of_the_test_they_are_unlabelled(devkit: Path) -> None:
    (devkit / "cars_test_annos_withlabels.mat").unlink()
    listing = scanned(str(devkit))
    assert said(listing, "split", "given split") == {
        "cars_train/00001.jpg": (NAMES[0], "train", "train"),
        "cars_train/00002.jpg": (NAMES[3], "test", "train"),
        "cars_test/00001.jpg": ("", "", "test"),
        "cars_test/00002.jpg": ("", "", "test"),
    }
    assert listing.notes[-2] == "cars_test_annos_withlabels.mat is missing: the pictures of cars_test are unlabelled"


def test_all_pictures_in_one_folder(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"car_ims/{n:06d}.jpg" for n in (1, 2, 3)))
    rows = [
        {"relative_im_path": f"car_ims/{n:06d}.jpg", **box(n), "class": np.uint8(label), "test": np.uint8(n == 2)}
        for n, label in ((1, 1), (2, 1), (3, 3))
    ]
    annotate(tmp_path / "cars_annos.mat", rows, NAMES)
    assert said(scanned(str(tmp_path)), "split", "given split") == {
        "car_ims/000001.jpg": (NAMES[0], "train", "train"),
        "car_ims/000002.jpg": (NAMES[0], "train", "test"),
        "car_ims/000003.jpg": (NAMES[2], "test", "train"),
    }


def test_tables_beside_class_folders(tmp_path: Path) -> None:
    ram = "Ram C-V Cargo Van Minivan 2012"  # a folder cannot have the slash
    pictures(tmp_path, *(f"car_data/car_data/{name}" for name in (
        f"train/{NAMES[0]}/00001.jpg", f"train/{ram}/00002.jpg", f"test/{NAMES[1]}/00001.jpg",
    )))  # fmt: skip
    texts(
        tmp_path,
        {
            "names.csv": "".join(f"{name}\n" for name in NAMES),
            "anno_train.csv": "00001.jpg,39,116,569,375,1\n00002.jpg,36,116,868,587,3\n00009.jpg,1,1,2,2,500\n",
            "anno_test.csv": "00001.jpg,30,52,246,147,2\nbroken\n",
        },
    )
    listing = scanned(str(tmp_path))
    assert listing.read_as == "Cars196: anno_train.csv and names.csv"
    assert said(listing, "split", "given split") == {
        f"car_data/car_data/train/{NAMES[0]}/00001.jpg": (NAMES[0], "train", "train"),
        f"car_data/car_data/train/{ram}/00002.jpg": (NAMES[2], "test", "train"),
        f"car_data/car_data/test/{NAMES[1]}/00001.jpg": (NAMES[1], "train", "test"),
    }
    assert {item.path: item.reason for item in listing.skipped} == {
        "anno_train.csv, line 3": "its class, 500, is none of the 4",
        "anno_test.csv, line 2": "it is not file, x1, y1, x2, y2, class",
    }


def test_class_folders_alone(tmp_path: Path) -> None:
    names = [f"{part}/{name}/00001.jpg" for part in ("train", "test") for name in (NAMES[0], NAMES[1], NAMES[3])]
    pictures(tmp_path, *names)
    listing = scanned(str(tmp_path))
    assert listing.read_as == f"Cars196: a class folder {NAMES[0]} in train"
    assert said(listing, "split", "given split") == {
        name: (name.split("/")[1], "train" if NAMES[0] in name else "test", name.split("/")[0]) for name in names
    }


@pytest.mark.parametrize(
    "content", [b"", b"MATLAB 7.3 MAT-file, Platform: GLNXA64" + bytes(600), b"MATLAB 5.0 \xff" * 60]
)
def test_a_broken_devkit_is_told(devkit: Path, content: bytes) -> None:
    (devkit / "devkit/cars_meta.mat").write_bytes(content)
    with pytest.raises(UserError, match=r"devkit/cars_meta\.mat of .* cannot be read"):
        scanned(str(devkit))
