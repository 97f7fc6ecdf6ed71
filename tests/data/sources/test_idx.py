from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.types import ByteArray
from explorer.data.bids import bids_for
from explorer.data.opening import DEFAULT_OPTIONS, check, open_dataset
from tests.helpers.containers import write_idx

SIDE = 28
"""Pictures of this side keep their pixels."""


def pixels(seed: int, count: int) -> ByteArray:
    return np.random.default_rng(seed).integers(0, 256, (count, SIDE, SIDE), dtype=np.uint8)


def mnist(folder: Path, *, ending: str = "", prefix: str = "", test: str = "t10k") -> tuple[ByteArray, ByteArray]:
    """Write a small MNIST; return the pictures and labels of both parts."""
    images, labels = pixels(0, 30), np.random.default_rng(1).permutation(np.arange(30) % 5).astype(np.uint8)
    for part, chosen in (("train", slice(0, 20)), (test, slice(20, 30))):
        write_idx(folder / f"{prefix}{part}-images-idx3-ubyte{ending}", images[chosen])
        write_idx(folder / f"{prefix}{part}-labels-idx1-ubyte{ending}", labels[chosen])
    return images, labels


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_train_and_test_are_one_set_with_the_split(ending: str, tmp_path: Path, cache: Path) -> None:
    images, labels = mnist(tmp_path / "MNIST" / "raw", ending=ending)
    for spec in (tmp_path / "MNIST", tmp_path, tmp_path / "MNIST" / "raw" / f"t10k-labels-idx1-ubyte{ending}"):
        data = open_dataset(str(spec), cache_folder=cache)
        assert np.array_equal(data.inputs[..., 0], images)
        assert [data.class_name(i) for i in range(30)] == [str(label) for label in labels]
        assert data.columns["split"] == ("train",) * 20 + ("test",) * 10
        assert (data.ids[0], data.ids[20]) == ("train/00000", "test/00000")
        assert data.report.skipped == ()
        assert np.array_equal(data.full_picture(25)[..., 0], images[25])
    bid = bids_for(str(tmp_path / "MNIST"), DEFAULT_OPTIONS)[0]
    assert (bid.source, bid.bid.reason) == ("idx", "raw grey pictures in IDX, MNIST's names")


def test_a_file_that_is_there_packed_and_unpacked_is_read_once(tmp_path: Path, cache: Path) -> None:
    images, _ = mnist(tmp_path)
    mnist(tmp_path, ending=".gz")
    data = open_dataset(str(tmp_path), cache_folder=cache)
    assert len(data) == len(images)


def test_emnist_is_turned_upright_and_its_classes_are_characters(tmp_path: Path, cache: Path) -> None:
    images, labels = mnist(tmp_path, ending=".gz", prefix="emnist-balanced-", test="test")
    (tmp_path / "emnist-balanced-mapping.txt").write_text("0 48\n1 65 97\n2 98\n3 51\n4 66\n")
    data = open_dataset(str(tmp_path), cache_folder=cache)
    assert np.array_equal(data.inputs[..., 0], images.transpose(0, 2, 1))
    assert data.class_names == ("0", "A", "b", "3", "B")
    assert np.array_equal(data.labels, labels)
    assert data.report.notes[-1] == "The pictures of EMNIST lie on their side, and are turned upright"


def test_other_names_of_classes(tmp_path: Path, cache: Path) -> None:
    mnist(tmp_path / "FashionMNIST" / "raw")
    mnist(tmp_path / "KMNIST" / "raw")
    (tmp_path / "KMNIST" / "raw" / "kmnist_classmap.csv").write_text(
        "index,codepoint,char\n0,U+304A,お\n1,U+304D,き\n", encoding="utf-8"
    )
    fashion = open_dataset(str(tmp_path / "FashionMNIST"), cache_folder=cache)
    assert fashion.class_names == ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat")
    assert "by the name of the folder" in fashion.report.notes[0]
    assert open_dataset(str(tmp_path / "KMNIST"), cache_folder=cache).class_names == ("お", "き", "2", "3", "4")


def test_several_sets_in_one_folder_are_told_apart(tmp_path: Path, cache: Path) -> None:
    mnist(tmp_path, prefix="emnist-letters-", test="test")
    images, _ = mnist(tmp_path, prefix="emnist-digits-", test="test")
    with pytest.raises(UserError, match=r"2 sets: emnist-digits, emnist-letters\. Open a file of one"):
        open_dataset(str(tmp_path), cache_folder=cache)
    one = open_dataset(str(tmp_path / "emnist-digits-test-images-idx3-ubyte"), cache_folder=cache)
    assert np.array_equal(one.inputs[..., 0], images.transpose(0, 2, 1))
    assert one.name == "emnist-digits"


def test_pictures_that_are_cut_off_are_left_out(tmp_path: Path, cache: Path) -> None:
    images, labels = pixels(2, 10), np.arange(10, dtype=np.uint8) % 2
    write_idx(tmp_path / "a" / "train-images-idx3-ubyte", images, cut=3 * SIDE * SIDE - 5)
    write_idx(tmp_path / "a" / "train-labels-idx1-ubyte", labels)
    data = open_dataset(str(tmp_path / "a"), cache_folder=cache)
    assert np.array_equal(data.inputs[..., 0], images[:7])
    assert np.array_equal(data.labels, labels[:7])
    assert [item.reason for item in data.report.skipped] == ["the file is cut off: 3 pictures of 10 missing"]
    packed = write_idx(tmp_path / "b" / "train-images-idx3-ubyte.gz", images)
    packed.write_bytes(packed.read_bytes()[: packed.stat().st_size // 2])
    half = open_dataset(str(tmp_path / "b"), cache_folder=cache)
    assert 3 <= len(half) < 10
    assert np.array_equal(half.inputs[..., 0], images[: len(half)])
    assert {item.reason for item in half.report.skipped} == {"the file is cut off or damaged at or before this picture"}
    assert half.report.notes == ("No file of labels beside train-images-idx3-ubyte.gz: unlabelled",)


def test_what_a_file_claims_is_not_believed(tmp_path: Path) -> None:
    images, labels = pixels(3, 4), np.arange(4, dtype=np.uint8)
    write_idx(tmp_path / "many" / "train-images-idx3-ubyte", images, claims=(4_000_000_000, SIDE, SIDE))
    write_idx(tmp_path / "wide" / "train-images-idx3-ubyte", images, claims=(4, 4_000_000_000, 7))
    bomb = tmp_path / "bomb" / "train-images-idx3-ubyte.gz"
    write_idx(bomb, images, claims=(9_000_000, SIDE, SIDE))
    write_idx(tmp_path / "short" / "train-images-idx3-ubyte", images)
    write_idx(tmp_path / "short" / "train-labels-idx1-ubyte", labels, claims=(3,))
    write_idx(tmp_path / "cut" / "train-images-idx3-ubyte", images)
    write_idx(tmp_path / "cut" / "train-labels-idx1-ubyte.gz", labels, cut=2)
    write_idx(tmp_path / "alone" / "train-labels-idx1-ubyte", labels)
    expected = {
        "many": "claims to hold 4,000,000,000 × 28 × 28 values",
        "wide": "claims to hold 4 × 4,000,000,000 × 7 values",
        "bomb": "claims 9,000,000 pictures, more than its",
        "short": "holds 3 labels, and there are 4 pictures",
        "cut": "is cut off: 2 of its labels are missing",
        "alone": "holds labels and no pictures",
    }
    for name, text in expected.items():
        with pytest.raises(UserError, match=text):
            check(str(tmp_path / name))


def test_a_file_of_another_name_is_told_by_its_content(tmp_path: Path, cache: Path) -> None:
    images = pixels(4, 3)
    data = open_dataset(str(write_idx(tmp_path / "own.idx", images)), cache_folder=cache)
    assert np.array_equal(data.inputs[..., 0], images)
    (tmp_path / "other.gz").write_bytes(gzip.compress(b"a text"))
    with pytest.raises(UserError, match="is packed and not read as it is"):
        open_dataset(str(tmp_path / "other.gz"), cache_folder=cache)
