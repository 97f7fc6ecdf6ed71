"""What a recipe needs of the data, and whether these have it: why Train is off, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import UserError
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import Entry, find, loaded
from explorer.core.types import UNLABELLED

if TYPE_CHECKING:
    from explorer.engine.datasets.loading import Opened

DEFAULT_ENCODER, VECTOR_ENCODER = Part(name="cnn"), Part(name="mlp")
FIRST_NEEDS = {"triplet": frozenset({"labels"}), "contrastive": frozenset({"labels"})}
"""What the losses need with which people begin, known before torch is loaded."""


def suited(recipe: Recipe, *, vectors: bool) -> Recipe:
    """Return the recipe with an encoder that can read vectors, where theirs is the default one and cannot."""
    if vectors and recipe.encoder == DEFAULT_ENCODER:
        return recipe.model_copy(update={"encoder": VECTOR_ENCODER})
    return recipe


def _entry(kind: str, name: str, *, wait: bool) -> Entry | None:
    """Return a part, or None where it is not imported yet and nobody may wait for that."""
    return find(kind, name) if wait or loaded(kind) else None


def needs_of(recipe: Recipe, *, wait: bool = True) -> frozenset[str] | None:
    """Return what the loss of a recipe, or the fitter in its place, needs of the data, such as ``labels``.

    None where that is not known yet. ``wait``: import the parts, and torch with them, if need be.

    Raises
    ------
    UserError: if there is no such part, or something that it needs is not installed.
    """
    if recipe.fitter.name != "none":
        entry = _entry("fitter", recipe.fitter.name, wait=wait)
        if entry is None:
            return None
        return frozenset({"labels"} if getattr(entry.part, "labels_needed", True) else ())
    if recipe.loss.name in FIRST_NEEDS:
        return FIRST_NEEDS[recipe.loss.name]
    entry = _entry("loss", recipe.loss.name, wait=wait)
    if entry is None:
        return None
    needs: frozenset[str] = entry.part.needs_of(recipe.params("loss"))  # type: ignore[attr-defined]
    return needs


def reason_against_encoder(opened: Opened, recipe: Recipe, *, wait: bool = True) -> str:
    """Return why the encoder cannot read the data; empty when it can, or where that is not known yet."""
    if opened.dataset.vectors is None:
        return ""
    name = recipe.encoder.name
    if name != DEFAULT_ENCODER.name:
        entry = _entry("encoder", name, wait=wait)
        if entry is None or not getattr(entry.part, "pictures_only", False):
            return ""
    return f"The encoder {name} reads pictures, and these data are vectors: choose the encoder mlp or linear"


def reason_against_training(opened: Opened, recipe: Recipe, *, wait: bool = True) -> str:
    """Return why the data cannot be trained on by a recipe, in words for the user; empty when they can.

    ``wait``: see ``needs_of``.
    """
    try:
        needs = needs_of(recipe, wait=wait)
        unread = reason_against_encoder(opened, recipe, wait=wait)
    except UserError as error:
        return str(error)
    unlabelled = not opened.dataset.labelled
    if needs is None and unlabelled:
        return "The parts of the recipe are still being loaded"
    return (
        unread
        or _against_labels(opened, recipe, needs if needs is not None else frozenset({"labels"}), unlabelled)
        or ("" if opened.split is not None else opened.problem)
        or _against_items(opened, needs is None or "labels" in needs)
    )


def _against_labels(opened: Opened, recipe: Recipe, needs: frozenset[str], unlabelled: bool) -> str:
    from explorer.data.labelling import has_label_sets

    part = f"the loss {recipe.loss.name}" if recipe.fitter.name == "none" else f"the fitter {recipe.fitter.name}"
    if "labels" in needs and unlabelled:
        pictures = "put each class in a folder of its own, or train without: the loss vicreg, or nt_xent with two views"
        vectors = "put labels beside them, or train without: the loss nt_xent with two views, and augment corrupted"
        remedy = pictures if opened.dataset.vectors is None else vectors
        return f"None of the {opened.dataset.noun}s has a class, and {part} needs classes: {remedy}"
    if "label_sets" in needs and not has_label_sets(opened.dataset):
        remedy = "open a table whose label column lists several (data.label_separator), or folders in folders"
        return f"{part[:1].upper()}{part[1:]} compares sets of labels, and these data have one label an item: {remedy}"
    return ""


def _against_items(opened: Opened, by_class: bool) -> str:
    noun, split = opened.dataset.noun, opened.split
    assert split is not None
    if not by_class:
        return "" if len(split.train) > 1 else f"There are fewer than two {noun}s to train on"
    known = opened.dataset.labels[split.train]
    counts = np.bincount(known + 1)[UNLABELLED + 2 :]  # without a sort: this is asked often, and on the GUI thread
    if int((counts > 0).sum()) < 2:
        return f"There are fewer than two classes to train on: a loss needs {noun}s that differ in class"
    if int(counts.max()) < 2:
        return f"No class has two {noun}s to train on: a loss needs {noun}s that share a class"
    return ""
