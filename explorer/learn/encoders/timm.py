"""Pretrained networks of the package timm."""

from __future__ import annotations

import sys
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

from torch import Tensor, nn

from explorer.core.errors import UserError, printable
from explorer.core.registry import install_line, parameter, register
from explorer.learn.encoders.hub import config_of, folder_of, misfit, read_weights, weights_file, weights_of
from explorer.learn.encoders.pretrained import IMAGENET_MEAN, IMAGENET_STD, Blueprint, Pretrained, PretrainedParams
from explorer.learn.encoders.torchvision_guard import guard_torchvision

OWN = ("model.safetensors", "open_clip_model.safetensors")

NOT_ARGUMENTS = (
    "checkpoint_path",
    "pretrained",
    "pretrained_cfg",
    "pretrained_cfg_overlay",
    "cache_dir",
    "num_classes",
    "in_chans",
    "img_size",
)
"""What a saved model may not say about how it is built: it would make timm open other files."""


def _timm() -> Any:
    """Return the package.

    Raises
    ------
    UserError: if torchvision, without which it cannot be imported, is missing.
    """
    if guard_torchvision() == "absent":
        raise UserError(
            "The package timm needs torchvision, which is not installed",
            remedy=f"Install it with: {install_line('torchvision')}",
        )
    import timm

    return timm


@register("encoder", "timm", title="timm model", reference="Wightman 2019", requires=("timm",))
class Timm(Pretrained):
    """A network of the package timm, such as ResNet, ConvNeXt, EfficientNet, ViT or DINOv2, pretrained or not.

    z = W f(x) + b, or f(x) itself where ``dimension`` is 0; f: the network without its classifier. ``fine-tuned``: f
    learns at ``backbone_rate`` times the learning rate; ``frozen``: only W and b learn, f stays in evaluation mode.
    Grey pictures are repeated to three channels; all are scaled to the model's size (bicubic) and normalised with its
    mean and deviation.
    """

    class Params(PretrainedParams):
        """Parameters of the encoder."""

        model: str = parameter("resnet18.a1_in1k", "Name in timm, owner/name on the hub, or the model's folder")

    def plan(self) -> Blueprint:
        """Return the blueprint of a name that timm knows, or of a saved model."""
        timm, model = _timm(), self.params.model
        name = model.removeprefix("hf-hub:").removeprefix("hf_hub:")
        if "/" not in name and folder_of(name) is None:
            if not timm.is_model(name):
                near = get_close_matches(name.partition(".")[0], timm.list_models(), 3)
                raise UserError(
                    f"timm knows no model {printable(model)!r}",
                    remedy=f"Similar names: {', '.join(near)}" if near else "Its names: timm.list_models()",
                )
            cfg = timm.get_pretrained_cfg(name, allow_unregistered=True)
            facts, arguments = (cfg.to_dict() if cfg else {}), {}
        else:
            config = config_of(name, download=self.params.download)
            facts, arguments = dict(config.get("pretrained_cfg") or config), dict(config.get("model_args") or {})
            name = str(config.get("architecture", ""))
            if not timm.is_model(name.partition(".")[0]):
                raise UserError(
                    f"The folder or repository {printable(model)} holds no model of timm",
                    remedy="Its config.json has to name an architecture; for others try encoder=transformers",
                )
        side = int((facts.get("input_size") or (3, 224, 224))[-1])
        return {
            "architecture": name,
            "arguments": {key: value for key, value in arguments.items() if key not in NOT_ARGUMENTS},
            "fixed": bool(facts.get("fixed_input_size")),
            "size": side,
            "mean": list(facts.get("mean") or IMAGENET_MEAN),
            "std": list(facts.get("std") or IMAGENET_STD),
        }

    def assembled(self, plan: Blueprint) -> nn.Module:
        """Return the network with random weights."""
        arguments = {key: value for key, value in plan["arguments"].items() if key not in NOT_ARGUMENTS}
        arguments |= {"pretrained": False, "num_classes": 0, "in_chans": len(plan["mean"])}
        timm, name = _timm(), plan["architecture"]
        if not timm.is_model(name.partition(".")[0]):  # neither a path nor a place on the hub
            raise ValueError("timm does not know it")
        network: nn.Module
        if plan["fixed"]:
            with suppress(TypeError):  # some have a size that is fixed and cannot be told
                network = timm.create_model(name, img_size=plan["size"], **arguments)
                return network
        network = timm.create_model(name, **arguments)
        return network

    def loaded(self, plan: Blueprint) -> nn.Module:
        """Return the network with its weights; those of a classifier are left out."""
        network = self._built(plan)
        tensors = self._tensors()
        adapt = getattr(sys.modules[type(network).__module__], "checkpoint_filter_fn", None)
        if adapt is not None:  # timm's own: old names of weights, other sizes of pictures
            with suppress(RuntimeError, KeyError, ValueError, AttributeError):  # of another model: said below
                tensors = adapt(tensors, network)
        expected = network.state_dict()
        wrong = [key for key, value in expected.items() if key in tensors and tensors[key].shape != value.shape]
        missing = [key for key in expected if key not in tensors]
        if wrong or missing:
            raise misfit(self.params.model, missing, wrong)
        network.load_state_dict({key: tensors[key] for key in expected})
        return network

    def _tensors(self) -> dict[str, Tensor]:
        params = self.params
        if params.weights:
            return read_weights([weights_file(params.weights)])
        place = params.model.removeprefix("hf-hub:").removeprefix("hf_hub:")
        names: tuple[str, ...] = OWN
        if "/" not in place and folder_of(place) is None:
            cfg = _timm().get_pretrained_cfg(place, allow_unregistered=True)
            if cfg is None or not cfg.hf_hub_id:
                raise UserError(
                    f"timm has no weights of {printable(params.model)} in .safetensors",
                    remedy="Give encoder.weights a .safetensors file, or random",
                )
            place = cfg.hf_hub_id
            own = cfg.hf_hub_filename or ""
            names = (own, *OWN) if own.endswith(".safetensors") else OWN
        return read_weights(weights_of(place, download=params.download, names=names))

    def read(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the last features, and what the network would give to its classifier."""
        network: Any = self.backbone
        features: Tensor = network.forward_features(pictures)
        own = network.forward_head(features, pre_logits=True) if self.params.pooling == "auto" else None
        return features, own

    def prefix_tokens(self, tokens: int) -> int:
        """Return the number of class and register tokens."""
        return int(getattr(self.backbone, "num_prefix_tokens", 0))

    def _is_channels_last(self, features: Tensor) -> bool:
        return features.shape[-1] == int(getattr(self.backbone, "num_features", 0)) != features.shape[1]

    def _reads_maps(self, features: Tensor) -> bool:
        return self.params.pooling == "auto" and features.ndim == 4 and not self.channels_last

    def pooled(self, maps: Tensor) -> Tensor:
        """Return the embeddings of the maps."""
        if self.params.pooling != "auto":
            return super().pooled(maps)
        network: Any = self.backbone
        out: Tensor = self.head(network.forward_head(maps, pre_logits=True).flatten(1))
        return out
