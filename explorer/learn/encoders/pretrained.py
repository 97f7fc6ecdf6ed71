"""What encoders have in common whose architecture and weights come from elsewhere."""

from __future__ import annotations

import json
import math
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.core.errors import UserError, printable
from explorer.core.plain_json import parse_json
from explorer.core.registry import Parameters, parameter
from explorer.learn.encoders.base import Encoder
from explorer.learn.encoders.hub import contained

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

FAULTS = (RuntimeError, ValueError, TypeError, AssertionError, AttributeError, KeyError, IndexError, ImportError)
"""What other people's models raise where they are asked for what they cannot do."""

LARGEST = 1024

SAME = 1e-3
"""Two embeddings of a picture may differ by so much of their largest number, for the rounding of other machines."""

Blueprint = dict[str, Any]
"""All that is needed to build a network again without its files, as JSON: ``size``, ``mean``, ``std`` and its own.

``flip``, where it is there and true: the model wants blue first and red last.
"""


class PretrainedParams(Parameters):
    """Parameters of an encoder that was trained elsewhere."""

    model: str = parameter("", "Name of the model, or the folder that holds it")
    weights: str = parameter("", "A .safetensors file, or random; empty: those of the model's folder or the hub cache")
    mode: str = parameter("fine-tuned", "Train it further, or leave it as it is", choices=("fine-tuned", "frozen"))
    dimension: int = parameter(
        0, "Length of an embedding, by a linear layer at the end", minimum=0, maximum=4096, zero="the model's"
    )
    pooling: str = parameter(
        "auto",
        "Its own embedding, its class token, or the mean of its patches",
        choices=("auto", "cls", "mean"),
    )
    size: int = parameter(0, "Pictures are scaled to this side", minimum=0, maximum=LARGEST, zero="the model's")
    backbone_rate: float = parameter(
        0.02,
        "Learning rate of the model, as a share of the optimiser's",
        minimum=1e-5,
        maximum=10.0,
        logarithmic=True,
        advanced=True,
    )
    download: bool = parameter(False, "Fetch the model from the hub where it is not in the cache", advanced=True)


class Pretrained(Encoder):
    """A network from elsewhere, with a linear layer at its end where ``dimension`` asks for one.

    Subclasses say how it is found (``plan``), built (``assembled``, ``loaded``) and read (``read``). Its architecture
    is a buffer, the JSON text ``blueprint``: whoever has a checkpoint builds the network from it
    (``Encoder(params, shape=, blueprint=text)``) and needs neither the model's folder nor the hub cache.

    Raises
    ------
    UserError: if the model is not known or not there, its weights do not fit, or it draws at random in evaluation.
    """

    reads = frozenset({"pictures"})
    from_files: ClassVar[bool] = True

    blueprint: Tensor

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int], blueprint: str = "") -> None:
        super().__init__(params, shape=shape)
        with contained(download=self.params.download and not blueprint):
            plan = self._parsed(blueprint) if blueprint else {**self.plan(), **self._chosen_size()}
            if blueprint or self.params.weights == "random":
                self.backbone = self._built(plan)
            else:
                self.backbone = self.loaded(plan)
        text = blueprint or json.dumps(plan, sort_keys=True)
        self.register_buffer("blueprint", torch.tensor(list(text.encode("utf-8")), dtype=torch.uint8))
        self.size, self.flip = int(plan["size"]), bool(plan.get("flip"))
        self.register_buffer("mean", torch.tensor(plan["mean"]).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(plan["std"]).view(1, -1, 1, 1))
        self.inputs = self.mean.shape[1]
        self.frozen = self.params.mode == "frozen"
        self.prefix, self.width, self.grid = self._looked_at()
        self.head = nn.Linear(self.width, self.params.dimension) if self.params.dimension else nn.Identity()
        self.backbone.rate_scale = self.params.backbone_rate
        if self.frozen:
            self.backbone.requires_grad_(False)
        self.train()

    def plan(self) -> Blueprint:
        """Return the blueprint of the model that the parameters name."""
        raise NotImplementedError

    def assembled(self, plan: Blueprint) -> nn.Module:
        """Return the network of a blueprint with random weights; it touches no file."""
        raise NotImplementedError

    def loaded(self, plan: Blueprint) -> nn.Module:
        """Return the network of a blueprint with the weights that the parameters name."""
        raise NotImplementedError

    def read(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the last features, (B, T, C) tokens or maps of four axes, and the model's own (B, C') embedding."""
        raise NotImplementedError

    def prefix_tokens(self, tokens: int) -> int:
        """Return how many of the tokens are of no patch."""
        raise NotImplementedError

    def _chosen_size(self) -> Blueprint:
        return {"size": self.params.size} if self.params.size else {}

    def _parsed(self, text: str) -> Blueprint:
        try:
            plan = parse_json(text)
            good = 1 <= int(plan["size"]) <= LARGEST and len(plan["mean"]) == len(plan["std"]) >= 1
            if not good or not all(map(math.isfinite, [*plan["mean"], *plan["std"]])) or min(plan["std"]) <= 0:
                raise ValueError("size, mean or deviation cannot be")
        except (ValueError, KeyError, TypeError) as error:
            raise UserError("The checkpoint does not say how its network is built") from error
        return dict(plan)

    def _built(self, plan: Blueprint) -> nn.Module:
        try:
            return self.assembled(plan)
        except FAULTS as error:
            raise self._cannot("be built", error) from error

    def _cannot(self, what: str, error: Exception) -> UserError:
        reason = printable((str(error).strip() or type(error).__name__).splitlines()[0])
        return UserError(f"The model {printable(self.params.model)} cannot {what}: {reason}")

    @torch.no_grad()
    def _looked_at(self) -> tuple[int, int, int]:
        """Show the network one picture twice; return its prefix tokens, the length of its embedding and its channels.

        Raises
        ------
        UserError: if it cannot read it, has no such token, or does not embed it alike both times.
        """
        self.backbone.eval()
        pooling, side = self.params.pooling, self.size
        try:
            ramp = torch.linspace(-1, 1, self.inputs * side * side).view(1, self.inputs, side, side)
            features, own = self.read(ramp)
            tokens = features.shape[1] if features.ndim == 3 else 0
            prefix = self.prefix_tokens(tokens) if tokens else 0
            self.prefix, self.channels_last = prefix, features.ndim == 4 and self._is_channels_last(features)
            if pooling == "cls" and not prefix:
                raise UserError(
                    f"The model {printable(self.params.model)} has no class token",
                    remedy="Choose encoder.pooling auto or mean",
                )
            summary, again = self._summary(features, own), self._summary(*self.read(ramp))
            width = int(summary.shape[1])
        except FAULTS as error:
            raise self._cannot(f"read pictures of {side} × {side} pixels", error) from error
        if not torch.allclose(summary, again, rtol=0.0, atol=SAME * float(summary.abs().max()), equal_nan=True):
            raise UserError(
                f"The model {printable(self.params.model)} embeds the same picture differently each time",
                remedy="Choose another model: this one draws at random where it is not trained, as if it still were",
            )
        square = math.isqrt(tokens - prefix) ** 2 == tokens - prefix
        mapped = (pooling == "mean" and square) or self._reads_maps(features)
        return prefix, width, int(features.shape[-1 if tokens or self.channels_last else 1]) if mapped else 0

    def _is_channels_last(self, features: Tensor) -> bool:
        return features.shape[1] == features.shape[2] != features.shape[3]

    def _reads_maps(self, features: Tensor) -> bool:
        """Whether the model's own embedding is a function of these features alone, see ``pooled``."""
        return False

    def _summary(self, features: Tensor, own: Tensor | None) -> Tensor:
        """Return what ``pooling`` asks for, (B, C)."""
        pooling = self.params.pooling
        if pooling == "auto" and own is not None:
            return own.flatten(1)
        if features.ndim == 4:
            return features.mean(dim=(1, 2) if self.channels_last else (2, 3))
        if pooling == "mean" or not self.prefix:
            return features[:, self.prefix :].mean(dim=1)
        return features[:, 0]

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return int(self.params.dimension or self.width)

    @property
    def channels(self) -> int:
        """Channels of the last maps, or of the patches where these are averaged; 0 where another embedding is read."""
        return self.grid

    def train(self, mode: bool = True) -> Pretrained:
        """Set the mode; a frozen model stays in evaluation."""
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self

    def observe(self, pictures: Tensor) -> None:
        """Keep mean and deviation: the model brings those it was trained with."""

    def prepared(self, pictures: Tensor) -> Tensor:
        """Return pictures as the model knows them: its channels and their order, its size, its mean and deviation."""
        if pictures.shape[1] != self.inputs:
            pictures = pictures.mean(dim=1, keepdim=True).expand(-1, self.inputs, -1, -1)
        if pictures.shape[2:] != (self.size, self.size):
            pictures = F.interpolate(pictures, (self.size, self.size), mode="bicubic", antialias=True).clamp(0, 1)
        return self.normalised(pictures.flip(1) if self.flip else pictures)

    def maps(self, pictures: Tensor) -> Tensor:
        """Return the last maps, or the patches in their places."""
        features, _ = self.read(self.prepared(pictures))
        if features.ndim == 4:
            return features.permute(0, 3, 1, 2) if self.channels_last else features
        patches: Tensor = features[:, self.prefix :].transpose(1, 2)
        side = math.isqrt(patches.shape[2])
        return patches.reshape(*patches.shape[:2], side, side)

    def pooled(self, maps: Tensor) -> Tensor:
        """Return the embeddings of the maps."""
        out: Tensor = self.head(maps.mean(dim=(2, 3)))
        return out

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of (B, C, H, W) pictures."""
        out: Tensor = self.head(self._summary(*self.read(self.prepared(pictures))))
        return out
