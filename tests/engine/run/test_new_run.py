"""A run that cannot begin says why, leaves no folder, and leaves what was shown before as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from explorer.core.events import RunFailed
from explorer.core.recipe import Part, Recipe
from explorer.engine.events import StateChanged
from explorer.engine.session.cleaning import DecisionsChanged
from tests.engine.conftest import SHORT, Desk

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
