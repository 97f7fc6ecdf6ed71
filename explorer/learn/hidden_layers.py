"""What a hidden layer of an encoder gives, pooled to one row an item, for losses that judge it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from torch import Tensor, nn

from explorer.core.errors import UserError, suggestion

CHANNELS_FIRST = (nn.Conv1d, nn.BatchNorm1d, nn.MaxPool1d)
"""Layers whose (B, C, L) have the channels before the places; any other gives (B, places, C)."""

MOST_NAMED = 40
"""Names of layers that a sentence lists, at most."""


def names_of(encoder: nn.Module) -> list[str]:
    """Return the names of the layers of an encoder, as it lists them."""
    return [name for name, _ in encoder.named_modules() if name]


def check_layer(encoder: nn.Module, name: str) -> None:
    """Check that an encoder has a hidden layer of that name; an empty one is what its last layer reads.

    Raises
    ------
    UserError: if it has none; those there are are named.
    """
    names = names_of(encoder)
    if name and name not in names:
        some = ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
        remedy = suggestion(name, names, f"Set loss.layer to one of: {some}")
        raise UserError(f"The encoder has no layer {name!r}", remedy=remedy)
    if not name and len(_with_weights(encoder)) < 2:
        raise UserError(
            "The encoder has one layer, and so none that is hidden", remedy="Choose another encoder or loss"
        )


def _with_weights(encoder: nn.Module) -> list[nn.Module]:
    """Return the layers of an encoder that multiply by weights, as it lists them."""
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
    return [module for module in encoder.modules() if isinstance(module, kinds)]


def pooled(module: nn.Module, found: Any) -> Tensor:
    """Return what a layer gives as (B, C) float32: the mean over all places of (B, C, …), or of (B, places, C).

    Raises
    ------
    UserError: if it is no tensor of numbers, rows first.
    """
    if not isinstance(found, Tensor) or found.ndim < 2 or not found.is_floating_point():
        raise UserError("The hidden layer gives no rows of numbers", remedy="Choose another in loss.layer")
    if found.ndim == 2:
        return found.float().clone()  # a layer after it may write into it
    if found.ndim == 3 and not any(isinstance(part, CHANNELS_FIRST) for part in module.modules()):
        return found.float().mean(dim=1)
    return found.float().flatten(2).mean(dim=2)


@contextmanager
def listening(encoder: nn.Module, names: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """Lend a dictionary in which, after the encoder was called, there is what each of its hidden layers gave."""
    heard: dict[str, Tensor] = {}

    def after(name: str, module: nn.Module, _given: Any, found: Any) -> None:
        heard[name] = pooled(module, found)

    def before(name: str, module: nn.Module, given: Any) -> None:
        heard[name] = pooled(module, given[0])

    handles = []
    for name in names:
        if name:
            handles.append(encoder.get_submodule(name).register_forward_hook(partial(after, name)))
        else:
            handles.append(_with_weights(encoder)[-1].register_forward_pre_hook(partial(before, name)))
    try:
        yield heard
    finally:
        for handle in handles:
            handle.remove()


def rows_of(heard: dict[str, Tensor], names: Sequence[str], count: int) -> tuple[Tensor, ...]:
    """Return what was heard of hidden layers, in the order of their names, (count, C) each.

    Raises
    ------
    UserError: if one was not called, or gives more or fewer rows than there are items.
    """
    for name in names:
        if name not in heard or len(heard[name]) != count:
            what = f"The layer {name!r} of the encoder" if name else "The last layer of the encoder"
            raise UserError(f"{what} has no row for each item", remedy="Choose another in loss.layer")
    return tuple(heard[name] for name in names)
