from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.data.names import SAMPLES
from explorer.data.opening import open_dataset
from explorer.data.sources.sample import LISTINGS


def test_digits_equal_those_of_scikit_learn(cache: Path) -> None:
    from sklearn.datasets import load_digits

    theirs = load_digits()
    dataset = open_dataset("sample:digits", cache_folder=cache)
    assert (len(dataset), len(dataset.class_names), dataset.shape) == (1797, 10, (28, 28, 1))
    assert np.array_equal(dataset.labels, theirs.target)
    assert "split" not in dataset.columns
    assert np.array_equal(dataset.full_picture(5)[:, :, 0], np.round(theirs.images[5] * 255 / 16))
    small = dataset.inputs[5][3::7, 3::7, 0][:4, :4].astype(float)
    assert np.corrcoef(small.ravel(), theirs.images[5][1::2, 1::2].ravel())[0, 1] > 0.5


def test_there_are_no_other_samples() -> None:
    with pytest.raises(UserError, match="Samples: digits, photos"):
        open_dataset("sample:faces")
    assert set(SAMPLES) == set(LISTINGS)


def test_the_photo_sample_is_forty_patches_in_colour_of_each_of_six_photographs(cache: Path) -> None:
    dataset = open_dataset("sample:photos", cache_folder=cache)
    assert np.bincount(dataset.labels).tolist() == [40] * 6
    assert dataset.class_names == ("astronaut", "cat", "coffee", "galaxies", "retina", "rocket")
    assert dataset.shape[2] == 3
    assert dataset.full_picture(0).shape == (56, 56, 3)
    assert len({dataset.full_picture(i).tobytes() for i in range(len(dataset))}) == len(dataset)
    assert not dataset.report.skipped


def test_opening_loads_neither_sklearn_nor_torch_nor_qt(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "import explorer.data.opening, explorer.data.dataset, explorer.data.split\n"
        "heavy = {'PIL', 'numba', 'sklearn', 'torch', 'PySide6', 'faiss'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "d = explorer.data.opening.open_dataset('sample:digits', cache_folder=pathlib.Path(sys.argv[1]))\n"
        "assert not (heavy - {'PIL'}) & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=60)
