"""Embedding pictures with the weights of a checkpoint."""

from __future__ import annotations

import hashlib
from functools import cached_property

import numpy as np
import torch

from explorer.core.events import Checkpoint
from explorer.core.recipe import Recipe
from explorer.core.types import ByteArray, FloatArray, IntArray
from explorer.learn.checkpoints import load_module, of_modules
from explorer.learn.device import choose_device
from explorer.learn.device_data import DeviceData
from explorer.learn.distances.base import Distance
from explorer.learn.folded_encoder import Evaluating, embed_evaluated
from explorer.learn.parts import make_distance, make_encoder, observe


class Embedder:
    """Embeds pictures as a run would in its evaluation passes.

    Parameters
    ----------
    recipe: of the run. shape: (H, W, C) of its pictures. checkpoint: its weights.
    threads: of torch on the CPU; None leaves them as they are.

    Raises
    ------
    UserError: if the checkpoint is not of this recipe and shape.
    """

    def __init__(
        self,
        recipe: Recipe,
        shape: tuple[int, int, int],
        checkpoint: Checkpoint,
        *,
        device: str = "cpu",
        threads: int | None = None,
    ) -> None:
        if threads is not None:
            torch.set_num_threads(max(1, threads))
        self.device = choose_device(device)
        self.precision = recipe.precision
        self.encoder = make_encoder(recipe, shape, checkpoint)
        load_module(self.encoder, "encoder", checkpoint)
        self.encoder.to(self.device).eval()
        self._evaluating = Evaluating(self.encoder)
        self.distance = make_distance(recipe, self.encoder.dimension)
        load_module(self.distance, "distance", checkpoint)
        self.distance.to(self.device).eval()

    @classmethod
    def before_training(
        cls, recipe: Recipe, pixels: ByteArray | FloatArray, items: IntArray, *, device: str = "cpu"
    ) -> Embedder:
        """Return the network that a recipe begins with, once it has looked at ``items`` of ``pixels`` (N, H, W, C).

        Raises
        ------
        UserError: if it is built from files that are not there.
        """
        height, width, channels = pixels.shape[1:]
        encoder = make_encoder(recipe, (height, width, channels))
        observe(encoder, pixels, items)
        first = of_modules({"encoder": encoder, "distance": make_distance(recipe, encoder.dimension)})
        return cls(recipe, (height, width, channels), first, device=device)

    @property
    def lift(self) -> str:
        """The name of the distance that the embeddings are compared by."""
        return self.distance.lift

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its weights and buffers: equal weights embed alike."""
        found = hashlib.sha256()
        for module in (self.encoder, self.distance):
            for name, tensor in sorted(module.state_dict().items()):
                found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
                found.update(tensor.cpu().contiguous().numpy().tobytes())
        return found.hexdigest()

    def embed(self, pixels: ByteArray | FloatArray, *, chunk: int = 256) -> FloatArray:
        """Return (M, D) prepared embeddings of (M, H, W, C) uint8 pictures, or (M, 1, 1, D) float32 vectors."""
        return embedded(pixels, self._evaluating, self.distance, self.device, self.precision, chunk=chunk)


@torch.inference_mode()
def embedded(
    pixels: ByteArray | FloatArray,
    encoder: Evaluating,
    distance: Distance,
    device: torch.device,
    precision: str,
    *,
    chunk: int = 256,
) -> FloatArray:
    """Return (M, D) prepared embeddings of inputs (M, H, W, C) by an encoder as it is in evaluation mode."""
    pictures = DeviceData(pixels, device)
    with encoder.ready(device) as ready:
        out = np.empty((len(pixels), ready.dimension), dtype=np.float32)
        for first in range(0, len(pixels), chunk):
            rows = np.arange(first, min(first + chunk, len(pixels)))
            out[rows] = distance.prepare(embed_evaluated(ready, pictures, rows, precision)).cpu().numpy()
    return out
