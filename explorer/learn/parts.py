"""The parts of a recipe, made from its names and parameters."""

from __future__ import annotations

import torch

from explorer.core.events import Checkpoint
from explorer.core.recipe import Recipe
from explorer.core.registry import create, find
from explorer.learn.distances.base import Distance
from explorer.learn.encoders.base import Encoder
from explorer.learn.losses.base import Loss
from explorer.learn.miners.base import Miner

BLUEPRINT = "encoder.blueprint"
"""The tensor of a checkpoint that says how an encoder from elsewhere is built: the bytes of a JSON text."""


def make_encoder(recipe: Recipe, shape: tuple[int, int, int], saved: Checkpoint | None = None) -> Encoder:
    """Return an encoder with the first weights of a recipe's seed, channels last in memory.

    ``saved``: its weights will be loaded from there, and what it is built from is read there too.
    """
    name, context = recipe.encoder.name, {}
    if saved is not None and find("encoder", name).part.from_files and BLUEPRINT in saved.tensors:
        context["blueprint"] = bytes(saved.tensors[BLUEPRINT].astype("uint8")).decode("utf-8", "replace")
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(recipe.seed)
        encoder: Encoder = create("encoder", name, recipe.encoder.params, shape=shape, **context)
    return encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def make_distance(recipe: Recipe, dimension: int) -> Distance:
    """Return the distance of a recipe, between embeddings of length ``dimension``."""
    distance: Distance = create("distance", recipe.distance.name, recipe.distance.params, dimension=dimension)
    return distance


def make_miner(recipe: Recipe) -> Miner:
    """Return the miner of a recipe."""
    miner: Miner = create("miner", recipe.miner.name, recipe.miner.params)
    return miner


def needs_of(recipe: Recipe) -> frozenset[str]:
    """Return what the loss of a recipe needs of a batch, see ``Loss``."""
    part: type[Loss] = find("loss", recipe.loss.name).part
    return part.needs_of(recipe.params("loss"))
