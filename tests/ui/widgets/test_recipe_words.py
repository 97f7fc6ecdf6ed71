from __future__ import annotations

from explorer.core.part_titles import TITLES
from explorer.core.recipe import Part, Recipe
from explorer.ui.widgets.recipe_words import ADJECTIVES, summary


def test_the_miners_that_are_adjectives_are_there() -> None:
    assert {f"miner.{name}" for name in ADJECTIVES} < TITLES.keys()


def test_a_run_is_named_by_the_titles_of_its_parts() -> None:
    recipe = Recipe(loss=Part(name="nt_xent"), miner=Part(name="hard_memory"))
    assert summary(recipe, "flat", 0.5) == "flat · InfoNCE / NT-Xent 0.50 · hardest from memory"
    fitted = Recipe(encoder=Part(name="kernel"), fitter=Part(name="lmnn"))
    assert summary(fitted, "flat") == "flat · LMNN of kernel features"
