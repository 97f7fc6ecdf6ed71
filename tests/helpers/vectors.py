"""Files of vectors, and what is read of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from explorer.data.dataset import Dataset

ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)


def values(dataset: Dataset) -> npt.NDArray[np.float32]:
    assert dataset.modality.name == "vectors"
    assert dataset.inputs.dtype == np.float32
    rows: npt.NDArray[np.float32] = dataset.inputs.reshape(len(dataset), -1)  # type: ignore[assignment]
    return rows


def classes(dataset: Dataset) -> list[str]:
    return [dataset.class_name(i) for i in range(len(dataset))]


def saved(path: Path, array: npt.ArrayLike, **more: Any) -> str:
    if path.suffix == ".npz":
        np.savez(path, vectors=np.asarray(array), **more)
    else:
        np.save(path, np.asarray(array))
    return str(path)
