"""What a run, an example or other data bring along ends with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.recipe import DataOptions, Part, Recipe
from explorer.engine.events import DatasetOpened, RecipeBack, RunOpened
from tests.engine.conftest import SHORT, Desk

Start = Callable[..., Desk]
GREY = DataOptions(size=12, colour="grey")


def photos(folder: Path, side: int = 48) -> str:
    """Write a folder of coloured pictures of two classes, and return it."""
    rng = np.random.default_rng(0)
    for name in ("apple", "pear"):
        (folder / name).mkdir(parents=True)
        for number in range(6):
            Image.fromarray(rng.integers(0, 255, (side, side, 3), dtype=np.uint8)).save(folder / name / f"{number}.png")
    return str(folder)


def opened(desk: Desk, spec: str, recipe: Recipe | None = None) -> tuple[int, ...]:
    """Open data and return the shape of an item."""
    session, heard = desk
    place = heard.now()
    session.open(spec, recipe=recipe)
    heard.until(DatasetOpened, after=place)
    assert session.dataset is not None
    return tuple(session.dataset.shape)


@pytest.mark.full
def test_other_data_are_read_as_they_are_and_the_recipe_of_a_run_ends_with_its_data(
    start: Start, tmp_path: Path
) -> None:
    theirs = SHORT.model_copy(update={"data": GREY, "miner": Part(name="semi_hard")})
    session, heard = start(live=False, recipe=theirs)
    session.train(tmp_path / "run")
    heard.at_rest()
    assert session.close(60.0)

    mine = Recipe(epochs=7)
    desk = start(live=False, recipe=mine, spec="")
    session, heard = desk
    session.open_run(tmp_path / "run")
    heard.until(RunOpened)
    assert (session.recipe.miner.name, session.recipe.data.size) == ("semi_hard", 12)
    assert opened(desk, "sample:digits") == (12, 12, 1)  # the same data stay as they are
    assert session.recipe.miner.name == "semi_hard"
    session.set("seed", 5)
    place = heard.now()
    assert opened(desk, photos(tmp_path / "photos"))[-1] == 3
    assert session.recipe == mine.model_copy(update={"seed": 5})  # what was set by hand is one's own
    lent = heard.until(RecipeBack, after=place).lent
    assert lent.miner.name == "semi_hard"


def test_a_recipe_that_came_with_an_example_ends_with_it_and_can_come_again(start: Start, tmp_path: Path) -> None:
    desk = start(live=False, recipe=Recipe(), spec="")
    session, heard = desk
    example = Recipe(miner=Part(name="semi_hard"), data=GREY)
    assert opened(desk, "sample:digits", example) == (12, 12, 1)
    assert session.recipe == example
    session.set("loss.margin", 0.61)  # tried on the example, as its tour asks for
    assert opened(desk, photos(tmp_path / "photos"))[-1] == 3
    assert session.recipe == Recipe()
    assert heard.until(RecipeBack).lent == example.with_settings(["loss.margin=0.61"])
    assert opened(desk, "sample:digits", example) == (12, 12, 1)
    assert session.recipe == example


def test_ones_own_recipe_goes_with_one_to_other_data_without_their_options(start: Start, tmp_path: Path) -> None:
    mine = Recipe(miner=Part(name="semi_hard"), data=GREY)
    desk = start(live=False, recipe=mine)
    session, heard = desk
    assert session.recipe == mine  # for the first data it was set
    assert opened(desk, photos(tmp_path / "photos"))[-1] == 3
    assert session.recipe == mine.model_copy(update={"data": DataOptions()})
    assert not heard.all(RecipeBack)
    session.set("data.size", 20)
    assert opened(desk, f"{tmp_path / 'photos'}/")[0] == 20  # they are open already


def test_a_recipe_that_was_made_for_data_without_classes_ends_with_them(start: Start, tmp_path: Path) -> None:
    mine = Recipe(miner=Part(name="semi_hard"))
    desk = start(live=False, recipe=mine)
    session, heard = desk
    views = mine.with_settings(["loss=nt_xent"])
    session.configure(views, for_these=True)
    session.set("seed", 5)
    opened(desk, photos(tmp_path / "photos"))
    assert session.recipe == mine
    assert heard.until(RecipeBack).lent == views.with_settings(["seed=5"])
    session.configure(views, for_these=True)
    session.configure(mine)  # put back: what is set by hand from now on is one's own
    session.set("seed", 6)
    place = heard.now()
    opened(desk, "sample:digits")
    assert session.recipe.seed == 6
    assert not [event for event in heard.all(RecipeBack) if event.lent.seed == 6]
    assert heard.now() >= place
