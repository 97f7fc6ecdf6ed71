"""One importer that is given damaged files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.recipe import DataOptions
from explorer.data.opening import open_dataset

OPTIONS = DataOptions(size=28)


@dataclass(frozen=True)
class Importer:
    """``file``: what is damaged; ``read``: reads it and returns what it says, to be compared where ``hashed``.

    ``opened``: the data that it is a part of, and ``options``: how they are opened.
    """

    file: Path
    read: Callable[[], Any]
    hashed: bool = False
    opened: Path | None = None
    options: DataOptions = OPTIONS


def opens(file: Path, root: Path | None = None, options: DataOptions = OPTIONS, *, full: bool = False) -> Importer:
    """Return an importer that opens ``root``, or the file alone; ``full``: each item is shown large as well."""
    whole = root or file

    def read() -> None:
        cache = whole.with_name("cache")
        shutil.rmtree(cache, ignore_errors=True)
        dataset = open_dataset(str(whole), options, cache_folder=cache)
        np.asarray(dataset.inputs).sum()
        list(dataset.ids)
        if full:
            for index in range(len(dataset)):
                dataset.full_picture(index)

    return Importer(file, read, opened=whole, options=options)
