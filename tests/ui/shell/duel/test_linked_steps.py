"""The same moment of two runs: by step, by pictures seen, by epoch."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from explorer.core.map_values import KeptStep
from explorer.core.recipe import Recipe
from explorer.core.types import Split
from explorer.engine.session.session import Session
from explorer.ui.session.settings import Settings
from explorer.ui.shell.duel.linked_steps import LinkedSteps, batch, nearest
from tests.ui.panel_desk import Held, desk_of

EVERY = np.arange(1000)


def held(images: int, train: int, *steps: int) -> Held:
    """Return a session whose run draws 4 classes with so many images each, of so many items, and has kept steps."""
    recipe = Recipe().with_settings(["sampler=pk", "sampler.classes=4", f"sampler.images={images}"])
    split = Split("stratified", EVERY[:train], EVERY[train:], False)
    kept = tuple(KeptStep("run", step, True) for step in steps)
    return Held(recipe=recipe, split=split, steps=kept)


@pytest.mark.parametrize(("unit", "step"), [("step", 40), ("pictures", 10), ("epoch", 20)])
def test_the_nearest_kept_step_is_of_the_same_moment(qtbot: QtBot, unit: str, step: int) -> None:
    this, other = held(2, 400, 10, 40), held(8, 800, 10, 20, 40)
    assert (batch(this.recipe), batch(other.recipe)) == (8, 32)
    assert nearest(cast(Session, this), 40, cast(Session, other), unit) == step


def test_one_time_line_moves_the_other(qtbot: QtBot, tmp_path: Path) -> None:
    sessions = (held(2, 400, 10, 40), held(2, 400, 12, 38))
    desks = tuple(desk_of(session, Settings(tmp_path / f"{place}.json")) for place, session in enumerate(sessions))
    links = LinkedSteps((desks[0], desks[1]), desks[0].bridge)
    desks[0].state.set_displayed_step(10)
    assert sessions[1].asked[-1:] == ["step 12"]
    desks[1].state.set_displayed_step(12)
    assert not sessions[0].asked, "it is what the first one has asked for"
    desks[1].state.set_displayed_step(38)
    assert sessions[0].asked == ["step 40"]
    desks[0].state.set_displayed_step(40)
    desks[0].state.set_displayed_step(-1)
    assert sessions[1].asked[-1] == "step -1"
    links.go_by("")
    desks[0].state.set_displayed_step(10)
    assert sessions[1].asked[-1] == "step -1"
    for desk in desks:
        desk.bridge.close()
