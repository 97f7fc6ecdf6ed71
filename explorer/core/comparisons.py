"""What a metric is compared with that needs a training of its own: recipes made from that of a run, by one click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from explorer.core.formula import SUM, Term, written
from explorer.core.recipe import DEFAULT_DISTANCE, Recipe
from explorer.core.registry import find

CLASSIFIER, LINEAR, LAYER = "softmax", "lmnn", "layer"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A recipe to compare another one with; ``recipe`` makes it from that."""

    name: str
    title: str
    summary: str
    recipe: Callable[[Recipe], Recipe]


def classifier(recipe: Recipe) -> Recipe:
    """Return the recipe of a classifier: the same encoder, batches and budget, trained by the softmax of its classes.

    Raises
    ------
    UserError: if the encoder or the loss is not installed.
    """
    return recipe.with_settings(["fitter=none", f"loss={CLASSIFIER}"])


def linear_on_frozen(recipe: Recipe) -> Recipe:
    """Return the recipe of one linear metric on features that stay as they are.

    A pretrained encoder is frozen, and gives its own features; in place of one that begins at random it is the pixels.

    Raises
    ------
    UserError: if the encoder or the fitter is not installed.
    """
    fitted = recipe.with_value("fitter", LINEAR)
    known = find("encoder", fitted.encoder.name).params.model_fields
    if "mode" in known:
        fitted = fitted.with_settings(["encoder.mode=frozen", "encoder.dimension=0"])
    return fitted


def layer_on_frozen(recipe: Recipe) -> Recipe:
    """Return the recipe of one linear layer on features that stay as they are, trained by the loss of a recipe.

    Embeddings have length 1, as they have by default, unless the recipe compares them in another way.

    Raises
    ------
    UserError: if the encoder or the fitter is not installed.
    """
    own = recipe.loss.params.get("terms", "") if recipe.loss.name == SUM else ""
    fitted = linear_on_frozen(recipe).with_value("fitter", LAYER)
    fitted = fitted.with_value("fitter.loss", own or written((Term(1.0, recipe.loss.name, recipe.loss.params),)))
    return fitted.with_value("distance.normalise", True) if recipe.distance == DEFAULT_DISTANCE else fitted


COMPARISONS = (
    Comparison(
        "classifier",
        "Train a classifier to compare",
        "The same encoder, batches and budget, trained by softmax: its features stand in Evaluate like any others",
        classifier,
    ),
    Comparison(
        "linear",
        "Train one linear metric on frozen features",
        "LMNN on the pretrained encoder as it came, or on the pixels: what has to be beaten by training a network",
        linear_on_frozen,
    ),
    Comparison(
        "layer",
        "Train one linear layer on frozen features by this loss",
        "The loss of the recipe on the pretrained encoder as it came, or on the pixels: seconds, once it has embedded",
        layer_on_frozen,
    ),
)
