from __future__ import annotations

import pytest

from explorer.core.comparisons import COMPARISONS, Comparison, classifier, layer_on_frozen, linear_on_frozen
from explorer.core.recipe import Part, Recipe

FINE = Recipe(encoder=Part(name="timm", params={"model": "test_resnet", "dimension": 64}), seed=3, epochs=7)


def test_a_classifier_has_encoder_batches_and_budget_of_the_recipe() -> None:
    recipe = FINE.with_settings(["loss=proxy_anchor", "miner=hard", "sampler.images=8"])
    found = classifier(recipe)
    assert found.loss == Part(name="softmax")
    assert found == recipe.model_copy(update={"loss": found.loss})
    assert classifier(linear_on_frozen(Recipe())) == classifier(Recipe())


def test_one_linear_metric_is_fitted_to_what_the_encoder_is_before_training() -> None:
    found = linear_on_frozen(FINE)
    assert found.fitter == Part(name="lmnn")
    assert found.encoder.params == {"model": "test_resnet", "dimension": 0, "mode": "frozen"}
    assert (found.seed, found.epochs) == (3, 7)
    assert linear_on_frozen(Recipe()).encoder == Part(name="pixels")
    assert linear_on_frozen(found) == found


def test_one_linear_layer_is_trained_by_the_loss_of_the_recipe() -> None:
    found = layer_on_frozen(FINE.with_settings(["loss=triplet", "loss.margin=0.3"]))
    assert found.fitter == Part(name="layer", params={"loss": "triplet(margin=0.3)"})
    assert (found.encoder.params["mode"], found.part("distance").params) == ("frozen", {"normalise": True})
    summed = layer_on_frozen(FINE.with_settings(["loss=triplet + 0.1*softmax", "distance=cosine"]))
    assert summed.fitter.params["loss"] == "triplet + 0.1*softmax"
    assert summed.part("distance") == Part(name="cosine")
    assert layer_on_frozen(found) == found


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda comparison: comparison.name)
@pytest.mark.parametrize("encoder", ["cnn", "pixels", "timm", "transformers", "kernel"])
def test_every_encoder_can_be_compared(comparison: Comparison, encoder: str) -> None:
    found = comparison.recipe(Recipe(encoder=Part(name=encoder)))
    assert found.resolved().resolved() == found.resolved()
