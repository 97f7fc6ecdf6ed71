from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint
from explorer.runs import checkpoints
from explorer.runs.checkpoints import EARLY, MANIFEST, STATE, TENSORS, CheckpointStore
from explorer.runs.creation import copy_readable
from explorer.runs.retention import Retention
from tests.helpers.runs import checkpoint, same_checkpoint

DTYPES = st.sampled_from([np.float32, np.int64, np.uint8])
ARRAYS = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, max_side=4))
SCALARS = st.booleans() | st.integers(-(2**200), 2**200) | st.floats(allow_nan=False) | st.text(max_size=8)


NAMES = st.text(st.characters(codec="utf-8"), max_size=6).filter(lambda name: name != "__metadata__")
Scalars = dict[str, bool | int | float | str]
Tensors = dict[str, npt.NDArray[Any]]


@settings(max_examples=50)
@given(
    tensors=st.dictionaries(NAMES, ARRAYS, max_size=4),
    scalars=st.dictionaries(st.text(max_size=6), SCALARS, max_size=4),
)
def test_every_checkpoint_comes_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, tensors: Tensors, scalars: Scalars
) -> None:
    store = CheckpointStore(tmp_path_factory.mktemp("run") / "checkpoints")
    given_one = Checkpoint("r", 7, 1, tensors, scalars)
    store.write(given_one)
    back = store.read(7)
    assert dict(back.scalars) == scalars
    assert all(type(back.scalars[name]) is type(value) for name, value in scalars.items())
    assert back.tensors.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert back.tensors[name].dtype == tensor.dtype
        assert back.tensors[name].shape == tensor.shape
        assert back.tensors[name].tobytes() == tensor.tobytes()


def test_arrays_of_any_layout_are_stored_as_they_look(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path / "checkpoints")
    grid = np.arange(12, dtype=np.float32).reshape(3, 4)
    store.write(Checkpoint("r", 1, 0, {"t": grid.T, "s": grid[:, ::2], "r": grid[::-1]}, {"best": float("-inf")}))
    back = store.read(1)
    assert np.array_equal(back.tensors["t"], grid.T)
    assert np.array_equal(back.tensors["s"], grid[:, ::2])
    assert np.array_equal(back.tensors["r"], grid[::-1])
    assert back.scalars["best"] == float("-inf")


def test_the_newest_three_the_best_and_a_few_early_ones_are_kept(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path / "checkpoints")
    for step in range(1, 101):
        store.write(checkpoint(step), best=55 if step >= 55 else -1)
    assert {1, 55, 98, 99, 100} < set(store.steps())
    early = [step for step in store.steps() if step < 98 and step != 55]
    assert len(early) == EARLY.count
    assert max(b / a for a, b in itertools.pairwise(early)) < 5


def test_those_that_were_asked_for_stay(tmp_path: Path) -> None:
    """Also one that was there already when it was asked for, and in a copy of the run."""
    store = CheckpointStore(tmp_path / "checkpoints")
    for step in range(1, 101):
        store.write(checkpoint(step))
        if step in (21, 34):
            store.write(replace(checkpoint(step), asked=True))
    store.write(replace(checkpoint(101), asked=True))
    copy_readable(store.folder, tmp_path / "copy")
    for place in (store, CheckpointStore(tmp_path / "copy")):
        for step in range(102, 201):
            place.write(checkpoint(step))
        assert {1, 21, 34, 101, 198, 199, 200} < set(place.steps())
        early = [step for step in place.steps() if step < 198 and step not in (21, 34, 101)]
        assert len(early) == EARLY.count
    assert same_checkpoint(store.latest(21), checkpoint(21))


def test_early_ones_take_no_more_room_than_they_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CheckpointStore(tmp_path / "checkpoints")
    store.write(checkpoint(1))
    monkeypatch.setattr(checkpoints, "EARLY", Retention(6, store.size(1) * 5 // 2))
    for step in range(2, 30):
        store.write(checkpoint(step))
        assert len(store.steps()) <= 5
        assert store.steps()[0] == 1
    monkeypatch.setattr(checkpoints, "EARLY", Retention(6, store.size(1) - 1))
    store.write(checkpoint(30))
    assert store.steps() == (28, 29, 30)


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES: list[Callable[[Path], object]] = [
    _flip,
    _halve,
    lambda path: path.write_bytes(b""),
    lambda path: path.unlink(),
    lambda path: path.write_bytes(b"[" * 100_000),
    lambda path: path.write_bytes(b"[1]"),
]


@pytest.mark.parametrize("name", [TENSORS, STATE, MANIFEST])
@pytest.mark.parametrize("damage", DAMAGES, ids=["bit", "half", "empty", "missing", "nested", "list"])
def test_a_damaged_checkpoint_is_refused_and_the_one_before_is_used(
    tmp_path: Path, name: str, damage: Callable[[Path], object]
) -> None:
    store = CheckpointStore(tmp_path / "checkpoints")
    for step in (1, 2):
        store.write(checkpoint(step))
    damage(store.folder / "00000002" / name)
    with pytest.raises(UserError, match="is damaged"):
        store.read(2)
    assert same_checkpoint(store.latest(), checkpoint(1))
    store.write(checkpoint(2))  # and it can be written again
    assert same_checkpoint(store.latest(), checkpoint(2))


def _with_tensors(store: CheckpointStore, content: bytes) -> None:
    """Put a file of tensors into a checkpoint, with a manifest that fits."""
    folder = store.folder / "00000001"
    (folder / TENSORS).write_bytes(content)
    manifest = json.loads((folder / MANIFEST).read_bytes())
    manifest["files"][TENSORS] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / MANIFEST).write_text(json.dumps(manifest))


def _file(header: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    return (len(header) if length is None else length).to_bytes(8, "little") + header + data


def _many(count: int) -> bytes:
    return json.dumps({str(i): {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for i in range(count)}).encode()


def _tensor(dtype: str, length: int, start: int, end: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": [length], "data_offsets": [start, end]}


def _header(**tensors: dict[str, object]) -> bytes:
    return json.dumps(tensors).encode()


HOSTILE = {
    "cut in the length": b"\x01\x02",
    "header beyond the file": _file(b"{}", length=2**40),
    "header of 2 MB": _file(b'{"__metadata__":{"a":"' + b"x" * (2 << 20) + b'"}}'),
    "20,000 tensors": _file(_many(20_000)),
    "11,000 tensors in a small header": _file(_many(11_000)),
    "16 GiB promised by 10 bytes": _file(_header(a=_tensor("F32", 2**32, 0, 2**34)), b"0" * 10),
    "overlap": _file(_header(a=_tensor("U8", 4, 0, 4), b=_tensor("U8", 4, 2, 6)), b"0" * 6),
    "nesting": _file(b"[" * 5000),
    "a pickle": b"\x80\x04\x95\x1f\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_tensors_are_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    store = CheckpointStore(tmp_path / "checkpoints")
    store.write(checkpoint(1))
    _with_tensors(store, content)
    with pytest.raises(UserError, match="is damaged"):
        store.read(1)
    assert store.latest() is None


@given(content=st.binary(max_size=400))
def test_random_bytes_are_refused_in_one_sentence(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    store = CheckpointStore(tmp_path_factory.mktemp("run") / "checkpoints")
    store.write(checkpoint(1))
    _with_tensors(store, content)
    with pytest.raises(UserError, match="is damaged"):
        store.read(1)


def test_what_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path / "checkpoints")
    many = {str(i): np.zeros(0, np.float32) for i in range(10_001)}
    with pytest.raises(ValueError, match="too large"):
        store.write(replace(checkpoint(1), tensors=many))
    with pytest.raises(TypeError):
        store.write(replace(checkpoint(1), scalars={"a": [1]}))  # type: ignore[dict-item]
    assert store.steps() == ()


def test_one_that_is_not_finite_is_passed_over_and_that_is_said(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path / "checkpoints")
    store.write(checkpoint(1))
    assert store.search()[1] == ""
    bad = dict(checkpoint(2).tensors) | {"optimiser.0.exp_avg": np.array([0.0, np.nan], np.float32)}
    store.write(replace(checkpoint(2), tensors=bad))
    store.write(checkpoint(3))
    _flip(store.folder / "00000003" / TENSORS)
    found, said = store.search()
    assert same_checkpoint(found, checkpoint(1))
    assert said == (
        "The checkpoint of step 1 is used: that of step 3 is damaged, "
        "that of step 2 holds numbers that are not finite (optimiser.0.exp_avg)"
    )
    store.remove(1)
    found, said = store.search()
    assert found is None
    assert said.startswith("No checkpoint can be used: that of step 3")
