from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from explorer.cli.console import Console
from explorer.cli.main import run
from explorer.core.errors import UserError
from explorer.engine.offline import OfflineRun
from explorer.engine.threshold import run_threshold
from explorer.runs.threshold import THRESHOLD_NAME, read_threshold


def _trained(folder: Path, split: list[str], classes: int = 8) -> OfflineRun:
    """Train a run for a moment on vectors, of which the column ``split`` repeats what it is given."""
    draw = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), 160 // classes)
    x = draw.normal(size=(classes, 5))[labels] + 0.4 * draw.normal(size=(len(labels), 5))
    parts = np.resize(split, len(labels))
    np.savez(folder / "vectors.npz", vectors=x.astype(np.float32), labels=labels, split=parts)
    out, err = io.StringIO(), io.StringIO()
    path = folder / "run"
    arguments = ["train", str(folder / "vectors.npz"), "--out", str(path), "--epochs", "1", "--device", "cpu"]
    assert run(arguments, Console(out, err)) == 0, err.getvalue()
    return OfflineRun(path)


@pytest.mark.parametrize(
    ("split", "how"),
    [
        (["train", "train", "val", "test"], "validation"),
        (["train", "test"], "half of the held-out classes"),
    ],
)
def test_a_run_keeps_the_threshold_that_was_chosen_once(tmp_path: Path, split: list[str], how: str) -> None:
    asked = _trained(tmp_path, split)
    chosen = run_threshold(asked)
    folder = asked.saved.folder
    assert chosen.split == how
    assert (chosen.step, chosen.target) == (asked.step, 0)
    assert chosen.distance > 0
    assert chosen.fmr < 0.5
    assert chosen.fnmr < 0.5
    assert read_threshold(folder.path) == chosen
    assert folder.verify() == ()
    (tmp_path / "vectors.npz").unlink()  # what is kept is asked, not the data
    assert run_threshold(OfflineRun(folder.path)) == chosen
    strict = run_threshold(asked, 0.02)
    assert strict.target == 0.02
    assert strict.distance < chosen.distance
    assert strict.fnmr >= chosen.fnmr
    assert run_threshold(asked) == read_threshold(folder.path) == strict
    assert run_threshold(asked, 0.0) == chosen
    (folder.path / THRESHOLD_NAME).write_text("{")
    with pytest.raises(UserError, match="is damaged"):
        run_threshold(asked)


def test_too_few_classes_are_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="too few to choose a threshold"):
        run_threshold(_trained(tmp_path, ["train", "test"], classes=3))
