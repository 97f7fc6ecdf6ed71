"""The data of a run that a script of its own trains: those of a path, or what the script holds in memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.core.types import Split, frozen
from explorer.engine.datasets.loading import Opened, resplit
from explorer.engine.datasets.requirements import suited
from explorer.engine.events import Role
from explorer.runs.header import DATA_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from explorer.data.dataset import Dataset
    from explorer.learn.watched import GivenItems, MakeBatch

Prepare = Callable[[npt.NDArray[Any]], "Tensor"]
"""Makes of items (M, H, W, C), uint8 or float32, what a network reads."""


@dataclass(frozen=True, slots=True)
class WatchedData:
    """``opened``: as a run is made of it; ``batch``: what the network reads of some items; ``recipe``: what suits them.

    ``file``: where what was in memory is written, None where the data lie in files already.
    """

    opened: Opened
    batch: MakeBatch
    recipe: Recipe
    file: Path | None = None


@contextmanager
def watched_data(out: Path, data: object, test: object, prepare: Prepare | None, most: int) -> Iterator[WatchedData]:
    """Open what a script trains on, and ``test``, which it does not; what lies in memory is a file meanwhile.

    ``most``: so many items of what lies in memory are kept and embedded, of either.

    Raises
    ------
    UserError: if they cannot be read.
    """
    if isinstance(data, str | PathLike):
        yield _of_paths([data, *([test] if test is not None else [])], prepare)
        return
    from explorer.learn.watched import read_items

    given = [read_items(part, most) for part in (data, test) if part is not None]
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".watch-", dir=out.parent) as folder:
        yield _of_memory(Path(folder) / DATA_NAME, out / DATA_NAME, given, prepare)


def _of_paths(specs: Sequence[object], prepare: Prepare | None) -> WatchedData:
    from explorer.data.opening import open_beside, open_dataset
    from explorer.learn.watched import prepared

    named = [fspath(spec) if isinstance(spec, str | PathLike) else "" for spec in specs]
    if not all(isinstance(spec, str) and spec for spec in named):
        raise UserError("The test data are no path, and the data are one", remedy="Give both in the same way")
    main, *tests = map(str, named)
    dataset = open_dataset(main)
    for test in tests:
        dataset = open_beside(dataset, test, "test")
    sources: list[tuple[str, Role]] = [(dataset.uri, "main"), *((test, "test") for test in tests)]
    opened, recipe = _split(dataset, tuple(sources))
    make = prepare or prepared
    return WatchedData(opened, lambda rows: make(dataset.inputs[rows]), recipe)


def _of_memory(file: Path, later: Path, given: Sequence[GivenItems], prepare: Prepare | None) -> WatchedData:
    import torch

    from explorer.data.opening import open_dataset

    write_items(file, given)
    opened, recipe = _split(open_dataset(str(file)), ((str(later), "main"),))
    inputs = torch.cat([part.inputs for part in given])
    if prepare is not None:
        make, own = prepare, inputs.numpy()
        return WatchedData(opened, lambda rows: make(own[rows]), recipe, file)
    return WatchedData(opened, lambda rows: inputs[torch.from_numpy(rows)], recipe, file)


def write_items(file: Path, given: Sequence[GivenItems]) -> None:
    """Write what a script holds in memory as an archive of arrays that can be opened: training items, then test items.

    Raises
    ------
    UserError: if they are neither pictures nor vectors.
    """
    from explorer.learn.watched import shown_inputs

    shown = [shown_inputs(part.inputs) for part in given]
    names = given[0].class_names
    arrays: dict[str, npt.NDArray[Any]] = {}
    if shown[0].ndim > 2:
        for name, rows, part in zip(("train", "test"), shown, given, strict=False):
            arrays[f"{name}_images"], arrays[f"{name}_labels"] = rows, part.labels
        if names:
            arrays["label_names"] = np.array(names)
    else:
        labels = np.concatenate([part.labels for part in given])
        known = bool(names) and labels.min() >= 0 and labels.max() < len(names)
        parts = [name for name, rows in zip(("train", "test"), shown, strict=False) for _ in rows]
        arrays = {"vectors": np.concatenate(shown), "split": np.array(parts)}
        arrays["labels"] = np.array(names)[labels] if known else labels
    np.savez(file, **arrays)  # type: ignore[arg-type]


def _split(dataset: Dataset, sources: tuple[tuple[str, Role], ...]) -> tuple[Opened, Recipe]:
    """Return data with the parts that they name themselves; else a script trains on all of them."""
    dataset.check_all_there()
    recipe = suited(Recipe(), dataset.modality)
    opened = resplit(Opened(dataset, None, "", sources, recipe.data), recipe)
    if opened.split is None or opened.split.kind != "column":
        every = frozen(np.arange(len(dataset)), np.int64)
        split = Split("none", every, frozen([], np.int64), unseen=False)
        opened = Opened(dataset, split, "", sources, recipe.data)
    return opened, recipe


def put_in_place(data: WatchedData, folder: Path) -> None:
    """Move the file of what was in memory into the folder of its run.

    Raises
    ------
    UserError: if it cannot be written there.
    """
    if data.file is None:
        return
    try:
        shutil.move(data.file, folder / DATA_NAME)
    except OSError as error:
        raise UserError(f"The items cannot be kept with the run: {error}", remedy="Choose another folder") from error
