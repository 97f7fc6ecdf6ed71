"""A sweep that is interrupted, on one device and on two, what its teller hears, and what Optuna is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import Cancelled
from explorer.core.recipe import Recipe
from explorer.data.opening import open_dataset
from explorer.engine.events import Role
from explorer.engine.sweep.kept_plan import SweepPlan
from explorer.engine.sweep.queue import QUEUE_NAME, read_entries
from explorer.engine.sweep.run_sweep import Sweep
from explorer.engine.sweep.train_apart import TrainApart
from explorer.engine.sweep.train_one import Job, Task
from explorer.runs.given_file import read_record
from explorer.runs.header import is_run
from tests.helpers.blobs import blobs

BASE = Recipe(device="cpu", precision="float32", epochs=1)


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


@pytest.fixture
def source(tmp_path: Path) -> tuple[tuple[str, Role], ...]:
    x, labels = blobs(300, 5)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", labels)
    return ((str(tmp_path / "x.npy"), "main"),)


def test_two_devices_train_side_by_side(tmp_path: Path, source: tuple[tuple[str, Role], ...]) -> None:
    """A processor twice, as two cards would be."""
    plan = SweepPlan(recipe=BASE, sources=source, over=("loss.margin=0.1,0.2",), devices=("cpu", "cpu"))
    folder, heard = tmp_path / "side", Heard()
    found = Sweep(folder, plan, heard, threads=1).train()
    assert [(entry.run, entry.state) for entry in found] == [(run.name, "done") for run in plan.runs()]
    assert [entry.settings for entry in found] == [run.settings for run in plan.runs()]
    for number in (1, 2):
        assert any(title.startswith(f"{number} of 2 runs on cpu, ") for title in heard.titles)
    entries, _end = read_entries(folder / QUEUE_NAME)
    assert [entry.state for entry in entries] == ["started", "started", "done", "done"]


@pytest.mark.full
def test_what_two_devices_train_is_what_one_trains_alone_also_after_an_interruption(
    tmp_path: Path, source: tuple[tuple[str, Role], ...]
) -> None:
    plan = SweepPlan(recipe=BASE, sources=source, over=("loss.margin=0.1:0.4:4",), devices=("cpu", "cpu"))
    folder, heard = tmp_path / "side", Heard()
    first = Sweep(folder, plan, heard, threads=1)
    heard.when_said = first.interrupt
    with pytest.raises(Cancelled):
        first.train()
    found = Sweep(folder, plan, Heard(), threads=1).train()
    done = [entry.run for entry in read_entries(folder / QUEUE_NAME)[0] if entry.state == "done"]
    assert sorted(done) == sorted(run.name for run in plan.runs())
    alone = plan.model_copy(update={"devices": ()})
    same = Sweep(tmp_path / "alone", alone, Heard(), threads=1).train()
    assert [entry.score for entry in same] == [entry.score for entry in found]


@pytest.mark.full
def test_a_process_that_ends_by_itself_fails_its_run_and_the_next_one_has_another(
    tmp_path: Path, source: tuple[tuple[str, Role], ...]
) -> None:
    trainer = TrainApart(Task(source, threads=1), Heard(), "cpu")
    first, second = SweepPlan(recipe=BASE, sources=source, over=("loss.margin=0.1,0.2",)).runs()
    killed: list[str] = []

    def kill(title: str, done: int, total: int, detail: str = "") -> None:
        if not killed and trainer._process is not None:
            killed.append(title)
            trainer._process.kill()

    trainer._teller.progress = kill  # type: ignore[method-assign]
    try:
        entry = trainer.train(Job(first, tmp_path / first.name, "1 of 2 runs"))
        assert (entry.state, entry.message) == ("failed", "The process that trained it has ended by itself")
        assert trainer.train(Job(second, tmp_path / second.name, "2 of 2 runs")).state == "done"
    finally:
        trainer.close()


@pytest.mark.full
def test_optuna_is_asked_again_after_an_interruption_as_it_would_have_been(
    tmp_path: Path, source: tuple[tuple[str, Role], ...]
) -> None:
    pytest.importorskip("optuna")
    over = ("loss=triplet,supcon", "loss.margin=0.05:0.5")
    plan = SweepPlan(recipe=BASE, sources=source, over=over, draw=12, drawn_by="optuna", metric="map@r")
    heard, folder = Heard(), tmp_path / "sweep"
    first = Sweep(folder, plan, heard, threads=1)
    heard.when_said = lambda: first.interrupt() if len(heard.said) == 11 else None
    with pytest.raises(Cancelled):
        first.train()
    again = Sweep(folder, plan, Heard(), threads=1)
    entries = again.train()
    assert [entry.state for entry in entries] == ["done"] * 12
    assert plan.runs(entries) == again.runs
    straight = Sweep(tmp_path / "straight", plan, Heard(), threads=1)
    assert [entry.figures for entry in straight.train()] == [entry.figures for entry in entries]
    assert straight.runs == again.runs


def test_given_pairs_are_trained_on_and_a_run_of_others_is_not_taken_for_its_like(
    tmp_path: Path, source: tuple[tuple[str, Role], ...]
) -> None:
    ids = list(open_dataset(source[0][0], BASE.data).ids)
    pairs = tmp_path / "pairs.csv"
    lines = (f"{ids[a]},{ids[a + 5]},same\n{ids[a]},{ids[a + 1]},different\n" for a in range(0, 290, 7))
    pairs.write_text("".join(lines))
    plan = SweepPlan(recipe=BASE, sources=source, over=("optimiser.rate=0.001",), given=(str(pairs), "pairs"))
    (run,) = plan.runs()
    assert run.recipe.loss.name == "contrastive"
    (entry,) = Sweep(tmp_path / "s", plan, Heard(), threads=1).train()
    assert entry.state == "done", entry.message
    assert (record := read_record(tmp_path / "s" / run.name)) is not None
    assert record.name == "pairs.csv"
    (tmp_path / "s" / QUEUE_NAME).unlink()
    pairs.write_text(pairs.read_text() + f"{ids[0]},{ids[10]},same\n")
    (entry,) = Sweep(tmp_path / "s", plan, Heard(), threads=1).train()
    assert "was trained on other pairs, triplets or classes" in entry.message


def test_an_interrupted_sweep_begins_no_other_run_and_goes_on_later(
    tmp_path: Path, source: tuple[tuple[str, Role], ...]
) -> None:
    plan = SweepPlan(recipe=BASE, sources=source, over=("loss.margin=0.1:0.4:4",))
    folder, runs = tmp_path / "sweep", plan.runs()

    def sweep(heard: Heard) -> Sweep:
        return Sweep(folder, plan, heard, threads=1)

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
