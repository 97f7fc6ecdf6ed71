"""Encoders as evaluation passes use them: batch normalisation folded into the layer before, few items at a time.

In evaluation mode a batch normalisation is a scale and an offset a channel, y = s x + t, s = γ / √(σ² + ε) and
t = β − s μ. What comes from a convolution or a linear layer takes them into its weights (Jacob et al. 2018), also where
the largest of some places is taken in between, as long as no scale is negative: max(s x) = s max(x) for s ≥ 0.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import torch
from torch import Tensor, nn

from explorer.core.types import IntArray
from explorer.learn.device import evaluation_precision
from explorer.learn.device_data import DeviceData
from explorer.learn.encoders.base import Encoder
from explorer.learn.parts_of_others import embedded

Layer = nn.Conv1d | nn.Conv2d | nn.Linear
Norm = nn.BatchNorm1d | nn.BatchNorm2d
POOLS = (nn.MaxPool1d, nn.MaxPool2d)

NORM_OF = "_norm"
"""The normalisation of a layer ``name`` that does not stand in a row of layers is called ``name_norm``."""

PIXELS_AT_ONCE, FEWEST_AT_ONCE = 2**17, 16
"""Of the inputs embedded together on the CPU: more of them, and what is between two layers leaves the caches."""


class LargestOfFour(nn.Module):
    """What ``MaxPool2d(2)`` gives, in a quarter of the time: that one notes for a gradient where the largest was."""

    def forward(self, maps: Tensor) -> Tensor:
        """Return (B, C, H // 2, W // 2) of maps (B, C, H, W)."""
        height, width = maps.shape[2] // 2 * 2, maps.shape[3] // 2 * 2
        rows = torch.maximum(maps[:, :, 0:height:2, :width], maps[:, :, 1:height:2, :width])
        return torch.maximum(rows[..., 0::2], rows[..., 1::2])


class Evaluating:
    """An encoder as evaluation passes use it. What was folded holds until it is said that the weights ``changed``."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._own = not any(getattr(module, "from_files", False) for module in encoder.modules())
        self._folded: Encoder | None = None

    def changed(self) -> None:
        """Fold anew before the next pass."""
        self._folded = None

    @contextmanager
    def ready(self, device: torch.device) -> Iterator[Encoder]:
        """Lend an encoder in evaluation mode, on ``device``, that embeds as this one does then.

        Where nothing can be folded, on CUDA, and of what was built from files elsewhere, which may be large and would
        be there twice, it is the encoder itself; its mode is put back.
        """
        if device.type == "cpu" and self._own and self._folded is None:
            self._folded = folded(self._encoder)
        if self._folded is not None:
            yield self._folded
            return
        training = self._encoder.training
        self._encoder.eval()
        try:
            yield self._encoder
        finally:
            self._encoder.train(training)


def embed_evaluated(encoder: nn.Module, pictures: DeviceData, items: IntArray, precision: str) -> Tensor:
    """Return the embeddings (M, D) float32, not prepared, of items (M,) by an encoder in evaluation mode.

    ``precision``: of the run, see ``evaluation_precision``. For use in ``torch.inference_mode``.
    """
    with evaluation_precision(pictures.device, precision):
        if pictures.device.type != "cpu":
            return embedded(encoder, pictures.batch(items))
        rows = max(PIXELS_AT_ONCE // (pictures.shape[0] * pictures.shape[1]), FEWEST_AT_ONCE)
        firsts = range(0, max(len(items), 1), rows)
        parts = [embedded(encoder, pictures.batch(items[first : first + rows])) for first in firsts]
    return torch.cat(parts) if len(parts) > 1 else parts[0]


@torch.no_grad()
def folded(encoder: Encoder) -> Encoder | None:
    """Return a copy of an encoder in evaluation mode without those normalisations that its layers can take in.

    None where there are none. Its parameters are for embedding only, and it has no state to be saved.
    """
    if not any(_foldable(module) for module in encoder.modules()):
        return None
    made = copy.deepcopy(encoder).eval()
    for module in made.modules():
        for layer, norm in _foldable(module):
            _fold(*_pair(module, layer, norm))
            setattr(module, norm, nn.Identity())
    for module in list(made.modules()):
        for name, child in list(module.named_children()):
            if _of_four(child):
                setattr(module, name, LargestOfFour())
    return made


def _of_four(module: nn.Module) -> bool:
    """Return whether a module takes the largest of every two by two places, as most do that pool."""
    if not isinstance(module, nn.MaxPool2d) or module.return_indices or module.ceil_mode:
        return False
    sides = (module.kernel_size, module.stride, module.padding, module.dilation)
    return sides in ((2, 2, 0, 1), ((2, 2), (2, 2), 0, 1), ((2, 2), (2, 2), (0, 0), (1, 1)))


def _foldable(module: nn.Module) -> list[tuple[str, str]]:
    """Return the names of layers and the normalisations that follow on them within a module."""
    names = [name for name, _ in module.named_children()]
    if not isinstance(module, nn.Sequential):
        pairs = [(name, name + NORM_OF) for name in names if name + NORM_OF in names]
        return [(layer, norm) for layer, norm in pairs if _fits(module, layer, norm)]
    found = [(layer, norm) for layer, norm in pairwise(names) if _fits(module, layer, norm)]
    for layer, pool, norm in zip(names, names[1:], names[2:], strict=False):
        if isinstance(getattr(module, pool), POOLS) and _fits(module, layer, norm):
            _, between = _pair(module, layer, norm)
            if bool((_scale(between) >= 0).all()):
                found.append((layer, norm))
    return found


def _fits(module: nn.Module, layer: str, norm: str) -> bool:
    after = getattr(module, norm)
    return isinstance(getattr(module, layer), Layer) and isinstance(after, Norm) and after.running_var is not None


def _pair(module: nn.Module, layer: str, norm: str) -> tuple[Layer, Norm]:
    found, after = getattr(module, layer), getattr(module, norm)
    assert isinstance(found, Layer)
    assert isinstance(after, Norm)
    return found, after


def _scale(norm: Norm) -> Tensor:
    """Return (C,) float64: by what a normalisation multiplies each channel."""
    assert norm.running_var is not None
    scale: Tensor = 1 / (norm.running_var.double() + norm.eps).sqrt()
    return scale * norm.weight.double() if norm.affine else scale


def _fold(layer: Layer, norm: Norm) -> None:
    """Let a layer do what a normalisation would do to its output."""
    assert norm.running_mean is not None
    scale = _scale(norm)
    offset = -norm.running_mean.double() * scale
    if norm.affine:
        offset = offset + norm.bias.double()
    if layer.bias is not None:
        offset = offset + layer.bias.double() * scale
    weight = layer.weight.double() * scale.view(-1, *[1] * (layer.weight.ndim - 1))
    layer.weight = nn.Parameter(weight.float(), requires_grad=False)
    layer.bias = nn.Parameter(offset.float(), requires_grad=False)
