"""A network that somebody's own script trains: a copy of it embeds the items beside the training, and batches count."""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import Subset, TensorDataset

from explorer.core.errors import UserError, printable
from explorer.core.recipe import Part
from explorer.core.registry import create
from explorer.core.types import FloatArray, IntArray, TripletCensus
from explorer.core.words import several
from explorer.learn.batch import Batch
from explorer.learn.distances.base import Distance
from explorer.learn.embedding_health import embedding_health

CHUNK = 256
"""Items that are embedded at once."""

MakeBatch = Callable[[IntArray], Tensor]
"""Returns what the network reads of some items, given their numbers (M,)."""

Weights = list[Tensor]


class GivenItems(NamedTuple):
    """What a data set of torch holds: ``inputs`` (N, …) as a network reads them, ``labels`` (N,), names of classes."""

    inputs: Tensor
    labels: IntArray
    class_names: tuple[str, ...]


class BatchMeasures(NamedTuple):
    """What a batch shows: see ``TripletCensus`` and ``embedding_health``."""

    census: TripletCensus
    spread: float
    rank: float
    positive: float
    negative: float


def read_items(data: Any, most: int) -> GivenItems:
    """Read a map-style data set of torch, or a pair of inputs and labels, once; of more than ``most`` some, evenly.

    Raises
    ------
    UserError: if its items are no tensors of one shape with a label each.
    """
    try:
        if isinstance(data, tuple | list) and len(data) == 2:
            data = TensorDataset(*(torch.as_tensor(part) for part in data))
        count = len(data)
        rows = torch.from_numpy(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
        if isinstance(data, TensorDataset) and len(data.tensors) == 2:
            inputs, labels = (part[rows] for part in data.tensors)
        else:
            pairs = [data[row] for row in rows.tolist()]
            inputs = torch.stack([torch.as_tensor(pair[0]) for pair in pairs])
            labels = torch.as_tensor([int(pair[1]) for pair in pairs])
        of = labels.cpu().numpy().astype(np.int64).reshape(len(rows))
        return GivenItems(inputs.detach().cpu(), of, _names(data))
    except (TypeError, ValueError, RuntimeError, IndexError, AssertionError) as error:
        raise UserError(
            f"The items of {printable(type(data).__name__)} cannot be read: {printable(str(error))}",
            remedy="Give a data set whose items are a tensor and a number of the class, or the path of data",
        ) from error


def _names(data: TorchDataset[Any]) -> tuple[str, ...]:
    """Return the names of the classes, as the data sets of torchvision have them; empty where there are none."""
    while isinstance(data, Subset):
        data = data.dataset
    named = getattr(data, "classes", ())
    return tuple(map(str, named)) if isinstance(named, Sequence) and not isinstance(named, str) else ()


def shown_inputs(inputs: Tensor) -> npt.NDArray[Any]:
    """Return inputs as they are shown and kept: pictures (N, H, W) or (N, H, W, 3) uint8, or vectors (N, D) float32.

    Pictures of numbers that are not in 0 to 1 are stretched, all by the same two numbers.

    Raises
    ------
    UserError: if they are neither pictures nor vectors.
    """
    rows = inputs.numpy()
    if rows.ndim == 2:
        return rows.astype(np.float32)
    if rows.ndim == 4 and rows.shape[1] in (1, 3):
        rows = rows[:, 0] if rows.shape[1] == 1 else np.moveaxis(rows, 1, 3)
    if rows.ndim != 3 and not (rows.ndim == 4 and rows.shape[3] == 3):
        raise UserError(
            f"Inputs of shape {tuple(inputs.shape[1:])} are neither pictures nor vectors",
            remedy="Give the path of the data, and prepare= to make of them what the network reads",
        )
    if rows.dtype == np.uint8:
        return np.ascontiguousarray(rows)
    low, high = float(rows.min(initial=0)), float(rows.max(initial=0))
    if low < 0 or high > 1:
        rows = (rows - low) / max(high - low, 1e-12)
    return np.ascontiguousarray(np.clip(rows * 255, 0, 255).round().astype(np.uint8))


def prepared(inputs: npt.NDArray[Any]) -> Tensor:
    """Return inputs (M, H, W, C) as most networks read them: pictures (M, C, H, W) in 0 to 1, vectors (M, D)."""
    rows = torch.from_numpy(np.ascontiguousarray(inputs))
    if rows.dtype == torch.uint8:
        return rows.permute(0, 3, 1, 2).float().div_(255)
    return rows.flatten(1).float()


class WatchedNetwork:
    """Embeds all items by a copy of a network, which is not touched but for its weights.

    Parameters
    ----------
    model: gives (M, D) embeddings. batch: what it reads of some items. count: how many items there are.

    Raises
    ------
    UserError: if the network cannot be copied.
    """

    def __init__(self, model: nn.Module, batch: MakeBatch, count: int, distance: Part) -> None:
        self.model = model
        self.count = count
        self._batch = batch
        self.distance: Distance = create("distance", distance.name, distance.params)
        if self.distance.learned:
            raise UserError(f"The distance {distance.name} learns weights of its own", remedy="Choose euclidean")
        try:
            self._copy = copy.deepcopy(model).eval().requires_grad_(False)
        except (RuntimeError, TypeError, NotImplementedError) as error:
            raise UserError(
                f"{self.name} cannot be copied: {printable(str(error))}",
                remedy="Watch it before its first step, or the part of it that makes the embeddings",
            ) from error

    @property
    def name(self) -> str:
        """What the class of the network is called."""
        return printable(type(self.model).__name__)

    @property
    def parameters(self) -> int:
        """How many weights are trained."""
        return sum(weight.numel() for weight in self.model.parameters() if weight.requires_grad)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return next((tensor.device for tensor in _tensors(self.model)), torch.device("cpu"))

    def weights(self) -> Weights:
        """Return a copy of the weights and buffers as they are now; in the thread that trains."""
        with torch.no_grad():
            return [tensor.detach().clone() for tensor in _tensors(self.model)]

    def gradient(self) -> Tensor | None:
        """Return the length of the gradient, (), of the last step; None where it was cleared."""
        found = [weight.grad for weight in self.model.parameters() if weight.grad is not None]
        return torch.nn.utils.get_total_norm(found) if found else None

    @torch.inference_mode()
    def embed(self, weights: Weights) -> FloatArray:
        """Return all items (N, D) float32 as these weights embed them, in evaluation mode and prepared to be compared.

        Raises
        ------
        UserError: if what comes out is not one row of numbers an item.
        """
        for own, now in zip(_tensors(self._copy), weights, strict=True):
            own.copy_(now)
        device, out = self.device, []
        for first in range(0, self.count, CHUNK):
            rows = np.arange(first, min(first + CHUNK, self.count))
            found = self._copy(self._batch(rows).to(device))
            if not isinstance(found, Tensor) or found.ndim != 2 or len(found) != len(rows):
                wanted = several(len(rows), "item")
                raise UserError(
                    f"{self.name} gives {_described(found)}, and not a row of numbers for each of {wanted}",
                    remedy="Watch the part of it that makes the embeddings",
                )
            out.append(self.distance.prepare(found.float()).cpu())
        embeddings: FloatArray = torch.cat(out).numpy()
        return embeddings

    def measure(self, embeddings: Tensor, labels: Tensor, margin: float) -> BatchMeasures:
        """Return what a batch (B, D) with labels (B,) shows."""
        with torch.no_grad():
            batch = Batch(embeddings.float().cpu(), labels.cpu().long(), self.distance)
            census = TripletCensus(margin, *batch.triplets.census(margin).tolist())
            return BatchMeasures(census, *embedding_health(batch).tolist())


def batch_of(embeddings: Any, labels: Any) -> tuple[Tensor, Tensor]:
    """Return embeddings (B, D) and labels (B,) of a step without their gradient, as they were given.

    Raises
    ------
    UserError: if they are something else.
    """
    rows, of = torch.as_tensor(embeddings).detach(), torch.as_tensor(labels).detach()
    if rows.ndim != 2 or of.shape != rows.shape[:1]:
        raise UserError(
            f"Embeddings of shape {tuple(rows.shape)} and labels of shape {tuple(of.shape)} are no batch",
            remedy="Give embeddings (B, D) and one label for each, (B,)",
        )
    return rows, of


def number(value: object) -> float:
    """Return a loss or a norm as a number; of a tensor this waits for its device."""
    if value is None:
        return math.nan
    return float(value.detach()) if isinstance(value, Tensor) else float(value)  # type: ignore[arg-type]


def lasting(value: object) -> object:
    """Return a loss without the graph that it came from, still on its device."""
    return value.detach() if isinstance(value, Tensor) else value


def threads_in_use() -> int:
    """Return how many threads torch computes with."""
    return torch.get_num_threads()


def compute_alone() -> None:
    """Let torch compute with one thread in the thread that calls this, and as before in all others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # of this thread, and of those that are begun from now on:
    others = threading.Thread(target=torch.set_num_threads, args=(before,))
    others.start()
    others.join()


def _tensors(model: nn.Module) -> list[Tensor]:
    return list(chain(model.parameters(), model.buffers()))


def _described(found: object) -> str:
    return f"a tensor of shape {tuple(found.shape)}" if isinstance(found, Tensor) else printable(type(found).__name__)
