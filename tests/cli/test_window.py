from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.recipe import Recipe
from explorer.ui import app
from tests.helpers.command_line import run_command

Opened = list[tuple[str | None, Recipe | None]]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    """What a window was asked to open, in place of one."""
    asked: Opened = []

    def run(data: str | None = None, recipe: Recipe | None = None) -> int:
        asked.append((data, recipe))
        return 0

    monkeypatch.setattr(app, "run", run)
    return asked


def test_a_recipe_is_set_and_not_read_as_data(opened: Opened, tmp_path: Path) -> None:
    recipe = Recipe(epochs=7)
    (tmp_path / "mine.TOML").write_text(recipe.to_toml())
    assert run_command(tmp_path / "mine.TOML") == (0, "", "")
    assert run_command("sample:digits", "--recipe", tmp_path / "mine.TOML") == (0, "", "")
    assert opened == [(None, recipe), ("sample:digits", recipe)]


def test_the_file_of_a_run_opens_its_run(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    assert run_command(tmp_path / "run.json") == (0, "", "")
    assert opened == [(str(tmp_path), None)]


def test_an_example_is_known_by_its_name(opened: Opened) -> None:
    assert run_command("--recipe", "faces") == (0, "", "")
    (_, recipe) = opened[0]
    assert recipe is not None
    assert recipe.loss.name == "arcface"


def test_what_is_no_recipe_is_told(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    status, _, err = run_command(tmp_path / "pyproject.toml")
    assert (status, opened) == (2, [])
    assert "pyproject.toml" in err
