"""A sweep that is interrupted, and what its teller hears."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import Cancelled
from explorer.core.recipe import Recipe
from explorer.engine.sweep.plan import axis_of, combinations, planned_runs
from explorer.engine.sweep.queue import QUEUE_NAME, read_entries
from explorer.engine.sweep.run_sweep import Budget, Sweep
from explorer.runs.header import is_run
from tests.helpers.blobs import blobs


class Heard:
    """Keeps what is told, and does something when a run has ended."""

    def __init__(self, when_said: Callable[[], None] = lambda: None) -> None:
        self.said: list[str] = []
        self.titles: set[str] = set()
        self.when_said = when_said

    def say(self, text: str) -> None:
        self.said.append(text)
        self.when_said()

    def progress(self, title: str, done: int, total: int, detail: str = "") -> None:
        self.titles.add(title)


def test_an_interrupted_sweep_begins_no_other_run_and_goes_on_later(tmp_path: Path) -> None:
    x, labels = blobs(300, 5)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", labels)
    base = Recipe(device="cpu", precision="float32", epochs=1)
    runs = planned_runs(base, list(combinations([axis_of("loss.margin=0.1:0.4:4")])))
    folder = tmp_path / "sweep"

    def sweep(heard: Heard) -> Sweep:
        return Sweep(folder, runs, [(str(tmp_path / "x.npy"), "main")], heard, budget=Budget(), threads=1)

    heard = Heard()
    first = sweep(heard)
    heard.when_said = lambda: first.interrupt() if len(heard.said) == 2 else None
    with pytest.raises(Cancelled):
        first.train()
    assert sum(map(is_run, folder.iterdir())) == 2
    assert len(heard.said) == 2
    again = Heard()
    entries = sweep(again).train()
    assert [entry.state for entry in entries] == ["done"] * 4
    assert [entry.run for entry in entries] == [run.name for run in runs]
    assert len(again.said) == 2
    assert again.said[0].startswith(f"3 of 4 runs: {runs[2].name}: recall@1 ")
    assert any(title.startswith("3 of 4 runs, ") for title in again.titles)
    assert [entry.state for entry in read_entries(folder / QUEUE_NAME)[0]] == ["started", "done"] * 4
