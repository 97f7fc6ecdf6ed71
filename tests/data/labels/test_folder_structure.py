from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.labels.folder_structure import labels_by_folder
from explorer.data.labels.part_names import HELD_OUT_VALUES, TRAIN_VALUES


def classes(*paths: str) -> list[str]:
    found = labels_by_folder(paths)
    return ["" if label < 0 else found.class_names[label] for label in found.labels.tolist()]


def test_class_folders() -> None:
    assert classes("cat/1.png", "dog/1.png", "cat/2.png") == ["cat", "dog", "cat"]


def test_flat_folder_is_unlabelled() -> None:
    found = labels_by_folder(["1.png", "2.png"])
    assert found.labels.tolist() == [-1, -1]
    assert found.class_names == ()
    assert dict(found.columns) == {}


def test_wrapping_folder_is_dropped() -> None:
    assert classes("images/cat/1.png", "images/dog/2.png") == ["cat", "dog"]


def test_one_class_folder_is_a_class_and_no_wrapper() -> None:
    assert classes("cat/1.png", "cat/2.png") == ["cat", "cat"]


def test_leaf_names_that_clash_keep_their_path() -> None:
    assert classes("Greek/character01/a.png", "Latin/character01/a.png", "Latin/alone/a.png") == [
        "Greek/character01",
        "Latin/character01",
        "alone",
    ]


def test_uneven_depth_gives_levels() -> None:
    found = labels_by_folder(["Fruit/Apple/Golden/1.png", "Fruit/Banana/1.png", "Dairy/Milk/1.png"])
    assert found.class_names == ("Banana", "Golden", "Milk")
    assert found.columns == {"level1": ("Fruit", "Fruit", "Dairy"), "level2": ("Apple", "", "")}


def test_split_folders_become_a_column() -> None:
    found = labels_by_folder(["Train/cat/1.png", "test/cat/1.png", "test/dog/1.png"])
    assert found.class_names == ("cat", "dog")
    assert found.columns == {"split": ("train", "test", "test")}
    assert found.labels.tolist() == [0, 0, 1]


def test_split_folders_without_classes() -> None:
    found = labels_by_folder(["query/1.png", "gallery/1.png"])
    assert found.columns == {"split": ("query", "gallery")}
    assert found.labels.tolist() == [-1, -1]


def test_a_class_deeper_below_test_is_the_same_class() -> None:
    found = labels_by_folder(["train/Veg/Mushroom/1.png", "test/Veg/Fungi/Mushroom/1.png", "train/Veg/Leek/1.png"])
    assert found.class_names == ("Leek", "Mushroom")
    assert found.labels.tolist() == [1, 1, 0]


def test_what_lies_beside_the_split_folders_is_left_out() -> None:
    found = labels_by_folder(["train/cat/1.png", "test/cat/1.png", "icons/cat/1.png"])
    assert found.outside.tolist() == [2]
    assert found.kept.tolist() == [0, 1]


def test_a_class_called_train_among_other_classes_is_a_class() -> None:
    assert classes("car/1.png", "train/1.png", "plane/1.png") == ["car", "train", "plane"]


def test_pictures_beside_class_folders_are_unlabelled() -> None:
    assert classes("stray.png", "cat/1.png", "dog/1.png") == ["", "cat", "dog"]


def test_one_name_in_two_unicode_forms_is_one_class() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert classes(f"{composed}/1.png", f"{decomposed}/2.png") == [composed, composed]


def test_classes_are_in_the_order_in_which_people_count() -> None:
    names = ("1", "10", "2", "class10", "class9", "a", "-1", "-10")
    assert labels_by_folder([f"{name}/1.png" for name in names]).class_names == (
        *("-10", "-1", "1", "2", "10", "a", "class9", "class10"),
    )


@pytest.mark.parametrize(
    ("train", "test"),
    [
        *(("Training", "Testing"), ("train", "validation"), ("TRAIN", "Dev"), ("images_background", "probe")),
        *(("training_set", "test_set"), ("seg_train", "seg_test"), ("train2017", "val2017"), ("trainset", "testset")),
    ],
)
def test_what_parts_are_called(train: str, test: str) -> None:
    found = labels_by_folder([f"{part}/{name}/1.png" for part in (train, test) for name in ("ring", "star")])
    assert found.class_names == ("ring", "star")
    assert len(found.outside) == 0
    first, *_, last = found.columns["split"]
    assert first in TRAIN_VALUES
    assert last in HELD_OUT_VALUES
    assert found.notes == ()


def test_parts_that_are_packed_twice() -> None:
    paths = [f"{part}/{part}/{name}/1.png" for part in ("seg_train", "seg_test") for name in ("sea", "street")]
    found = labels_by_folder(paths)
    assert found.class_names == ("sea", "street")
    assert found.columns == {"split": ("train", "train", "test", "test")}


def test_parts_below_the_classes() -> None:
    found = labels_by_folder([f"{name}/{part}/1.png" for name in ("cat", "dog") for part in ("train", "test")])
    assert found.class_names == ("cat", "dog")
    assert found.columns == {"split": ("train", "test") * 2}


def test_classes_whose_names_hold_such_a_word_stay_classes() -> None:
    assert classes("train_station/1.png", "test_tube/1.png") == ["train_station", "test_tube"]
    assert classes("train_station/a/1.png", "bridge/b/1.png") == ["a", "b"]


def test_people_and_cameras_by_the_names_of_files() -> None:
    found = labels_by_folder(
        [
            *("bounding_box_train/0001_c1s1_000000_00.jpg", "bounding_box_train/0002_c2s1_000000_00.jpg"),
            *("bounding_box_test/-1_c1s1_000000_00.jpg", "bounding_box_test/0000_c3s1_000000_00.jpg"),
            *("bounding_box_test/0004_c6s2_000000_00.jpg", "query/0004_c1s1_000000_00.jpg", "gt_bbox/0004_c1s1_1.jpg"),
        ]
    )
    assert found.class_names == ("0001", "0002", "0004")
    assert found.labels.tolist() == [0, 1, -1, -1, 2, 2]
    assert found.columns["camera"] == ("1", "2", "1", "3", "6", "1")
    assert found.columns["split"] == ("train", "train", "junk", "distractor", "gallery", "query")
    assert found.outside.tolist() == [6]
    assert found.notes == (
        "Classes and cameras are those of the file names: identity, then camera, as in Market-1501",
        "1 picture of the identity -1: junk, which counts for nothing",
        "1 picture of the identity 0000: distractors, wrong for every query",
    )
    assert labels_by_folder(["0001_c1_1.jpg", "0002_c1_1.jpg", "readme.jpg"]).class_names == ()


def test_folders_of_one_name_are_told() -> None:
    found = labels_by_folder(["amazon/mug/1.png", "webcam/mug/1.png"])
    assert found.class_names == ("amazon/mug", "webcam/mug")
    assert found.notes == ("Folders of one name in different folders are different classes: amazon/mug, webcam/mug",)


names = st.sampled_from(["a", "b", "c", "x y", "train", "é"])
paths = st.lists(
    st.lists(names, min_size=0, max_size=4).map(lambda p: "/".join([*p, "1.png"])), min_size=1, max_size=12
)


@given(paths)
def test_laws(given_paths: list[str]) -> None:
    found = labels_by_folder(given_paths)
    assert sorted([*found.kept.tolist(), *found.outside.tolist()]) == list(range(len(given_paths)))
    assert len(set(found.class_names)) == len(found.class_names)
    assert set(found.labels.tolist()) - {-1} == set(range(len(found.class_names)))
    for values in found.columns.values():
        assert len(values) == len(found.kept)
    assert set(found.columns.get("split", ())) <= TRAIN_VALUES | HELD_OUT_VALUES
    # Pictures of one folder always share their class, and folders of one class their leaf.
    label_of: dict[str, int] = {}
    for position, label in zip(found.kept.tolist(), found.labels.tolist(), strict=True):
        folder = given_paths[position].rpartition("/")[0]
        assert label_of.setdefault(folder, label) == label
        if label >= 0:
            assert found.class_names[label].split("/")[-1] == folder.split("/")[-1]
