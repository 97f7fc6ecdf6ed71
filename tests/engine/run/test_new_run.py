"""A run that cannot begin says why, leaves no folder, and leaves what was shown before as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from explorer.core.events import RunFailed, RunFinished, RunStarted
from explorer.core.recipe import Part, Recipe
from explorer.core.types import Split
from explorer.engine.events import StateChanged
from explorer.engine.run.alarms import Remedy
from explorer.engine.run.new_run import epochs_of, last_plan, trained_before
from explorer.engine.session.cleaning import DecisionsChanged
from tests.engine.conftest import SHORT, Desk
from tests.helpers.runs import checkpoint, new_run

Start = Callable[..., Desk]


def failed(desk: Desk, after: int) -> str:
    heard = desk[1]
    message = heard.until(RunFailed, after=after).message
    heard.until(StateChanged, lambda changed: changed.state == "failed", after=after)
    return message


def test_exclusions_that_leave_one_class_are_named_and_leave_no_folder(trained: Desk) -> None:
    session, heard = trained
    assert session.dataset is not None
    before, folder = session.run, session.run_folder
    assert folder is not None
    place = heard.now()
    session.cleaning.decide(np.flatnonzero(session.dataset.labels).tolist(), "exclude")
    heard.until(DecisionsChanged, after=place)
    session.train()
    said = failed(trained, place)
    assert "excluded) leaves a single class" in said
    assert "Bring the selected items back" in said
    assert [path for path in folder.parent.iterdir() if path.is_dir()] == [folder]
    assert (session.run, session.run_folder) == (before, folder)
    assert session._state.newest() is not None  # still measured and exported
    place = heard.now()
    session.cleaning.forget(np.flatnonzero(session.dataset.labels).tolist())
    heard.until(DecisionsChanged, after=place)
    session.train()
    heard.at_rest(after=place)


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (SHORT.with_settings(["sampler=hierarchical", "sampler.column=nowhere"]), "no column 'nowhere'"),
        (Recipe(device="cpu", fitter=Part(name="pca"), encoder=Part(name="linear")), "all training items are the same"),
    ],
)
def test_what_fails_before_its_first_step_leaves_no_folder(
    start: Start, tmp_path: Path, recipe: Recipe, said: str
) -> None:
    np.savez(tmp_path / "alike.npz", vectors=np.ones((40, 4), np.float32), labels=np.arange(40) % 4)
    session, heard = start(recipe=recipe, spec=str(tmp_path / "alike.npz"))
    session.train(tmp_path / "run")
    assert said in failed((session, heard), 0)
    assert not (tmp_path / "run").exists()
    assert session.run_folder is None


def test_a_run_goes_on_to_what_was_planned_last(tmp_path: Path) -> None:
    """Of one that was to be trained further and was cut off, the epochs of its recipe are not what is left."""
    with new_run(tmp_path / "run") as folder:
        for step, epochs, seconds in ((0, 3, 5.0), (30, 12, 0.0)):
            folder.append([RunStarted("r", step, 10 * epochs, epochs, "cpu", 1, 1)])
            if seconds:
                folder.append([RunFinished("r", 30, 3, "done", seconds, 1.0)])
    history, recipe = folder.history(), Recipe(epochs=3)
    split = Split("items", np.arange(4), np.arange(4, 6), unseen=False)
    mended, from_there = Remedy("", "rewind", (("loss.margin", 0.1),)), Remedy("", "rewind", ())

    def left(at: int, asked: int = 0, back: Remedy | None = None) -> int:
        return epochs_of(folder.path, recipe, split, checkpoint(at), asked, back=back)

    assert (left(50), left(50, back=mended), left(20, back=from_there)) == (12, 12, 12)
    assert (left(50, 7), left(120), left(120, back=mended)) == (7, 15, 0)
    assert (last_plan(history), last_plan(history, 31), last_plan(history, 30)) == (12, 12, 3)
    assert trained_before(folder.path) == 5.0
    assert trained_before(tmp_path / "none") == 0.0
