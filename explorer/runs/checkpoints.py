"""``checkpoints/NNNNNNNN/``: weights, moments and random states as safetensors, scalars as JSON, sizes and SHA-256.

Nothing in a checkpoint can name or run code. A damaged one, or one that is not finite, is passed over for the one
before it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.numpy
from safetensors import SafetensorError

from explorer.core.errors import UserError, printable
from explorer.core.events import Checkpoint, Scalar
from explorer.core.plain_json import parse_json
from explorer.runs.atomic import (
    FileRecord,
    digest_of,
    names_in,
    remove_folder,
    saving,
    sweep,
    write_file,
    write_folder,
    write_synced,
)
from explorer.runs.retention import Kept, Retention, surplus
from explorer.runs.sealed import sealed, unsealed

TENSORS = "tensors.safetensors"
STATE = "state.json"
MANIFEST = "manifest.json"
ASKED = "asked"
"""An empty file in a checkpoint that somebody asked for: it stays, whichever others do."""

TENSOR_LIMIT = 10_000
HEADER_LIMIT = 1 << 20
TOTAL_LIMIT = 16 << 30
JSON_LIMIT = 16 << 20
KEPT = 3
EARLY = Retention(count=6, budget=512 << 20)
"""So many of those before the newest stay too, the first of them and others ever further apart, in so many bytes."""

_DAMAGE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, SafetensorError)
"""What reading a damaged or hostile file raises."""


class CheckpointStore:
    """The checkpoints of a run, by step. Writing needs the run's lock; reading does not.

    ``kept``: so many of the newest stay when another is written, and some of the others: ``EARLY``; None: all.
    """

    def __init__(self, folder: Path, kept: int | None = KEPT) -> None:
        self.folder = folder
        self._kept = kept

    def steps(self) -> tuple[int, ...]:
        """Return the steps that have a checkpoint, ascending."""
        names = [name for name in names_in(self.folder) if name.isascii() and name.isdigit()]
        return tuple(sorted(int(name) for name in names if (self.folder / name).is_dir()))

    def write(self, checkpoint: Checkpoint, best: int = -1) -> Path:
        """Write a checkpoint at once or not at all, remove those that are too many, and return its folder.

        ``best``: the step of one that stays, whichever others do.

        One that was ``asked`` for stays as well.

        Raises
        ------
        UserError: if it cannot be written; the earlier ones are intact.
        ValueError: if it has more or larger tensors than are ever read back.
        """
        tensors = {name: np.asarray(tensor, order="C") for name, tensor in checkpoint.tensors.items()}
        if len(tensors) > TENSOR_LIMIT or sum(tensor.nbytes for tensor in tensors.values()) > TOTAL_LIMIT:
            raise ValueError("the checkpoint is too large")
        state = {
            "run": checkpoint.run,
            "step": checkpoint.step,
            "epoch": checkpoint.epoch,
            "scalars": {name: _plain(value) for name, value in checkpoint.scalars.items()},
        }

        def fill(folder: Path) -> None:
            records = {
                TENSORS: write_synced(folder / TENSORS, [safetensors.numpy.save(tensors)]),
                STATE: write_synced(folder / STATE, [json.dumps(state, indent=1, allow_nan=False).encode()]),
            }
            files = {name: {"size": record.size, "sha256": record.sha256} for name, record in records.items()}
            write_synced(folder / MANIFEST, [sealed({"files": files})])
            if checkpoint.asked:
                write_synced(folder / ASKED, [])

        path = self._path(checkpoint.step)
        with saving(path):
            self.folder.mkdir(exist_ok=True)
            if path.is_dir():
                if self._intact(checkpoint.step):
                    if checkpoint.asked:
                        write_file(path / ASKED, [])
                    return path
                remove_folder(path)
        write_folder(path, fill)
        for step in self._too_many(best) if self._kept is not None else ():
            self.remove(step)
        return path

    def _too_many(self, best: int) -> set[int]:
        """Return the steps to remove: they spread the more the longer the run is, and the first stays if it fits."""
        others = [step for step in self.steps()[: -(self._kept or 0)] if step != best]
        old = [Kept(step, self.size(step), True, False) for step in others if not (self._path(step) / ASKED).exists()]
        gone = set(surplus(old, EARLY))
        left = [one for one in old if one.step not in gone]
        while sum(one.size for one in left) > EARLY.budget:
            gone.add(left.pop().step)
        return gone

    def read(self, step: int) -> Checkpoint:
        """Return a checkpoint, after sizes, SHA-256 and the header of its tensors were checked.

        Raises
        ------
        UserError: one sentence that names the file and what is wrong with it.
        """
        folder = self._path(step)
        try:
            self._check_manifest(folder)
            state = _read_json(folder / STATE)
            scalars = {str(name): _scalar(value) for name, value in dict(state["scalars"]).items()}
            tensors = _read_tensors(folder / TENSORS)
            return Checkpoint(str(state["run"]), int(state["step"]), int(state["epoch"]), tensors, scalars)
        except _DAMAGE as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise UserError(
                f"The checkpoint {printable(str(folder))} is damaged: {reason or type(error).__name__}",
                remedy="An earlier checkpoint can be used",
            ) from error

    def latest(self, until: int | None = None) -> Checkpoint | None:
        """Return the newest checkpoint, up to the step ``until``, that can be used; None if there is none."""
        return self.search(until)[0]

    def search(self, until: int | None = None) -> tuple[Checkpoint | None, str]:
        """Return what ``latest`` does, and one sentence about the newer ones that cannot be used, empty without any."""
        passed = []
        for step in reversed([step for step in self.steps() if until is None or step <= until]):
            try:
                found = self.read(step)
            except UserError:
                passed.append(f"that of step {step:,} is damaged")
                continue
            if bad := _not_finite(found):
                passed.append(f"that of step {step:,} holds numbers that are not finite ({printable(bad)})")
                continue
            said = f"The checkpoint of step {step:,} is used: {', '.join(passed)}" if passed else ""
            return found, said
        return None, f"No checkpoint can be used: {', '.join(passed)}" if passed else ""

    def size(self, step: int) -> int:
        """Return how many bytes a checkpoint takes; 0: there is none."""
        try:
            return sum(file.stat().st_size for file in self._path(step).iterdir())
        except OSError:
            return 0

    def remove(self, step: int) -> None:
        """Remove a checkpoint."""
        with saving(self.folder):
            remove_folder(self._path(step))

    def sweep(self) -> None:
        """Remove what an interrupted writer left."""
        if self.folder.is_dir():
            sweep(self.folder)

    def _path(self, step: int) -> Path:
        return self.folder / f"{step:08d}"

    def _intact(self, step: int) -> bool:
        try:
            self._check_manifest(self._path(step))
        except _DAMAGE:
            return False
        return True

    @staticmethod
    def _check_manifest(folder: Path) -> None:
        files = unsealed(_content(folder / MANIFEST))["files"]
        for name in (TENSORS, STATE):
            expected = FileRecord(int(files[name]["size"]), str(files[name]["sha256"]))
            if (folder / name).stat().st_size != expected.size or digest_of(folder / name) != expected:
                raise ValueError(f"{name} is not what was written")


def _not_finite(checkpoint: Checkpoint) -> str:
    """Return the name of a tensor with a number that is not finite: training cannot go on from it; empty: none has."""
    kinds = ((name, tensor) for name, tensor in checkpoint.tensors.items() if tensor.dtype.kind == "f")
    return next((name for name, tensor in kinds if not np.isfinite(tensor).all()), "")


def _read_tensors(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Load a safetensors file whose header is small, names few tensors and fits the file."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(HEADER_LIMIT, size - 8):
            raise ValueError("the header of its tensors is longer than allowed")
        header = parse_json(file.read(length))
    if len(header) > TENSOR_LIMIT or size > TOTAL_LIMIT:
        raise ValueError("it holds more tensors than allowed")
    tensors: dict[str, npt.NDArray[Any]] = safetensors.numpy.load_file(path)
    return tensors


def _content(path: Path) -> bytes:
    if path.stat().st_size > JSON_LIMIT:
        raise ValueError(f"{path.name} is too large")
    return path.read_bytes()


def _read_json(path: Path) -> Mapping[str, Any]:
    document = parse_json(_content(path))
    if not isinstance(document, dict):
        raise ValueError(f"{path.name} is not an object")
    return document


def _plain(value: Scalar) -> Scalar | dict[str, str]:
    """Return a scalar as JSON, which has no NaN and no infinity."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if not isinstance(value, bool | int | float | str):
        raise TypeError(f"a checkpoint holds no {type(value).__name__}")
    return value


def _scalar(value: object) -> Scalar:
    if isinstance(value, dict):
        return float(value["float"])
    if not isinstance(value, bool | int | float | str):
        raise TypeError(f"a scalar is {value!r}")
    return value
