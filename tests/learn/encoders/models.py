"""Tiny models with random weights, as timm and transformers save them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from explorer.core.registry import Scalar, create
from explorer.learn.encoders.base import Encoder
from explorer.learn.encoders.hub import contained
from explorer.learn.encoders.torchvision_guard import guard_torchvision

TINY = str(Path(__file__).parent / "tiny_dinov2")
TINY_TEXT = str(Path(__file__).parent / "tiny_bert")

SETTINGS: dict[str, dict[str, Scalar]] = {
    "timm": {"model": "test_resnet", "weights": "random", "size": 32},
    "transformers": {"model": TINY, "weights": "random"},
    "sentence": {"model": TINY_TEXT, "weights": "random"},
}
"""What the encoders that need a model are given where every encoder is tested."""

TIMM = ("test_vit", "test_resnet", "test_convnext")

SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "image_size": 28,
    "patch_size": 7,
}

TRANSFORMERS: dict[str, dict[str, Any]] = {
    "dinov2": {"model_type": "dinov2", **{k: v for k, v in SMALL.items() if k != "intermediate_size"}, "mlp_ratio": 2},
    "vit": {"model_type": "vit", **SMALL},
    "vit_mae": {"model_type": "vit_mae", **SMALL, "mask_ratio": 0.75},
    "convnext": {"model_type": "convnext", "hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1], "image_size": 64},
    "clip_vision": {"model_type": "clip_vision_model", **SMALL},
    "clip": {
        "model_type": "clip",
        "vision_config": SMALL,
        "text_config": {**SMALL, "vocab_size": 50, "bos_token_id": 0, "eos_token_id": 1, "projection_dim": 16},
        "projection_dim": 16,
    },
}


def encoder(name: str, shape: tuple[int, int, int] = (20, 20, 1), /, **params: Scalar) -> Encoder:
    made: Encoder = create("encoder", name, params, shape=shape)
    return made


def saved_timm(folder: Path, architecture: str, seed: int = 0, **arguments: Any) -> nn.Module:
    """Save a model as timm does; return it in evaluation mode."""
    guard_torchvision()
    with contained(download=False):
        import timm

        torch.manual_seed(seed)
        network: nn.Module = timm.create_model(architecture, pretrained=False, **arguments)
    config = {
        "architecture": architecture,
        "model_args": arguments,
        "pretrained_cfg": {
            "input_size": [3, 64, 64],
            "fixed_input_size": architecture == "test_vit",
            "mean": [0.4, 0.5, 0.6],
            "std": [0.2, 0.3, 0.4],
            "classifier": "head",
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    save_file(network.state_dict(), folder / "model.safetensors")
    return network.eval()


def saved_transformers(folder: Path, kind: str, seed: int = 0, **more: Any) -> nn.Module:
    """Save a model as transformers does, ``more`` in the file of its preprocessor; return it in evaluation mode."""
    guard_torchvision()
    with contained(download=False):
        import transformers

        torch.manual_seed(seed)
        table = dict(TRANSFORMERS[kind])
        config = transformers.AutoConfig.for_model(table.pop("model_type"), **table)
        network: nn.Module = transformers.AutoModel.from_config(config)
        network.save_pretrained(folder)  # type: ignore[operator]
    side = table.get("image_size", 28)
    facts = {"image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.3, 0.4], "size": {"height": side, "width": side}}
    facts |= more
    (folder / "preprocessor_config.json").write_text(json.dumps(facts))
    return network.eval()


def in_cache(cache: Path, repository: str, folder: Path) -> None:
    """Lay a saved model where the hub cache would hold it."""
    home = cache / f"models--{repository.replace('/', '--')}"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text("a" * 40)
    (home / "snapshots").mkdir()
    folder.rename(home / "snapshots" / ("a" * 40))
