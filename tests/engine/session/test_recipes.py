"""Recipes of a session: which there are, and the lines that train by them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.core.events import RunFinished
from explorer.core.recipe import Recipe
from explorer.engine.events import Notice, StateChanged
from explorer.engine.paths import made_recipes_folder
from explorer.engine.session.recipes import RUN, SAVED, SET, RecipesFound, TrainingLines
from tests.engine.conftest import SHORT, Desk


def test_a_trained_run_is_repeated_until_another_recipe_is_set(start: Callable[..., Desk], tmp_path: Path) -> None:
    session, listener = start(recipe=SHORT)
    session.train(tmp_path / "first")
    listener.until(RunFinished)
    listener.until(StateChanged, lambda changed: changed.state == "finished")
    session.recipes.lines("command")
    lines = listener.until(TrainingLines)
    assert (lines.run, lines.lacking) == ("first", ())
    assert f"--out {tmp_path / 'first-again'}" in lines.text
    before = listener.now()
    session.configure(session.recipe.with_value("loss.margin", 0.6))
    session.recipes.lines("python")
    lines = listener.until(TrainingLines, after=before)
    assert lines.run == ""
    assert "'loss.margin': 0.6" in lines.text
    assert "first-again" not in lines.text
    before = listener.now()
    session.recipes.lines("python", run=tmp_path / "first")
    assert "'loss.margin'" not in listener.until(TrainingLines, after=before).text


def test_recipes_come_in_groups_and_one_that_is_broken_says_why(start: Callable[..., Desk], tmp_path: Path) -> None:
    session, listener = start(recipe=SHORT)
    session.train(tmp_path / "first")
    listener.until(RunFinished)
    folder = made_recipes_folder()
    (folder / "good.toml").write_text("epochs = 3\n", encoding="utf-8")
    (folder / "bad.toml").write_text("los = 3\n", encoding="utf-8")
    session.recipes.look()
    known = listener.until(RecipesFound).recipes
    assert list(dict.fromkeys(each.group for each in known))[:3] == [RUN, SET, SAVED]
    named = {each.name: each for each in known}
    assert named["first"].run == tmp_path / "first"
    assert named["good"].recipe == Recipe(epochs=3)
    assert named["bad"].recipe is None
    assert "'los', which no recipe has" in named["bad"].words
    assert "Faces: ArcFace" in named


def test_without_data_there_is_nothing_to_train_on(start: Callable[..., Desk]) -> None:
    session, listener = start(spec="")
    session.recipes.lines("command")
    assert listener.until(Notice).text == "There are no data to train on. Open some first"


@pytest.mark.parametrize("style", ["command", "python"])
def test_what_would_not_be_repeated_is_said(start: Callable[..., Desk], tmp_path: Path, style: str) -> None:
    session, listener = start()
    session.train(tmp_path / "first")
    session.stop()
    listener.until(RunFinished)
    session.recipes.lines(style, run=tmp_path / "first")  # type: ignore[arg-type]
    lines = listener.until(TrainingLines)
    assert any(sentence.startswith("It was stopped at step ") for sentence in lines.lacking)
    assert f"# {lines.lacking[0]}" in lines.text
