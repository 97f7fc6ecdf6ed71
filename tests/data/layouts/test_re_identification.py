"""Sets of re-identification on small copies: identities, cameras, junk and distractors, parts, and what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.registry import create
from explorer.core.types import UNLABELLED
from explorer.data.opening import open_dataset
from explorer.data.split import make_split, query_and_gallery, taking_part
from explorer.evaluation.protocol import Effort, Sample
from explorer.measure.lifts import lift
from tests.data.layouts.sets import pictures, said, texts, zipped
from tests.helpers.data import scanned

MARKET = {
    "bounding_box_train/0002_c1s1_000451_03.jpg": ("0002", "1", "train"),
    "bounding_box_train/0002_c3s1_000551_01.jpg": ("0002", "3", "train"),
    "bounding_box_train/0007_c2s3_071002_01.jpg": ("0007", "2", "train"),
    "bounding_box_train/0007_c5s3_071002_01.jpg": ("0007", "5", "train"),
    "bounding_box_test/-1_c1s1_000401_03.jpg": ("", "1", "junk"),
    "bounding_box_test/0000_c1s1_000151_01.jpg": ("", "1", "distractor"),
    "bounding_box_test/0000_c6s3_000151_01.jpg": ("", "6", "distractor"),
    "bounding_box_test/0003_c1s6_015996_02.jpg": ("0003", "1", "gallery"),
    "bounding_box_test/0003_c4s6_015996_02.jpg": ("0003", "4", "gallery"),
    "query/0003_c1s6_015971_00.jpg": ("0003", "1", "query"),
}


@pytest.fixture
def market(tmp_path: Path) -> Path:
    root = tmp_path / "Market-1501-v15.09.15"
    pictures(root, *MARKET, "gt_bbox/0003_c1s6_015996_00.jpg", "gt_bbox/0003_c4s6_015996_00.jpg")
    texts(root, {"gt_query/0003_c1s6_015971_00_good.mat": "", "readme.txt": "", "query/Thumbs.db": "x"})
    return root


def test_market_1501(market: Path) -> None:
    listing = scanned(str(market))
    assert listing.read_as.startswith("Market-1501: bounding_box_train/, query/, bounding_box_test/ with files like ")
    assert listing.class_names == ("0002", "0003", "0007")
    assert said(listing, "camera", "split") == MARKET
    assert listing.notes == (
        "6 cameras, by the names of the files as the identities",
        "1 picture of the identity -1: junk, which counts for nothing",
        "2 pictures of the identity 0000: distractors, wrong for every query",
        "2 pictures left out, in gt_bbox/",
    )
    assert listing.skipped == ()
    packed = scanned(str(zipped(market)))
    assert packed.read_as.startswith("Market-1501: ")
    assert {path.partition("/")[2]: row for path, row in said(packed, "camera", "split").items()} == MARKET


def test_junk_is_in_no_part_and_distractors_are_held_out_with_the_gallery(market: Path, cache: Path) -> None:
    dataset = open_dataset(str(market), cache_folder=cache)
    split = make_split("auto", {}, dataset, 0)
    part = {dataset.ids[i]: "train" for i in split.train} | {dataset.ids[i]: "held out" for i in split.held_out}
    wanted = {path: "train" if row[2] == "train" else "held out" for path, row in MARKET.items() if row[2] != "junk"}
    assert part == wanted
    assert split.unseen
    queries, gallery = query_and_gallery(dataset.columns)
    assert {dataset.ids[i] for i in queries} == {path for path, row in MARKET.items() if row[2] == "query"}
    assert {dataset.ids[i] for i in gallery} == {p for p, row in MARKET.items() if row[2] in ("gallery", "distractor")}
    assert {dataset.ids[i] for i in np.flatnonzero(~taking_part(dataset)).tolist()} == {
        path for path, row in MARKET.items() if row[2] == "junk"
    }


def test_distractors_are_wrong_for_every_query_and_junk_is_passed_over(market: Path, cache: Path) -> None:
    dataset = open_dataset(str(market), cache_folder=cache)
    held = make_split("auto", {}, dataset, 0).held_out
    place = {  # how far each picture lies from the query
        "bounding_box_test/0000_c1s1_000151_01.jpg": 1.0,
        "bounding_box_test/0000_c6s3_000151_01.jpg": 9.0,
        "bounding_box_test/0003_c1s6_015996_02.jpg": 2.0,
        "bounding_box_test/0003_c4s6_015996_02.jpg": 3.0,
        "query/0003_c1s6_015971_00.jpg": 0.0,
    }
    x = np.array([[place[dataset.ids[i]]] for i in held], np.float32)
    sample = Sample(
        x,
        dataset.labels[held],
        lift("euclidean"),
        {name: list(texts.take(held)) for name, texts in dataset.columns.items()},
        ids=list(dataset.ids.take(held)),
        class_names=dataset.class_names,
    )
    plain = create("protocol", "retrieval", {}).measure(sample, Effort())
    # ranking of the one query: a distractor, two right ones, a distractor
    assert plain.figures["recall@1"] == 0.0
    assert plain.figures["recall@2"] == 1.0
    assert plain.figures["r_precision"] == 0.5
    assert plain.figures["map@r"] == pytest.approx((0 + 1 / 2) / 2)
    assert (plain.items, plain.classes, plain.how) == (1, 1, "against 4 of the gallery")
    people = create("protocol", "re_id", {}).measure(sample, Effort())
    assert people.figures["rank-1"] == 0.0  # its own camera left out: a distractor, then the right one
    assert people.figures["map"] == 0.5
    assert (people.items, people.classes) == (5, 1)


def test_dukemtmc_and_cuhk03(tmp_path: Path) -> None:
    duke = {
        "bounding_box_train/0001_c2_f0046182.jpg": ("0001", "2", "train"),
        "bounding_box_train/0008_c5_f0046182.jpg": ("0008", "5", "train"),
        "query/0005_c2_f0046985.jpg": ("0005", "2", "query"),
        "bounding_box_test/0005_c5_f0051341.jpg": ("0005", "5", "gallery"),
        "bounding_box_test/7141_c8_f0175150.jpg": ("7141", "8", "gallery"),
    }
    pictures(tmp_path / "DukeMTMC-reID", *duke)
    texts(tmp_path / "DukeMTMC-reID", {"LICENSE_DukeMTMC.txt": "", "CITATION_DukeMTMC.txt": ""})
    listing = scanned(str(tmp_path / "DukeMTMC-reID"))
    assert listing.read_as.startswith("DukeMTMC-reID: ")
    assert said(listing, "camera", "split") == duke

    boxes = {
        "bounding_box_train/0003_c1_21.png": ("0003", "1", "train"),
        "bounding_box_train/0003_c2_25.png": ("0003", "2", "train"),
        "query/0001_c1_1.png": ("0001", "1", "query"),
        "bounding_box_test/0001_c2_6.png": ("0001", "2", "gallery"),
    }
    root = tmp_path / "cuhk03-np"
    pictures(root, *(f"{kind}/{path}" for kind in ("labeled", "detected") for path in boxes))
    listing = scanned(str(root))
    assert listing.read_as.startswith("CUHK03-NP: labeled/ and detected/")
    assert {path.removeprefix("labeled/"): row for path, row in said(listing, "camera", "split").items()} == boxes
    assert listing.notes[-2:] == (
        "Boxes drawn by hand, of labeled/: open the folder detected/ for those of a detector",
        "4 pictures left out, in detected/",
    )
    listing = scanned(str(root / "detected"))
    assert listing.read_as.startswith("CUHK03-NP: ")
    assert said(listing, "camera", "split") == boxes


def test_veri_has_lists_of_what_counts(tmp_path: Path) -> None:
    veri = {
        "image_train/0001_c001_00016450_0.jpg": ("0001", "1", "train"),
        "image_train/0003_c020_00016450_0.jpg": ("0003", "20", "train"),
        "image_query/0002_c002_00030600_0.jpg": ("0002", "2", "query"),
        "image_test/0002_c002_00030600_0.jpg": ("0002", "2", "gallery"),
        "image_test/0002_c003_00084280_0.jpg": ("0002", "3", "gallery"),
    }
    pictures(tmp_path, *veri, "image_train/0009_c001_1_0.jpg", "image_train/logo.jpg")
    names = {part: [p.partition("/")[2] for p in veri if p.startswith(f"image_{part}")] for part in ("query", "test")}
    texts(
        tmp_path,
        {
            "name_train.txt": "0001_c001_00016450_0.jpg\n0003_c020_00016450_0.jpg\n0005_c001_1_0.jpg\nlogo.jpg\n",
            **{f"name_{part}.txt": "".join(f"{name}\n" for name in found) for part, found in names.items()},
            "train_label.xml": '<?xml version="1.0" encoding="gb2312"?>\n<TrainingImages/>\n',
            "gt_index.txt": "1 2 \n",
            "jk_index.txt": "1 \n",
        },
    )
    listing = scanned(str(tmp_path))
    assert listing.read_as == "VeRi-776: image_train/, image_query/, image_test/"
    assert said(listing, "camera", "split") == veri
    assert listing.notes[-1].startswith("1 query also in the gallery: the protocol re-id leaves them out")
    assert {item.path: item.reason for item in listing.skipped} == {
        "image_train/0009_c001_1_0.jpg": "name_train.txt does not name it",
        "image_train/logo.jpg": "its name does not say who it is and which camera saw it",
        "image_train/0005_c001_1_0.jpg": "name_train.txt names it, but it is not there",
    }


@pytest.mark.parametrize("folders", [("train/", "test/"), ("mask_train_v2/", "mask_test_v2/")])
def test_msmt17_has_other_people_of_the_same_number_in_its_test(tmp_path: Path, folders: tuple[str, str]) -> None:
    train, test = folders
    paths = {
        "list_train.txt": [
            (f"{train}0000/0000_000_01_0303morning_0015_0.jpg", 0, "01"),
            (f"{train}0001/0001_000_14_0303noon_0020_0.jpg", 1, "14"),
        ],
        "list_val.txt": [(f"{train}0000/0000_001_05_0303morning_0016_1.jpg", 0, "05")],
        "list_query.txt": [(f"{test}0000/0000_000_11_0113morning_0090_0.jpg", 0, "11")],
        "list_gallery.txt": [
            (f"{test}0000/0000_002_02_0113noon_0090_0.jpg", 0, "02"),
            (f"{test}0001/0001_000_02_0113noon_0001_0.jpg", 1, "02"),
        ],
    }
    pictures(tmp_path, *(path for rows in paths.values() for path, _, _ in rows))
    lists = {
        name: "".join(f"{path.partition('/')[2]} {person}\n" for path, person, _ in rows)
        for name, rows in paths.items()
    }
    lists["list_query.txt"] += "0009/0009_000_01_0303morning_0015_0.jpg 9\nbroken line\n"
    texts(tmp_path, lists)
    listing = scanned(str(tmp_path))
    assert listing.read_as.startswith("MSMT17: ")
    part = {
        "list_train.txt": "train",
        "list_val.txt": "train",
        "list_query.txt": "query",
        "list_gallery.txt": "gallery",
    }
    assert said(listing, "camera", "split") == {
        path: (f"{'train' if path.startswith(train) else 'test'} {person:04d}", str(int(camera)), part[name])
        for name, rows in paths.items()
        for path, person, camera in rows
    }
    assert {item.path: item.reason for item in listing.skipped} == {
        f"{test}0009/0009_000_01_0303morning_0015_0.jpg": "a list names it, but the file does not exist",
        "list_query.txt, line 3": "it is not a picture with its camera, and a person",
    }


def test_what_has_0000_in_training_has_a_person_of_this_number(tmp_path: Path) -> None:
    names = ("bounding_box_train/0000_c1_1.jpg", "query/0001_c1_1.jpg", "bounding_box_test/0001_c2_1.jpg")
    pictures(tmp_path, *names)
    listing = scanned(str(tmp_path))
    assert listing.class_names == ("0000", "0001")
    assert UNLABELLED not in listing.labels
