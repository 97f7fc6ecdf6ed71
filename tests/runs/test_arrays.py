from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.runs.arrays import ArrayStore, open_npy


def _store(tmp_path: Path) -> ArrayStore:
    store = ArrayStore(tmp_path / "snapshots")
    store.write(3, {"x": np.arange(6, dtype=np.float16).reshape(2, 3)}, {"exact": True})
    return store


def test_an_array_is_mapped_not_read(tmp_path: Path) -> None:
    store = _store(tmp_path)
    array = store.array(store.read(3), "x")
    assert isinstance(array, np.memmap)
    assert not array.flags.writeable
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_an_empty_array_comes_back(tmp_path: Path) -> None:
    store = ArrayStore(tmp_path / "snapshots")
    store.write(1, {"x": np.zeros((0, 4), np.float32)}, {})
    assert store.array(store.read(1), "x").shape == (0, 4)


def _npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


HOSTILE = {
    "16 GiB promised by 8 bytes": _npy(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (65536, 65536), }", b"12345678"
    ),
    "negative": _npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -2), }", b"12345678"),
    "objects": _npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"12345678"),
    "code in the header": _npy("__import__('os').system('true')"),
    "version 9": b"\x93NUMPY\x09\x00" + b"\x00" * 100,
    "nothing": b"",
    "columns first": _npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }", b"12345678"),
    "longer than it says": _npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", b"12345678"),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_header_is_held_against_the_file_before_anything_is_allocated(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(ValueError):
        open_npy(tmp_path / "x.npy")


def test_arrays_of_objects_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not stored"):
        ArrayStore(tmp_path / "snapshots").write(1, {"x": np.array([object()])}, {})


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b'{"facts": {}, "arrays": {"x": {"file": "../../x.npy", "size": 1, "sha256": ""}}}',
        b'{"facts": {}, "arrays": {"x": {"file": "x.txt", "size": 1, "sha256": ""}}}',
        b'{"facts": {}, "arrays": {"x": []}}',
        b'{"facts": 3, "arrays": {}}',
    ],
)
def test_a_damaged_or_hostile_record_is_one_sentence(tmp_path: Path, record: bytes) -> None:
    store = _store(tmp_path)
    (store.folder / "00000003.json").write_bytes(record)
    with pytest.raises(UserError, match="cannot be read"):
        store.read(3)


def test_a_damaged_step_can_be_written_again_and_swept(tmp_path: Path) -> None:
    store = _store(tmp_path)
    (store.folder / "00000003.json").write_bytes(b"{")
    store.sweep()
    assert len(list(store.folder.glob("*.npy"))) == 1  # it may still be rescued by hand
    store.write(3, {"x": np.zeros((1, 1), np.float32)}, {"exact": False})
    assert store.array(store.read(3), "x").shape == (1, 1)
    store.sweep()
    assert len(list(store.folder.glob("*.npy"))) == 1
    assert json.loads((store.folder / "00000003.json").read_bytes())["facts"] == {"exact": False}
