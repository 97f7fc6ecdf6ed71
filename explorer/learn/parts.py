"""The parts of a recipe, made from its names and parameters."""

from __future__ import annotations

import numpy as np
import torch

from explorer.core.errors import UserError
from explorer.core.events import Checkpoint
from explorer.core.recipe import Recipe
from explorer.core.registry import create, find
from explorer.core.types import ByteArray, FloatArray, IntArray
from explorer.data.modalities.base import modality_named
from explorer.learn.augments.base import Augment
from explorer.learn.device_data import DeviceData
from explorer.learn.distances.base import Distance
from explorer.learn.encoders.base import Encoder
from explorer.learn.linear.base import Fitter
from explorer.learn.linear.fitted import Fitted
from explorer.learn.losses.base import Loss
from explorer.learn.miners.base import Miner
from explorer.learn.parts_of_others import check_distance, made
from explorer.learn.seeding import seeded

OBSERVED = 4096
"""How many training pictures the mean and the deviation of the pixels are measured on."""

AUTO = "auto"
"""The augmentation that is chosen from the data."""

BLUEPRINTS = ("encoder.blueprint", "encoder.features.blueprint")
"""The tensors of a checkpoint that say how an encoder from elsewhere is built, by itself or under a fitted map: the
bytes of a JSON text."""


def make_encoder(recipe: Recipe, shape: tuple[int, int, int], saved: Checkpoint | None = None) -> Encoder:
    """Return an encoder with the first weights of a recipe's seed, channels last in memory.

    With a fitter, that is the encoder as it stays and the linear map that is fitted to its output.
    ``saved``: its weights will be loaded from there, and what it is built from is read there too.
    """
    name, context = recipe.encoder.name, {}
    if saved is not None and _from_files(name):
        for key in set(BLUEPRINTS) & set(saved.tensors):
            context["blueprint"] = bytes(saved.tensors[key].astype("uint8")).decode("utf-8", "replace")
    elif saved is not None:
        _check_size(recipe, shape, saved)
    with seeded(recipe.seed):
        encoder = made("encoder", Encoder, name, recipe.encoder.params, shape=shape, **context)
        fitter = made("fitter", Fitter, recipe.fitter.name, recipe.fitter.params)
        if not fitter.steps:
            encoder = Fitted(encoder, fitter)
    return encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _check_size(recipe: Recipe, shape: tuple[int, int, int], saved: Checkpoint) -> None:
    """Refuse an encoder that has more weights than were saved, before there is memory for them: a run may claim any.

    Raises
    ------
    UserError: if it has.
    """
    with seeded(recipe.seed), torch.device("meta"):
        outline: Encoder = create("encoder", recipe.encoder.name, recipe.encoder.params, shape=shape)
    needed = sum(weight.numel() for weight in outline.parameters())
    there = sum(tensor.size for name, tensor in saved.tensors.items() if name.startswith("encoder."))
    if needed > there:
        raise UserError(
            f"The checkpoint at step {saved.step} is of another encoder: it has {there:,} weights, and "
            f"{recipe.encoder.name} has {needed:,} for items of {' × '.join(map(str, shape))}",
            remedy="Resume with the recipe that it was trained with",
        )


def observe(encoder: Encoder, pixels: ByteArray | FloatArray, items: IntArray) -> None:
    """Let an encoder that is still on the host look at some of the items, evenly spread over them."""
    if not len(items):
        return
    some = items[np.linspace(0, len(items) - 1, min(OBSERVED, len(items))).astype(np.int64)]
    encoder.observe(DeviceData(pixels, torch.device("cpu")).batch(some))


def _from_files(name: str) -> bool:
    part: type[Encoder] = find("encoder", name).part
    return part.from_files


def make_distance(recipe: Recipe, dimension: int) -> Distance:
    """Return the distance of a recipe that holds (``Recipe.part``), between embeddings of length ``dimension``.

    Raises
    ------
    UserError: if its own weights would have to be learned by gradient steps, and a fitter takes none.
    """
    part = recipe.part("distance")
    distance = made("distance", Distance, part.name, part.params, dimension=dimension)
    check_distance(distance, dimension)
    if not by_steps(recipe) and (reason := distance.against_fitter(recipe.fitter.name)):
        raise UserError(reason)
    return distance


def check_length(distance: Distance, dimension: int) -> None:
    """Refuse new embeddings of one number where a distance keeps nothing of it but its sign.

    Raises
    ------
    UserError: if they are so: of unit length, one number is 1 or −1.
    """
    if dimension == 1 and bool((distance.prepare(torch.tensor([[2.0], [3.0]])).diff(dim=0) == 0).all()):
        raise UserError(
            "An embedding of one number is asked for, and the distance compares nothing of it but its sign",
            remedy="Ask for 2 dimensions or more, or leave the length of embeddings as it is (normalise=false)",
        )


def make_miner(recipe: Recipe) -> Miner:
    """Return the miner of a recipe."""
    return made("miner", Miner, recipe.miner.name, recipe.miner.params)


def make_augment(recipe: Recipe, modality: str, shape: tuple[int, int, int], images_per_class: float) -> Augment:
    """Return the augmentation of a recipe; what does not read the modality leaves its items as they are.

    ``auto`` is that of the modality, where it has one of its own.

    Raises
    ------
    UserError: if it does not read the modality and would have to make new classes of its items.
    """
    part, context = recipe.augment, {"shape": shape, "images_per_class": images_per_class}
    augment = made("augment", Augment, part.name, part.params, **context)
    if modality in augment.reads:
        return augment
    if augment.class_factor > 1:
        raise UserError(
            f"The augmentation {part.name} makes new classes of {' or '.join(sorted(augment.reads))}, "
            f"and these data are {modality}",
            remedy="Set augment=none",
        )
    own: Augment = create("augment", modality_named(modality).augment if part.name == AUTO else "none", {}, **context)
    return own


def blank_loss(recipe: Recipe, distance: Distance, *, classes: int, dimension: int) -> Loss:
    """Return the loss of a recipe as it judges, its weights on the meta device: without values, and drawn from nothing.

    Nothing random happens, so that it may be made in any thread while a run trains.
    """
    with torch.device("meta"):
        part = recipe.loss
        loss = made("loss", Loss, part.name, part.params, distance=distance, classes=classes, dimension=dimension)
    return loss.eval()


def by_steps(recipe: Recipe) -> bool:
    """Return whether a recipe is trained by gradient steps, and not by a fitter."""
    part: type[Fitter] = find("fitter", recipe.fitter.name).part
    return part.steps


def needs_of(recipe: Recipe) -> frozenset[str]:
    """Return what the loss of a recipe needs of a batch, see ``Loss``."""
    part: type[Loss] = find("loss", recipe.loss.name).part
    return part.needs_of(recipe.params("loss"))
