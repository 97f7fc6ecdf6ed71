from __future__ import annotations

import pytest

from explorer.core.examples import examples
from explorer.core.recipe import Part, Recipe
from explorer.data.modalities.base import modalities, modality_named
from explorer.engine.datasets.requirements import suited
from explorer.engine.recipes.chosen_settings import chosen_settings, with_settings
from explorer.engine.recipes.found_recipe import found_recipe


@pytest.mark.parametrize("example", [example.name for example in examples()])
def test_settings_make_every_recipe_that_comes_along(example: str) -> None:
    recipe = found_recipe(example)
    found = chosen_settings(recipe)
    assert with_settings(Recipe(), found).resolved() == recipe.resolved()
    assert with_settings(Recipe(), {path: str(value) for path, value in found.items()}).resolved() == recipe.resolved()


def test_only_what_somebody_chose_is_said() -> None:
    assert chosen_settings(Recipe()) == {}
    assert chosen_settings(Recipe().resolved()) == {}
    recipe = Recipe().with_settings(["loss.margin=0.5", "encoder=mlp", "seed=3", "data.size=28"])
    assert chosen_settings(recipe) == {"encoder": "mlp", "loss.margin": 0.5, "data.size": 28, "seed": 3}


@pytest.mark.parametrize("modality", [modality.name for modality in modalities()])
def test_what_data_bring_is_not_said_and_what_was_chosen_against_it_is(modality: str) -> None:
    kind = modality_named(modality)
    usual = suited(Recipe(), kind)
    assert chosen_settings(usual, kind) == {}
    other = suited(Recipe().with_settings(["loss=triplet", "sampler=pk"]), kind)
    settings = chosen_settings(other, kind)
    assert suited(with_settings(Recipe(), settings), kind).resolved() == other.resolved()
    assert (settings == {}) == (other.resolved() == usual.resolved())


def test_a_fitter_comes_before_what_it_brings() -> None:
    recipe = Recipe().with_settings(["fitter=lmnn", "encoder=kernel", "distance=cosine"])
    assert list(chosen_settings(recipe)) == ["fitter", "encoder", "distance"]
    kept = Recipe(fitter=Part(name="lmnn"), encoder=Part(name="cnn"))  # as no setting would leave it
    assert with_settings(Recipe(), chosen_settings(kept)).resolved() == kept.resolved()
