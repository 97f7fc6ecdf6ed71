"""The last known embedding of every item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.core.shared_arrays import shareable
from explorer.core.types import FloatArray, IntArray, frozen


@dataclass(frozen=True, slots=True)
class Memory:
    """What training steps have last made of every training item; saved with the run, so that it can go on exactly.

    ``embeddings`` (N, D) float32, prepared; ``seen`` (N,) bool: has one; ``targets`` (N,) int64: the class of each of
    all N items as the loss knows it, −1 for items that are not trained on. All on the device.
    """

    embeddings: Tensor
    seen: Tensor
    targets: Tensor

    @classmethod
    def empty(cls, targets: Tensor, dimension: int) -> Memory:
        """Return a memory in which nothing is remembered yet."""
        return cls(
            torch.zeros(len(targets), dimension, device=targets.device),
            torch.zeros(len(targets), dtype=torch.bool, device=targets.device),
            targets,
        )

    def write(self, items: Tensor, prepared: Tensor) -> None:
        """Remember (B, D) prepared embeddings of items (B,)."""
        self.embeddings.index_copy_(0, items, prepared.detach().float())
        self.seen.index_fill_(0, items, True)

    @property
    def known(self) -> Tensor:
        """(M,) int64: the items that have an embedding and a class."""
        return (self.seen & (self.targets >= 0)).nonzero().squeeze(1)


class Bank:
    """Keeps the last embedding of each of N items, (N, D) float32 on the device, and which of them have one.

    Training batches and evaluation passes write into it, so that the map can move without a pass over the data. Its
    rows come from different weights: what is shown from it is marked ≈, and no figure is computed from it.
    """

    def __init__(self, items: int, dimension: int, device: torch.device) -> None:
        self.embeddings = torch.zeros(items, dimension, device=device)
        self.seen: np.ndarray[tuple[int], np.dtype[np.bool_]] = np.zeros(items, dtype=np.bool_)

    def write(self, indices: IntArray, embeddings: Tensor) -> None:
        """Store (B, D) prepared embeddings of the items ``indices`` (B,)."""
        if self.embeddings.device.type == "cpu":  # a fourth of the time
            self.embeddings.numpy()[indices] = embeddings.detach().float().numpy()
        else:
            rows = torch.tensor(indices).to(self.embeddings.device, non_blocking=True)
            self.embeddings.index_copy_(0, rows, embeddings.detach().float())
        self.seen[indices] = True

    def snapshot(self) -> tuple[IntArray, FloatArray]:
        """Return the items that have an embedding, (M,), and their embeddings, (M, D); read-only copies.

        The embeddings are ``shareable``: they go to another process, and two copies of each are many.
        """
        indices = np.flatnonzero(self.seen)
        return frozen(indices), self.rows(indices)

    def rows(self, indices: IntArray) -> FloatArray:
        """Return the embeddings (M, D) of some items; a read-only copy, ``shareable``."""
        rows = shareable((len(indices), self.embeddings.shape[1]), np.float32)
        if self.embeddings.device.type == "cpu":  # of the mode "clip", as that of "raise" has a buffer between
            np.take(self.embeddings.numpy(), indices, axis=0, out=rows, mode="clip")
        else:
            rows[:] = self.embeddings[torch.from_numpy(indices).to(self.embeddings.device)].cpu().numpy()
        rows.setflags(write=False)
        return rows
