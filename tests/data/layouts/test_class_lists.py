"""Class folders whose parts or names are listed apart, on small copies of their true layouts."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.recipe import DataOptions
from explorer.data.opening import check
from tests.data.layouts.sets import pictures, said, texts, zipped
from tests.helpers.data import scanned


def test_omniglot_has_background_and_evaluation(tmp_path: Path) -> None:
    drawn = {
        "images_background/Greek/character01/0394_01.png": ("Greek/character01", "train", "Greek", "01"),
        "images_background/Greek/character01/0394_20.png": ("Greek/character01", "train", "Greek", "20"),
        "images_background/Futurama/character01/0332_02.png": ("Futurama/character01", "train", "Futurama", "02"),
        "images_evaluation/Gurmukhi/character33/1151_03.png": ("Gurmukhi/character33", "test", "Gurmukhi", "03"),
    }
    root = tmp_path / "omniglot-py"
    pictures(root, *drawn, "images_background/stray.png", "images_background_small1/Greek/character01/0394_01.png")
    texts(root, {"strokes_background/Greek/character01/0394_01.txt": "START\n0,0,0\n"})
    listing = scanned(str(root))
    assert listing.read_as.startswith("Omniglot: images_background/, images_background_small1/, images_evaluation/")
    assert said(listing, "split", "level1", "drawer") == drawn
    assert [(item.path, item.reason) for item in listing.skipped] == [
        ("images_background/stray.png", "it does not lie in the folder of a character of an alphabet")
    ]
    assert said(scanned(str(zipped(root))), "split", "level1", "drawer") == {
        f"omniglot-py/{path}": row for path, row in drawn.items()
    }


def test_a_small_background_alone_trains(tmp_path: Path) -> None:
    names = [f"images_background_small{n}/{name}/character01/0001_01.png" for n, name in ((1, "Korean"), (2, "Latin"))]
    pictures(tmp_path, *names)
    assert [row[1] for row in said(scanned(str(tmp_path)), "split").values()] == ["train", "train"]


@pytest.mark.parametrize("folder", ["images/", "images/{label}/"])
def test_mini_imagenet_has_tables_that_share_no_class(tmp_path: Path, folder: str) -> None:
    tables = {
        "train": {"n0153282900000005.jpg": "n01532829", "n0153282900000006.jpg": "n01532829"},
        "val": {"n0185567200000003.jpg": "n01855672"},
        "test": {"n0193011200000035.jpg": "n01930112"},
    }
    wanted = {
        folder.format(label=label) + name: (label, part)
        for part, rows in tables.items()
        for name, label in rows.items()
    }
    pictures(tmp_path, *wanted)
    lists = {
        f"{part}.csv": "filename,label\n" + "".join(f"{name},{label}\n" for name, label in rows.items())
        for part, rows in tables.items()
    }
    lists["test.csv"] += "n0193011200000099.jpg,n01930112\nn0193011200000098.jpg\n"
    texts(tmp_path, lists)
    listing = scanned(str(tmp_path))
    assert listing.read_as == "mini-ImageNet: train.csv, val.csv, test.csv of file names and labels"
    assert said(listing, "split") == wanted
    assert {item.path: item.reason for item in listing.skipped} == {
        "images/n0193011200000099.jpg": "a table names it, but the file does not exist",
        "test.csv, line 4": "it is not a file name and a label",
    }
    texts(tmp_path, {"train.csv": "id,breed\n"})  # a contest's tables are called so too
    assert scanned(str(tmp_path)).read_as.startswith("folder: ")


def test_vggface2_has_names_apart_and_boxes(tmp_path: Path) -> None:
    faces = {
        "train/n000002/0001_01.jpg": ("n000002", "train", "A_Fine_Frenzy", "f"),
        "train/n000003/0002_01.jpg": ("n000003", "train", "A. C. Peterson", "m"),
        "test/n000001/0001_01.jpg": ("n000001", "test", "14th_Dalai_Lama", "m"),
    }
    pictures(tmp_path, *faces, side=20)
    texts(
        tmp_path,
        {
            "identity_meta.csv": "Class_ID, Name, Sample_Num, Flag, Gender\n"
            'n000001, "14th_Dalai_Lama", 424, 0, m\nn000002, "A_Fine_Frenzy", 315, 1, f\n'
            'n000003, "A. C. Peterson", 205, 1, m\n',
            "train_list.txt": "n000002/0001_01.jpg\n",
            "bb_landmark/loose_bb_train.csv": 'NAME_ID,X,Y,W,H\n"n000002/0001_01",1,2,10,12\n',
            "bb_landmark/loose_bb_test.csv": 'NAME_ID,X,Y,W,H\n"n000001/0001_01",3,4,5,6\n',
        },
    )
    listing = scanned(str(tmp_path), DataOptions(crop=True))
    assert listing.read_as == "VGGFace2: folders of identities such as n000001 in train/ and test/"
    assert said(listing, "split", "name", "gender") == faces
    boxes = dict(zip(listing.ids, listing.items.boxes.tolist(), strict=True))
    assert boxes["train/n000002/0001_01.jpg"] == [1, 2, 10, 12]
    assert boxes["test/n000001/0001_01.jpg"] == [3, 4, 5, 6]
    assert "1 picture without a box: whole" in listing.notes


def test_casia_webface_has_names_beside(tmp_path: Path) -> None:
    names = [f"CASIA-WebFace/{who}/{n:03d}.jpg" for who in ("0000045", "0000099") for n in (1, 2)]
    pictures(tmp_path, *names)
    texts(tmp_path, {"names.txt": "0000045 Anna Nicole Smith\n0000099 Talia_Balsam\n"})
    listing = scanned(str(tmp_path))
    assert listing.read_as == "CASIA-WebFace: folders of identities such as 0000045/"
    called = {"0000045": "Anna Nicole Smith", "0000099": "Talia_Balsam"}
    assert said(listing, "name") == {path: (path.split("/")[1], called[path.split("/")[1]]) for path in names}
    assert dict(said(scanned(str(tmp_path / "CASIA-WebFace")))) == {
        path.partition("/")[2]: (path.split("/")[1],) for path in names
    }


def test_a_broken_picture_is_skipped_and_the_rest_loads(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"train/n00000{n}/000{i}_01.jpg" for n in (1, 2) for i in range(3)))
    (tmp_path / "train/n000001/0001_01.jpg").write_bytes(b"")
    found = check(str(tmp_path))
    assert found.bids[0].told.startswith("VGGFace2: ")
    assert (found.report.kept, found.splits) == (5, {"train": 5})
    assert [item.path for item in found.report.skipped] == ["train/n000001/0001_01.jpg"]
