from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.types import ByteArray
from explorer.data.bids import bids_for
from explorer.data.opening import DEFAULT_OPTIONS, check, open_dataset

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def batch(path: Path, seed: int, count: int, labels: ByteArray) -> ByteArray:
    """Write ``count`` pictures with (count, L) labels before each; return them (N, 32, 32, 3)."""
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    planes = pixels.transpose(0, 3, 1, 2).reshape(count, -1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(np.concatenate([labels.astype(np.uint8), planes], axis=1).tobytes())
    return pixels


def cifar_10(folder: Path) -> tuple[ByteArray, list[int]]:
    """Write CIFAR-10 of 12 pictures, 2 a file."""
    files = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
    labels = [9, 0, 1, 1, 3, 9, 0, 2, 2, 3, 9, 1]
    parts = [batch(folder / name, i, 2, np.array(labels[2 * i : 2 * i + 2])[:, None]) for i, name in enumerate(files)]
    (folder / "batches.meta.txt").write_text("\n".join(CLASSES) + "\n\n")
    return np.concatenate(parts), labels


def test_cifar_10(tmp_path: Path, cache: Path) -> None:
    pixels, labels = cifar_10(tmp_path / "cifar-10-batches-bin")
    for spec in (tmp_path, tmp_path / "cifar-10-batches-bin"):
        data = open_dataset(str(spec), cache_folder=cache)
        assert np.array_equal(data.inputs, pixels)
        assert [data.class_name(i) for i in range(12)] == [CLASSES[label] for label in labels]
        assert data.columns["split"] == ("train",) * 10 + ("test",) * 2
        assert data.ids[9:11] == ("train/00009", "test/00000")
    bid = bids_for(str(tmp_path), DEFAULT_OPTIONS)[0]
    assert (bid.source, bid.bid.reason) == ("cifar", "the binary version of CIFAR-10")
    one = open_dataset(str(tmp_path / "cifar-10-batches-bin" / "data_batch_2.bin"), cache_folder=cache)
    assert np.array_equal(one.inputs, pixels[2:4])
    assert "split" not in one.columns


def test_cifar_100_has_a_class_and_a_column(tmp_path: Path, cache: Path) -> None:
    train = batch(tmp_path / "train.bin", 0, 3, np.array([[4, 0], [1, 1], [4, 51]]))
    test = batch(tmp_path / "test.bin", 1, 1, np.array([[1, 1]]))
    (tmp_path / "coarse_label_names.txt").write_text("\n".join(f"coarse {i}" for i in range(20)))
    (tmp_path / "fine_label_names.txt").write_text("\n".join(f"fine {i}" for i in range(100)))
    data = open_dataset(str(tmp_path), cache_folder=cache)
    assert np.array_equal(data.inputs, np.concatenate([train, test]))
    assert [data.class_name(i) for i in range(4)] == ["fine 0", "fine 1", "fine 51", "fine 1"]
    assert data.columns["coarse"] == ("coarse 4", "coarse 1", "coarse 4", "coarse 1")
    assert data.columns["split"] == ("train", "train", "train", "test")


def test_an_empty_file_is_told_and_the_rest_is_read(tmp_path: Path, cache: Path) -> None:
    cifar_10(tmp_path)
    (tmp_path / "data_batch_2.bin").write_bytes(b"")
    report = check(str(tmp_path), cache_folder=cache).report
    assert [(item.path, item.reason) for item in report.skipped] == [("data_batch_2.bin", "the file is empty")]
    assert report.kept == 10


def test_a_file_of_no_known_class_is_told_as_cifar(tmp_path: Path) -> None:
    (tmp_path / "data_batch_1.bin").write_bytes((b"\xc8" + b"\1" * 3072) * 2)
    with pytest.raises(
        UserError, match=r"no pictures that can be used; the first, data_batch_1\.bin, picture 0: its cl"
    ):
        open_dataset(str(tmp_path))


def test_bad_records_and_a_cut_file_are_told(tmp_path: Path, cache: Path) -> None:
    pixels, labels = cifar_10(tmp_path)
    first = tmp_path / "data_batch_1.bin"
    data = bytearray(first.read_bytes())
    data[3073] = 77
    first.write_bytes(data)
    last = tmp_path / "test_batch.bin"
    last.write_bytes(last.read_bytes()[:-100])
    (tmp_path / "data_batch_4.bin").unlink()
    report = check(str(tmp_path), cache_folder=cache).report
    assert [(item.path, item.reason) for item in report.skipped] == [
        ("data_batch_1.bin, picture 1", "its class is 77, and there are 10"),
        ("test_batch.bin", "the file is cut off within its last picture"),
    ]
    assert report.notes == ("Not there: data_batch_4.bin",)
    kept = open_dataset(str(tmp_path), cache_folder=cache)
    assert np.array_equal(kept.inputs, pixels[[0, 2, 3, 4, 5, 8, 9, 10]])
    assert [kept.class_name(i) for i in range(8)] == [CLASSES[labels[i]] for i in (0, 2, 3, 4, 5, 8, 9, 10)]


@pytest.mark.parametrize(
    ("title", "folder", "files"),
    [
        ("CIFAR-10", "cifar-10-batches-py", ("data_batch_1", "batches.meta")),
        ("CIFAR-100", "cifar-100-python", ("train", "test", "meta")),
    ],
)
def test_pickles_are_refused_with_the_reason(title: str, folder: str, files: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / folder).mkdir()
    for name in files:
        (tmp_path / folder / name).write_bytes(b"\x80\x02}q\x01.")
    for spec in (tmp_path, tmp_path / folder, tmp_path / folder / files[0]):
        with pytest.raises(UserError, match=rf"is {title} as pickles, which can run code.*Download its binary version"):
            check(str(spec))


def test_other_folders_with_such_names_are_not_cifar(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train.bin").write_bytes(b"\xff" * 4000)
    (tmp_path / "meta").write_text("x")
    assert bids_for(str(tmp_path), DEFAULT_OPTIONS)[0].source == "folder"
