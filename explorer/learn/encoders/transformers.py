"""Pretrained vision models of the package transformers."""

from __future__ import annotations

import inspect
import math
from typing import Any

import torch
from torch import Tensor, nn

from explorer.core.errors import UserError, printable
from explorer.core.registry import parameter, register
from explorer.learn.encoders.hub import (
    PREPROCESSOR,
    config_of,
    found,
    misfit,
    read_json,
    read_weights,
    weights_file,
    weights_of,
)
from explorer.learn.encoders.preprocessor import pixels_of, said_by_class
from explorer.learn.encoders.pretrained import Blueprint, Pretrained, PretrainedParams
from explorer.learn.encoders.torchaudio_guard import guard_torchaudio
from explorer.learn.encoders.torchvision_guard import guard_torchvision

UNUSED = ("pooler.", "mask_token")
"""Weights that an embedding does not need: saved models may lack them."""

MASKED = "mask_ratio"
"""The share of patches that a masked autoencoder draws and leaves out, in evaluation too: an embedding needs all."""

NOT_BUILT_BY = (
    "_name_or_path",
    "architectures",
    "auto_map",
    "attn_implementation",
    "dtype",
    "id2label",
    "label2id",
    "quantization_config",
    "torch_dtype",
    "transformers_version",
)
"""What a configuration says that is no part of the architecture, or would run or fetch other things."""


def _transformers() -> Any:
    guard_torchvision()
    guard_torchaudio()
    import transformers

    transformers.utils.logging.disable_progress_bar()
    return transformers


def _portable(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in NOT_BUILT_BY}


@register("encoder", "transformers", reference="Wolf et al. 2020", requires=("transformers",))
class Transformers(Pretrained):
    """A vision model of the package transformers, such as DINOv2, DINOv3, CLIP, SigLIP, ViT or ConvNeXt.

    z = W f(x) + b, or f(x) itself where ``dimension`` is 0; f: the pooled output of the model, else its class token,
    else the mean of its patches; of models of pictures and text, their vision tower; of masked autoencoders, without
    masking. ``fine-tuned``: f learns at ``backbone_rate`` times the learning rate; ``frozen``: only W and b learn.
    Pixels are scaled, normalised and ordered as its preprocessor says. Part-based losses need ``pooling`` mean.
    """

    class Params(PretrainedParams):
        """Parameters of the encoder."""

        model: str = parameter("facebook/dinov2-small", "owner/name on the hub, or the model's folder")

    def plan(self) -> Blueprint:
        """Return the blueprint of a model of the hub or a folder."""
        params = self.params
        table = config_of(params.model, download=params.download)
        config = _transformers().AutoConfig
        known = str(table.get("model_type", ""))
        try:
            whole = config.for_model(known, **{k: v for k, v in _portable(table).items() if k != "model_type"})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UserError(
                f"transformers cannot build the model {printable(params.model)} of the type {printable(known)!r}",
                remedy="Choose a vision model that it knows; models that bring their own programs are not run",
            ) from error
        vision = getattr(whole, "vision_config", None) or whole
        path = found(params.model, PREPROCESSOR, download=params.download)
        facts = said_by_class(_transformers(), path.parent) | read_json(path) if path is not None else {}
        channels = int(getattr(vision, "num_channels", 3) or 3)
        return {
            "config": _portable(vision.to_dict()),
            "size": _side(facts) or _side({"size": getattr(vision, "image_size", 0)}) or 224,
            **pixels_of(facts, channels, params.model),
        }

    def assembled(self, plan: Blueprint) -> nn.Module:
        """Return the network with random weights."""
        config, package = self._config(plan), _transformers()
        network: nn.Module = package.AutoModel.from_config(config, trust_remote_code=False)
        return _without_pooler(network)

    def loaded(self, plan: Blueprint) -> nn.Module:
        """Return the network with its weights."""
        params = self.params
        own = [] if params.weights else weights_of(params.model, download=params.download)
        files = own or [weights_file(params.weights)]
        tensors, network = read_weights(files), type(self._built(plan))
        try:
            made, told = network.from_pretrained(  # type: ignore[attr-defined]
                None, config=self._config(plan), state_dict=tensors, output_loading_info=True, dtype=torch.float32
            )
        except (RuntimeError, ValueError, KeyError) as error:
            raise misfit(params.model, [], ["a weight"]) from error
        missing = [key for key in told["missing_keys"] if not any(part in key for part in UNUSED)]
        wrong = [str(key) for key in told["mismatched_keys"]]
        if missing or wrong:
            raise misfit(params.model, missing, wrong)
        return _without_pooler(made)

    def _config(self, plan: Blueprint) -> Any:
        table = _portable(plan["config"])
        if MASKED in table:
            table[MASKED] = 0.0
        return _transformers().AutoConfig.for_model(str(table.pop("model_type")), **table)

    def read(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the last hidden state and the pooled output."""
        network: Any = self.backbone
        free = "interpolate_pos_encoding" in inspect.signature(network.forward).parameters
        more: dict[str, Any] = {}
        if free and self.size != network.config.image_size:
            more["interpolate_pos_encoding"] = True
        patch = getattr(network.config, "patch_size", 0)
        if hasattr(network.config, MASKED) and isinstance(patch, int):  # what is kept, all of it, keeps its order
            order = torch.arange((self.size // patch) ** 2, dtype=torch.float32, device=pictures.device)
            more["noise"] = order.expand(len(pictures), -1)
        output = network(pixel_values=pictures, **more)
        return output.last_hidden_state, getattr(output, "pooler_output", None)

    def prefix_tokens(self, tokens: int) -> int:
        """Return the number of class and register tokens."""
        patch: Any = getattr(self.backbone.config, "patch_size", 0)
        patch = patch if isinstance(patch, int) else 0
        return max(tokens - (self.size // patch) ** 2, 0) if patch else tokens - math.isqrt(tokens) ** 2


def _side(facts: dict[str, Any]) -> int:
    """Return the side of the pictures that a preprocessor makes, 0 where it does not say."""
    for key in ("crop_size", "size"):
        value = facts.get(key)
        if isinstance(value, dict):
            value = value.get("height") or value.get("shortest_edge")
        if isinstance(value, int) and value > 0:
            return value
    return 0


def _without_pooler(network: nn.Module) -> nn.Module:
    """Take away a layer that was trained for classifying, where the model has one: its class token is better known."""
    if hasattr(getattr(network, "pooler", None), "dense"):
        network.pooler = None  # type: ignore[assignment]
    return network
