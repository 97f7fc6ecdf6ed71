from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.data import names
from explorer.data.opening import open_dataset


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("/data/banking77/train.csv", "banking77 train.csv"),
        ("/data/banking77/banking.csv", "banking.csv"),
        ("/data/grocery/Train", "grocery Train"),
        ("/train", "train"),
        ("sample:digits", "digits sample"),
        ("sample:photos", "photo sample"),
        ("sample:other", "other sample"),
    ],
)
def test_data_are_called_by_what_tells_them_apart(spec: str, name: str) -> None:
    assert names.called(spec) == name


def test_a_table_called_as_a_split_is_named_after_its_folder(tmp_path: Path, cache: Path) -> None:
    folder = tmp_path / "banking77"
    folder.mkdir()
    rows = "".join(f"question number {n},class {n % 3}\n" for n in range(30))
    (folder / "train.csv").write_text(f"text,category\n{rows}", encoding="utf-8")
    dataset = open_dataset(str(folder / "train.csv"), cache_folder=cache)
    assert dataset.name == "banking77 train"
    assert np.bincount(dataset.labels).tolist() == [10, 10, 10]
