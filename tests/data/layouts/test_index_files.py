"""Sets with index files, on small copies of their true layouts: every label, split and level is compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.opening import check, open_dataset
from tests.data.layouts.sets import pictures, said, texts, zipped
from tests.helpers.data import scanned

GIVEN = DataOptions(partition="given")
ALBATROSS, SOOTY = "001.Black_footed_Albatross", "002.Laysan_Albatross"
GREBE, LORY = "003.Sooty_Albatross", "004.Groove_billed_Ani"
CLASSES = (ALBATROSS, SOOTY, GREBE, LORY)
BIRDS = {
    f"{ALBATROSS}/Black_Footed_Albatross_0046_18.jpg": "0",
    f"{ALBATROSS}/Black_Footed_Albatross_0009_34.jpg": "1",
    f"{SOOTY}/Laysan_Albatross_0104_630.jpg": "1",
    f"{GREBE}/Sooty_Albatross_0078_796371.jpg": "1",
    f"{LORY}/Groove_Billed_Ani_0002_1670.jpg": "0",
}


@pytest.fixture
def cub(tmp_path: Path) -> Path:
    """CUB_200_2011.tgz unpacked: the folder, and attributes.txt beside it."""
    root = tmp_path / "CUB" / "CUB_200_2011"
    pictures(root / "images", *BIRDS, side=40)
    texts(
        root,
        {
            "images.txt": "".join(f"{n} {path}\n" for n, path in enumerate(BIRDS, 1)),
            "image_class_labels.txt": "".join(f"{n} {int(path[:3])}\n" for n, path in enumerate(BIRDS, 1)),
            "train_test_split.txt": "".join(f"{n} {part}\n" for n, part in enumerate(BIRDS.values(), 1)),
            "classes.txt": "".join(f"{n} {name}\n" for n, name in enumerate(CLASSES, 1)),
            "bounding_boxes.txt": "".join(f"{n} {n}.0 2.0 20.0 10.0\n" for n in range(1, 6)),
            "README": "The Caltech-UCSD Birds-200-2011 Dataset\n",
            "parts/parts.txt": "1 back\n2 beak\n",
            "parts/part_locs.txt": "1 1 0.0 0.0 0\n",
            "attributes/image_attribute_labels.txt": "1 1 0 3 27.7080\n",
        },
    )
    texts(root.parent, {"attributes.txt": "1 has_bill_shape::curved_(up_or_down)\n"})
    return root.parent


def test_cub_is_split_by_class_or_as_it_is_given(cub: Path) -> None:
    listing = scanned(str(cub))
    assert listing.read_as == "CUB-200-2011: images.txt and image_class_labels.txt beside the pictures"
    assert listing.class_names == CLASSES
    part = {ALBATROSS: "train", SOOTY: "train", GREBE: "test", LORY: "test"}
    own = {"0": "test", "1": "train"}
    assert said(listing, "split", "given split") == {
        f"CUB_200_2011/images/{path}": (path.split("/")[0], part[path.split("/")[0]], own[flag])
        for path, flag in BIRDS.items()
    }
    assert listing.notes == (
        "Split by class: the first 2 of 4 classes train, the others are test: set data.partition=given for the data "
        "set's own, kept in the column given split",
        "Boxes come with the pictures: data.crop=true cuts them out",
    )
    given = scanned(str(cub), GIVEN)
    assert {path: row[1] for path, row in said(given, "split").items()} == {
        f"CUB_200_2011/images/{path}": own[flag] for path, flag in BIRDS.items()
    }
    assert set(given.columns) == {"split"}


def test_the_inner_folder_and_a_zip_say_the_same(cub: Path) -> None:
    outer = said(scanned(str(cub)), "split")
    inner = said(scanned(str(cub / "CUB_200_2011")), "split")
    assert {f"CUB_200_2011/{path}": row for path, row in inner.items()} == outer
    packed = scanned(str(zipped(cub)))
    assert packed.read_as.startswith("CUB-200-2011: ")
    assert {path.removeprefix("CUB/"): row for path, row in said(packed, "split").items()} == outer


def test_boxes_are_cut_out(cub: Path, cache: Path) -> None:
    plain = open_dataset(str(cub), DataOptions(size=40), cache_folder=cache)
    cut = open_dataset(str(cub), DataOptions(size=20, crop=True), cache_folder=cache)
    assert cut.fingerprint != plain.fingerprint
    number = {path: n for n, path in enumerate(BIRDS, 1)}
    for i, name in enumerate(cut.ids):
        n = number[name.removeprefix("CUB_200_2011/images/")]
        whole = plain.inputs[i]
        assert np.array_equal(cut.inputs[i][5:15], whole[2:12, n : n + 20]), name  # 20 × 10, laid on a square of 20


def test_what_is_wrong_with_cub_is_skipped_with_its_reason(cub: Path) -> None:
    root = cub / "CUB_200_2011"
    texts(
        root,
        {
            "image_class_labels.txt": "1 1\n2 1\n3 9\n4\n5 4\n77 2\n",
            "images.txt": "".join(f"{n} {path}\n" for n, path in enumerate(BIRDS, 1)) + f"6 {LORY}/gone.jpg\n5 twice\n",
        },
    )
    (root / "images" / ALBATROSS / "Black_Footed_Albatross_0009_34.jpg").write_bytes(b"\xff\xd8\xff broken")
    pictures(root / "images", f"{ALBATROSS}/new.jpg")
    listing = scanned(str(cub))
    paths = [f"CUB_200_2011/images/{path}" for path in BIRDS]
    assert set(listing.ids) == {paths[0], paths[1], paths[4]}
    assert {item.path: item.reason for item in listing.skipped} == {
        "images.txt, line 7": "a second line for 5; the first is used",
        "image_class_labels.txt, line 4": "it has one word where there should be two",
        "image_class_labels.txt, 77": "images.txt names no such picture",
        paths[2]: "its class, 9, is not in classes.txt",
        paths[3]: "image_class_labels.txt omits it",
        f"CUB_200_2011/images/{LORY}/gone.jpg": "image_class_labels.txt omits it",
        f"CUB_200_2011/images/{ALBATROSS}/new.jpg": "images.txt does not name it",
    }
    found = check(str(cub))
    assert found.report.kept == 2
    assert "not a picture" in {item.path: item.reason for item in found.report.skipped}[paths[1]]


def test_missing_files_are_told(cub: Path) -> None:
    root = cub / "CUB_200_2011"
    (root / "classes.txt").unlink()
    (root / "train_test_split.txt").unlink()
    listing = scanned(str(cub))
    assert listing.class_names == ("1", "2", "3", "4")
    assert "classes.txt is missing: classes are called by their numbers" in listing.notes
    with pytest.raises(UserError, match="comes without a partition of its own"):
        scanned(str(cub), GIVEN)
    for file in (root / "images").rglob("*.jpg"):
        file.rename(file.with_suffix(".jpeg"))
    with pytest.raises(UserError, match=r"None of the 5 pictures that images\.txt names is there"):
        scanned(str(cub))


def test_nabirds_has_its_hierarchy_as_levels(tmp_path: Path) -> None:
    root = tmp_path / "nabirds"
    birds = {
        "0000139e-21dc-4d0c-bfe1-4cae3c85c829": ("0817/0000139e21dc4d0cbfe14cae3c85c829.jpg", 817, 1),
        "0000d9fc-4e02-4c06-a0af-a55cfb16b12b": ("0860/0000d9fc4e024c06a0afa55cfb16b12b.jpg", 860, 0),
        "00019306-9d83-4334-b255-a447742edce3": ("0900/000193069d834334b255a447742edce3.jpg", 900, 1),
    }
    pictures(root / "images", *(path for path, _, _ in birds.values()))
    texts(
        root,
        {
            "images.txt": "".join(f"{key} {path}\n" for key, (path, _, _) in birds.items()),
            "image_class_labels.txt": "".join(f"{key} {label}\n" for key, (_, label, _) in birds.items()),
            "train_test_split.txt": "".join(f"{key} {part}\n" for key, (_, _, part) in birds.items()),
            "classes.txt": "0 Birds\n22 Perching Birds\n190 Tits, Chickadees, and Titmice\n817 Oak Titmouse\n"
            "860 Dark-eyed Junco (Oregon)\n900 Dark-eyed Junco (Oregon)\n",
            "hierarchy.txt": "22 0\n190 22\n817 190\n860 22\n900 22\n",
            "bounding_boxes.txt": "".join(f"{key} 83 59 128 228\n" for key in birds),
            "sizes.txt": "".join(f"{key} 296 341\n" for key in birds),
            "photographers.txt": "0000139e-21dc-4d0c-bfe1-4cae3c85c829 Ruth Cantwell\n",
        },
    )
    listing = scanned(str(root))
    assert listing.read_as.startswith("NABirds: ")
    assert said(listing, "split", "given split", "level1", "level2") == {
        "images/0817/0000139e21dc4d0cbfe14cae3c85c829.jpg": (
            *("Oak Titmouse", "train", "train"),
            *("Perching Birds", "Tits, Chickadees, and Titmice"),
        ),
        "images/0860/0000d9fc4e024c06a0afa55cfb16b12b.jpg": (
            *("Dark-eyed Junco (Oregon)", "test", "test"),
            *("Perching Birds", ""),
        ),
        "images/0900/000193069d834334b255a447742edce3.jpg": (
            *("Dark-eyed Junco (Oregon)~2", "test", "train"),
            *("Perching Birds", ""),
        ),
    }


def test_stanford_online_products_has_its_own_split_by_class(tmp_path: Path) -> None:
    root = tmp_path / "Stanford_Online_Products"
    header = "image_id class_id super_class_id path\n"
    train = ["bicycle_final/111085122871_0.JPG", "bicycle_final/111085122871_1.JPG", "toaster_final/9_0.JPG"]
    test = ["bicycle_final/251952414262_0.JPG", "toaster_final/10_1.JPG"]
    pictures(root, *train, *test)
    texts(
        root,
        {
            "Ebay_train.txt": f"{header}1 1 1 {train[0]}\n2 1 1 {train[1]}\n3 2 12 {train[2]}\n4 2 12\n5 x 1 a/b.JPG\n",
            "Ebay_test.txt": f"{header}59552 11319 1 {test[0]}\n59553 11320 12 {test[1]}\n",
            "Ebay_info.txt": f"{header}1 1 1 {train[0]}\n",
            "Ebay_final/readme.txt": "",
        },
    )
    listing = scanned(str(tmp_path))
    assert listing.class_names == ("1", "2", "11319", "11320")
    folder = "Stanford_Online_Products/"
    assert said(listing, "split", "level1") == {
        folder + train[0]: ("1", "train", "bicycle"),
        folder + train[1]: ("1", "train", "bicycle"),
        folder + train[2]: ("2", "train", "toaster"),
        folder + test[0]: ("11319", "test", "bicycle"),
        folder + test[1]: ("11320", "test", "toaster"),
    }
    assert {item.path: item.reason for item in listing.skipped} == {
        "Ebay_train.txt, line 5": "3 words where there should be 4",
        "Ebay_train.txt, line 6": "its class, x, is no number",
    }


@pytest.mark.parametrize("folders", [("", ""), ("Img/", "Eval/")])
def test_in_shop_has_queries_and_a_gallery(tmp_path: Path, folders: tuple[str, str]) -> None:
    images, lists = folders
    rows = {
        "img/WOMEN/Dresses/id_00000002/02_1_front.jpg": ("id_00000002", "train"),
        "img/WOMEN/Blouses_Shirts/id_00000001/02_1_front.jpg": ("id_00000001", "query"),
        "img/WOMEN/Blouses_Shirts/id_00000001/02_2_side.jpg": ("id_00000001", "gallery"),
        "img/MEN/Tees_Tanks/id_00000390/01_7_additional.jpg": ("id_00000390", "gallery"),
    }
    pictures(tmp_path, *(images + path for path in rows), side=256)
    lines = "".join(f"{path:74} {item}  {part}\n" for path, (item, part) in rows.items())
    boxes = "".join(f"{path:70} 3          4     50      49      208     235\n" for path in rows)
    texts(
        tmp_path,
        {
            f"{lists}list_eval_partition.txt": f"4\nimage_name item_id evaluation_status\n{lines}img/a.jpg id_9 val\n",
            "Anno/list_bbox_inshop.txt": f"4\nimage_name  clothes_type  pose_type  x_1  y_1  x_2  y_2\n{boxes}",
        },
    )
    listing = scanned(str(tmp_path), DataOptions(crop=True))
    assert listing.read_as.startswith("In-shop Clothes: ")
    assert said(listing, "split", "level1", "level2") == {
        images + path: (item, part, *path.split("/")[1:3]) for path, (item, part) in rows.items()
    }
    assert [(item.path, item.reason) for item in listing.skipped] == [
        (f"{lists}list_eval_partition.txt, line 7", "val is none of train, query, gallery")
    ]
    assert listing.items.boxes.tolist() == [[50, 49, 158, 186]] * 4


def test_a_list_of_another_set_of_this_name_is_not_taken_for_it(tmp_path: Path) -> None:
    pictures(tmp_path, "img_align_celeba/000001.jpg", "img_align_celeba/000002.jpg")
    texts(tmp_path, {"list_eval_partition.txt": "000001.jpg 0\n000002.jpg 2\n"})
    assert scanned(str(tmp_path)).read_as.startswith("folder: ")


def test_lists_without_pictures_are_told(tmp_path: Path) -> None:
    pictures(tmp_path, "images/a/1.jpg")
    texts(tmp_path, {"images.txt": "1 a/1.jpg\n", "image_class_labels.txt": "2 1\n"})
    with pytest.raises(
        UserError, match=r"images\.txt of .* names no picture; the first, images/a/1\.jpg: image_class_la"
    ):
        scanned(str(tmp_path))


@pytest.mark.parametrize("folder", ["", "images/"])
def test_class_folders_of_cub_alone_are_split_by_class(tmp_path: Path, folder: str) -> None:
    pictures(tmp_path, *(folder + path for path in BIRDS))
    listing = scanned(str(tmp_path))
    assert listing.read_as == f"CUB-200-2011: a class folder {folder}{ALBATROSS}"
    part = {ALBATROSS: "train", SOOTY: "train", GREBE: "test", LORY: "test"}
    assert said(listing, "split") == {folder + path: (path.split("/")[0], part[path.split("/")[0]]) for path in BIRDS}
