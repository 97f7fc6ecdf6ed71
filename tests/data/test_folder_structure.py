from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from explorer.data.folder_structure import SPLIT_FOLDERS, labels_by_folder


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


def test_unicode_twins_stay_apart() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert len(set(classes(f"{composed}/1.png", f"{decomposed}/1.png"))) == 2


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
    assert set(found.columns.get("split", ())) <= set(SPLIT_FOLDERS)
    # Pictures of one folder always share their class, and folders of one class their leaf.
    label_of: dict[str, int] = {}
    for position, label in zip(found.kept.tolist(), found.labels.tolist(), strict=True):
        folder = given_paths[position].rpartition("/")[0]
        assert label_of.setdefault(folder, label) == label
        if label >= 0:
            assert found.class_names[label].split("/")[-1] == folder.split("/")[-1]
