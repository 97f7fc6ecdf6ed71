from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.recipe import Recipe
from explorer.engine.paths import recipes_folder
from tests.helpers.command_line import json_of, run_command
from tests.helpers.runs import new_run


def test_recipes_are_listed_by_task_with_when_to_take_them() -> None:
    recipes_folder().mkdir(parents=True)
    (recipes_folder() / "my own.toml").write_text("epochs = 4\n", encoding="utf-8")
    status, out, _ = run_command("recipes", "list")
    lines = out.splitlines()
    assert status == 0
    assert lines[0] == "Retrieval"
    assert lines[-2:] == ["Saved by you", "  my own"]
    assert any(line.startswith("  few-shot") for line in lines)
    assert json_of("recipes", "list")["faces"]["task"] == "Verification"


def test_a_recipe_is_shown_as_it_can_be_read_again() -> None:
    _, out, _ = run_command("recipes", "show", "few-shot")
    assert Recipe.from_toml(out) == Recipe.load(Path("resources/recipes/few-shot.toml").absolute())
    assert json_of("recipes", "show", "default")["loss"]["name"] == "triplet"


def test_two_recipes_are_compared(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('loss = { name = "triplet", margin = 0.5 }\nseed = 2\n', encoding="utf-8")
    found = json_of("recipes", "diff", "default", tmp_path / "mine.toml")
    assert found == {"loss.margin": [0.2, 0.5], "seed": [0, 2]}
    _, out, _ = run_command("recipes", "diff", "default", tmp_path / "mine.toml")
    assert out.splitlines() == ["seed         0 → 2", "loss.margin  0.2 → 0.5"] or set(out.splitlines()) == {
        "loss.margin  0.2 → 0.5",
        "seed         0 → 2",
    }
    assert run_command("recipes", "diff", "default", "default")[1] == "They are the same\n"
    status, _, err = run_command("recipes", "diff", "default", "nothing")
    assert (status, "neither a recipe file nor the name of one" in err) == (2, True)


@pytest.mark.parametrize(("action", "begins"), [("command", "train sample:d"), ("python", "import explorer")])
def test_the_lines_that_train_a_run_again_are_written(tmp_path: Path, action: str, begins: str) -> None:
    new_run(tmp_path / "run").close()
    status, out, err = run_command("recipes", action, tmp_path / "run", "--out", tmp_path / "again")
    assert status == 0, err
    assert begins in out
    assert str(tmp_path / "again") in out
