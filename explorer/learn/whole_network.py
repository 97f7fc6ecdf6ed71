"""Encoder and distance of a run in one module, from the inputs of the data to embeddings as they are compared."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from explorer.learn.distances.base import Distance
from explorer.learn.distances.cosine import Cosine
from explorer.learn.distances.dot import Dot
from explorer.learn.distances.euclidean import Euclidean
from explorer.learn.distances.squared_euclidean import SquaredEuclidean
from explorer.learn.encoders.base import Encoder
from explorer.learn.encoders.cnn import CNN
from explorer.learn.encoders.linear import Linear
from explorer.learn.encoders.mlp import MLP

_ARGUMENTS: dict[type[nn.Module], tuple[str, ...]] = {
    nn.Conv2d: ("in_channels", "out_channels", "kernel_size", "stride", "padding"),
    nn.MaxPool2d: ("kernel_size", "stride"),
    nn.BatchNorm2d: ("num_features", "eps"),
    nn.BatchNorm1d: ("num_features", "eps"),
    nn.Linear: ("in_features", "out_features"),
    nn.AdaptiveAvgPool2d: ("output_size",),
    nn.Flatten: (),
    nn.ReLU: (),
}


class WholeNetwork(nn.Module):
    """(N, H, W, C) inputs to (N, D) prepared embeddings; ``bytes``: inputs are uint8 and taken as 0 to 1."""

    def __init__(self, encoder: Encoder, distance: Distance, *, bytes: bool) -> None:
        super().__init__()
        self.encoder, self.distance, self.bytes = encoder, distance, bytes

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the embeddings as the run keeps them."""
        pictures = inputs.permute(0, 3, 1, 2)
        if self.bytes:
            pictures = pictures.float() * (1 / 255)
        return self.distance.prepare(self.encoder(pictures).float())


def plain_layers(encoder: Encoder, distance: Distance) -> list[dict[str, Any]]:
    """Return the layers of an encoder that is a plain row of PyTorch's, by name in the encoder, type and arguments.

    Empty where it is something else, or where the distance does more to embeddings than bring them to unit length.
    """
    if not isinstance(distance, Cosine | Euclidean | SquaredEuclidean | Dot):
        return []
    flat = {"name": "", "type": "Flatten", "arguments": {}}
    if isinstance(encoder, CNN):
        return [*_row("blocks", encoder.blocks), *_row("head", encoder.head)]
    if isinstance(encoder, MLP):
        return [flat, *_row("layers", encoder.layers)]
    return [flat, *_row("map", encoder.map)] if isinstance(encoder, Linear) else []


def of_unit_length(distance: Distance) -> bool:
    """Return whether a distance of ``plain_layers`` brings embeddings to unit length."""
    return isinstance(distance, Cosine) or bool(getattr(distance.params, "normalise", False))


def _row(name: str, module: nn.Module) -> list[dict[str, Any]]:
    if isinstance(module, nn.Sequential):
        return [layer for key, child in module.named_children() for layer in _row(f"{name}.{key}", child)]
    kind = next(kind for kind in type(module).__mro__ if kind in _ARGUMENTS)  # of PyTorch's, where it is one of ours
    arguments = {argument: getattr(module, argument) for argument in _ARGUMENTS[kind]}
    if isinstance(module, nn.Conv2d | nn.Linear):
        arguments["bias"] = module.bias is not None
    return [{"name": name, "type": kind.__name__, "arguments": arguments}]
