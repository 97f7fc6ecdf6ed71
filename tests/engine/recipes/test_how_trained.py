"""What a run's journal says of how it was trained, and what of that cannot be done again."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.events import ItemsReady, ParameterChanged, RunFinished, RunStarted, Set
from explorer.engine.recipes.how_trained import Longer, how_trained
from explorer.engine.recipes.plan import plan_of_run
from explorer.runs.folder import RunFolder
from explorer.runs.journal import Entry
from explorer.runs.label_file import LABELS_NAME
from tests.helpers.runs import checkpoint, metrics, new_run


def began(step: int = 0, *, epochs: int = 10, steps: int = 100, device: str = "cpu", threads: int = 3) -> RunStarted:
    return RunStarted("r", step, steps, epochs, device, threads, 1000)


def ended(step: int, epoch: int = 10) -> RunFinished:
    return RunFinished("r", step, epoch, "done" if step % 100 == 0 else "stopped", 1.0, 1.0)


def changed(step: int, path: str, old: float | str, new: float | str) -> ParameterChanged:
    return ParameterChanged("r", step, path, old, new)


def written(path: Path, *entries: Entry) -> RunFolder:
    with new_run(path) as run:
        run.append(entries)
    return RunFolder.open(path)


def test_a_plain_run_lacks_nothing(tmp_path: Path) -> None:
    how = how_trained(written(tmp_path / "run", began(), ended(100)))
    assert (how.threads, how.changes, how.longer, how.lacking) == (3, (), (), ())
    assert how.sources == (("sample:d", "main"),)
    assert how.ended_by == how.recipe


def test_of_changes_at_one_step_what_they_make_together_counts(tmp_path: Path) -> None:
    moves = [
        changed(5, "loss.margin", 0.2, 0.3),
        changed(5, "loss.margin", 0.3, 0.4),
        changed(5, "miner", "all", "hard"),
    ]
    back = [changed(9, "optimiser.rate", 0.002, 0.1), changed(9, "optimiser.rate", 0.1, 0.002)]
    how = how_trained(written(tmp_path / "run", began(), *moves, *back, ended(100)))
    assert [(change.step, change.path, change.old, change.new) for change in how.changes] == [
        (5, "loss.margin", 0.2, 0.4),
        (5, "miner", "all", "hard"),
    ]
    assert plan_of_run(how).changes == (Set("loss.margin", 0.4, 5), Set("miner", "hard", 5))
    assert how.ended_by.miner.name == "hard"


def test_one_that_was_trained_further_is_trained_further(tmp_path: Path) -> None:
    further: list[Entry] = [
        began(100, epochs=20, steps=200),
        ended(200, 20),
        began(200, epochs=40, steps=400, threads=2),
        ended(400, 40),
        began(400, epochs=50, steps=500, device="cuda:0"),
        ended(500, 50),
    ]
    how = how_trained(written(tmp_path / "run", began(), ended(100), *further))
    assert how.threads == 3
    assert (how.longer, how.lacking) == ((Longer(20, 3), Longer(40, 2), Longer(50, 0)), ())


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([began(), ended(42, 4)], "It was stopped at step 42 of 100"),
        ([began()], "It was stopped at step 0 of 100"),
        (
            [began(), ended(42, 4), began(42, epochs=20, steps=200), ended(200)],
            "From step 43 on it was to have 20 epochs",
        ),
        ([began(), began(24, epochs=5, steps=50), ended(50)], "5 epochs in all, and this has more epochs"),
        ([began(), began(42, threads=1), ended(100)], "From step 43 on it was trained on 1 core,"),
        ([began(), changed(7, "sampler.images", 8, 4), ended(100)], "From step 7 on its batches were smaller"),
        ([began(), ItemsReady("r", 0, 10, 20), ended(100)], "still being decoded"),
        ([began(device="cuda:0"), ended(100)], "On a graphics card"),
    ],
)
def test_what_cannot_be_repeated_is_said_in_a_sentence(tmp_path: Path, entries: list[Entry], words: str) -> None:
    how = how_trained(written(tmp_path / "run", *entries))
    (sentence,) = how.lacking
    assert words in sentence
    assert not how.changes
    assert not any(later.epochs < 10 for later in how.longer), "no line trains it for fewer than it has had"
    assert how.threads == (0 if "graphics" in words and "On a" in words else 3)


def test_one_that_was_cut_off_ended_at_its_checkpoint(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.append([began(), *(metrics(step) for step in range(1, 50))])
        run.write_checkpoint(checkpoint(42))
    (sentence,) = how_trained(RunFolder.open(tmp_path / "run")).lacking
    assert "It was stopped at step 42 of 100" in sentence
    with RunFolder.open(tmp_path / "run", writable=True) as run:
        run.write_checkpoint(checkpoint(100))
    assert not how_trained(RunFolder.open(tmp_path / "run")).lacking


def test_decided_labels_are_said(tmp_path: Path) -> None:
    run = written(tmp_path / "run", began(), ended(100))
    (run.path / LABELS_NAME).write_text("", encoding="utf-8")
    assert how_trained(run).lacking == ("What was decided about labels while it trained is not repeated",)
