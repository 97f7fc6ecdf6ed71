from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.events import ParameterChanged
from explorer.core.recipe import Recipe
from explorer.engine.paths import recipes_folder
from explorer.engine.recipes.found_recipe import found_recipe, saved_recipes
from explorer.runs.folder import RunFolder
from tests.helpers.runs import new_run


def test_a_recipe_is_found_by_whatever_names_it(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("epochs = 3\n", encoding="utf-8")
    assert found_recipe(str(tmp_path / "mine.toml")).epochs == 3
    assert found_recipe("few-shot").loss.name == "prototypical"
    assert found_recipe("default") == Recipe()
    assert saved_recipes() == ()
    recipes_folder().mkdir(parents=True)
    (recipes_folder() / "my own.toml").write_text("epochs = 4\n", encoding="utf-8")
    assert found_recipe("my own").epochs == 4
    assert [path.stem for path in saved_recipes()] == ["my own"]


def test_of_a_run_it_is_the_recipe_as_it_ended(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.append([ParameterChanged(run.run, 3, "loss.margin", 0.2, 0.7)])
    assert found_recipe(str(tmp_path / "run")).loss.params["margin"] == 0.7
    assert RunFolder.open(tmp_path / "run").recipe.loss.params.get("margin") != 0.7


def test_a_name_that_nothing_has_is_told_what_there_is() -> None:
    with pytest.raises(UserError, match=r"neither a recipe file nor the name of one\. Did you mean few-shot"):
        found_recipe("few-shots")
    with pytest.raises(UserError, match=r"Recipes that come along or were saved: captions, clips"):
        found_recipe("nothing")
