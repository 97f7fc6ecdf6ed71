from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.types import ByteArray
from explorer.data.bids import bids_for
from explorer.data.labels.medmnist_names import NAMES
from explorer.data.opening import DEFAULT_OPTIONS, check, open_dataset
from explorer.data.sources.array_set import PUBLISHED
from tests.helpers.data import scanned


def pixels(seed: int, *shape: int) -> ByteArray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def med(path: Path, *shape: int, labels: int = 1, packed: bool = True) -> tuple[ByteArray, ByteArray]:
    """Write a small MedMNIST of 6, 3 and 4 pictures of this shape; return pictures and labels of all parts."""
    counts = {"train": 6, "val": 3, "test": 4}
    images = {part: pixels(i, count, *shape) for i, (part, count) in enumerate(counts.items())}
    marks = {
        part: np.random.default_rng(10 + i).integers(0, 2 if labels > 1 else 4, (count, labels), dtype=np.uint8)
        for i, (part, count) in enumerate(counts.items())
    }
    arrays = {f"{part}_images": images[part] for part in counts} | {f"{part}_labels": marks[part] for part in counts}
    (np.savez_compressed if packed else np.savez)(path, **arrays)  # type: ignore[arg-type]
    return np.concatenate(list(images.values())), np.concatenate(list(marks.values()))


@pytest.mark.parametrize(
    ("stem", "named"),
    [("octmnist_224", "normal"), ("DermaMNIST (1)", "dermatofibroma"), ("organmnist3d", "femur-right"),
     ("breastmnist", "3"), ("mine", "3")],
)  # fmt: skip
def test_classes_are_called_as_published_where_all_are_known(stem: str, named: str, tmp_path: Path) -> None:
    _, labels = med(tmp_path / f"{stem}.npz", 8, 8)
    data = scanned(str(tmp_path / f"{stem}.npz"))
    assert [data.class_names[label] == named for label in data.labels] == (labels[:, 0] == 3).tolist()
    assert (PUBLISHED in data.notes) is (named != "3")


def test_the_published_names_are_different_and_as_many_as_the_sets_have() -> None:
    sizes = [9, 14, 7, 4, 2, 5, 2, 8, 8, 11, 11, 11, 11, 2, 2, 3, 2, 2]  # in the paper's order: 12 flat, 6 of volumes
    assert [len(set(names)) for names in NAMES.values()] == sizes


def test_fourteen_findings_are_label_sets_by_name(tmp_path: Path) -> None:
    _, labels = med(tmp_path / "chestmnist_64.npz", 8, 8, labels=14)
    data = scanned(str(tmp_path / "chestmnist_64.npz"))
    assert data.label_sets is not None
    column = data.set_names.index("pneumonia")
    assert data.label_sets[:, column].tolist() == labels[:, 6].astype(bool).tolist()


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 3)])
def test_medmnist(packed: bool, shape: tuple[int, ...], tmp_path: Path, cache: Path) -> None:
    images, labels = med(tmp_path / "pathmnist.npz", *shape, packed=packed)
    data = open_dataset(str(tmp_path / "pathmnist.npz"), cache_folder=cache)
    assert np.array_equal(data.inputs.reshape(images.shape), images)
    known = ("adipose", "background", "debris", "lymphocytes")
    assert [data.class_name(i) for i in range(13)] == [known[label] for label in labels[:, 0]]
    assert data.columns["split"] == ("train",) * 6 + ("val",) * 3 + ("test",) * 4
    assert data.report.notes == (PUBLISHED,)
    assert np.array_equal(data.full_picture(8).reshape(28, 28, -1)[..., : images[8].size // 784 or 1],
                          images[8].reshape(28, 28, -1))  # fmt: skip
    bid = bids_for(str(tmp_path / "pathmnist.npz"), DEFAULT_OPTIONS)[0]
    assert bid.source == "array_set"
    assert bid.bid.reason == "an archive of the pictures train_images, val_images, test_images"


def test_volumes_show_their_middle_slice_and_say_so(tmp_path: Path, cache: Path) -> None:
    images, _ = med(tmp_path / "organmnist3d.npz", 30, 28, 28)
    data = open_dataset(str(tmp_path / "organmnist3d.npz"), cache_folder=cache)
    assert np.array_equal(data.inputs[..., 0], images[:, 15])
    assert data.report.notes[0] == "Volumes of 30 × 28 × 28: the middle slice along the first axis, number 15, is shown"


def test_several_labels_an_item_become_label_sets(tmp_path: Path, cache: Path) -> None:
    _, labels = med(tmp_path / "chestmnist.npz", 28, 28, labels=3)
    data = open_dataset(str(tmp_path / "chestmnist.npz"), cache_folder=cache)
    assert data.label_sets is not None
    assert data.set_names == ("0", "1", "2")
    assert np.array_equal(data.label_sets, labels.astype(bool))
    expected = [";".join(str(i) for i in np.flatnonzero(row)) for row in labels]
    assert [data.class_name(i) for i in range(13)] == expected
    assert data.report.notes == ("3 labels an item, of which it may have several",)


def test_the_names_of_keras_and_channels_first(tmp_path: Path, cache: Path) -> None:
    train, test = pixels(0, 5, 3, 32, 32), pixels(1, 2, 3, 32, 32)
    np.savez(tmp_path / "set.npz", x_train=train, y_train=np.array([0, 1, 0, 1, -1]), x_test=test)
    data = open_dataset(str(tmp_path / "set.npz"), cache_folder=cache)
    assert np.array_equal(data.inputs, np.concatenate([train, test]).transpose(0, 2, 3, 1))
    assert data.labels.tolist() == [0, 1, 0, 1, -1, -1, -1]
    assert "channels before the pixels" in data.report.notes[0]
    assert data.report.notes[-1] == "No array y_test: unlabelled"


def test_vectors_under_these_names_stay_vectors(tmp_path: Path) -> None:
    np.savez(tmp_path / "v.npz", x_train=np.zeros((4, 8), np.float32), y_train=np.arange(4))
    assert bids_for(str(tmp_path / "v.npz"), DEFAULT_OPTIONS)[0].source == "vectors"


def test_what_cannot_be_pictures_is_refused_in_a_sentence(tmp_path: Path) -> None:
    good = pixels(0, 4, 28, 28)
    cases: dict[str, tuple[dict[str, Any], str]] = {
        "float": ({"train_images": good.astype(np.float32)}, "holds pictures of float32"),
        "order": ({"train_images": np.asfortranarray(good)}, "in the order of Fortran"),
        "axes": ({"train_images": good.reshape(4, 2, 14, 28, 1)}, "none of pictures"),
        "sizes": ({"train_images": good, "val_images": pixels(1, 2, 30, 30)}, "pictures of different sizes"),
        "count": ({"train_images": good, "train_labels": np.zeros(3, np.int64)}, "there are 4 pictures"),
        "kind": ({"train_images": good, "train_labels": np.zeros(4)}, r"4 \(float64\)"),
        "more": ({"train_images": good, "train_labels": np.full((4, 2), 2)}, "not 0 or 1"),
        "objects": ({"train_images": good, "train_labels": np.array([{}] * 4)}, r"4 \(objects\)"),
    }
    for name, (arrays, text) in cases.items():
        np.savez(tmp_path / f"{name}.npz", allow_pickle=True, **arrays)
        with pytest.raises(UserError, match=text):
            check(str(tmp_path / f"{name}.npz"))


def test_damage_inside_is_told_and_a_bomb_is_refused(tmp_path: Path, cache: Path) -> None:
    images, _ = med(tmp_path / "a.npz", 40, 40)
    data = bytearray((tmp_path / "a.npz").read_bytes())
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        member = archive.getinfo("val_images.npy")
    place = member.header_offset + member.compress_size - 200
    data[place : place + 100] = b"\0" * 100
    (tmp_path / "a.npz").write_bytes(data)
    left = open_dataset(str(tmp_path / "a.npz"), cache_folder=cache)
    assert np.array_equal(left.inputs[..., 0], np.delete(images, (6, 7, 8), axis=0))
    assert [(item.path, item.reason) for item in left.report.skipped] == [
        (f"val/{i:05d}", "the file is cut off or damaged at or before this picture") for i in range(3)
    ]
    np.savez_compressed(tmp_path / "bomb.npz", train_images=np.zeros((400_000, 28, 28), np.uint8))
    with pytest.raises(UserError, match="as in a zip bomb"):
        check(str(tmp_path / "bomb.npz"))
