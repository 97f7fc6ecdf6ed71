"""The last known embedding of every item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from explorer.core.shared_arrays import shareable
from explorer.core.ticks import ticks
from explorer.core.types import BoolArray, FloatArray, IntArray, frozen

MANY = 2_000_000
"""Items beyond which what is kept of each is neither copied to be shown nor saved in checkpoints."""

WAITING = 1 << 16
"""Rows of many items that wait on a GPU at most, until the host has them."""

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Memory:
    """What training steps have last made of every training item; saved with the run, so that it can go on exactly.

    Of more than ``MANY`` items it is not saved: a run goes on with what the weights of its checkpoint make of them,
    where loss or sampler look at it, and else with what is remembered from there on.

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
    def saved(self) -> bool:
        """Whether checkpoints have it."""
        return len(self.seen) <= MANY

    @property
    def known(self) -> Tensor:
        """(M,) int64: the items that have an embedding and a class."""
        return (self.seen & (self.targets >= 0)).nonzero().squeeze(1)


class Bank:
    """Keeps the last embedding of each of N items, (N, D) float32 on the device, and which of them have one.

    Training batches and evaluation passes write into it, so that the map can move without a pass over the data. Its
    rows come from different weights: what is shown from it is marked ≈, and no figure is computed from it. More than
    ``MANY`` items lie on the host, in memory that another process maps, and are shown as they lie there, with when
    each was written, instead of being copied whenever something is shown.
    """

    def __init__(self, items: int, dimension: int, device: torch.device) -> None:
        self.many = items > MANY
        self.seen: BoolArray = np.zeros(items, dtype=np.bool_)
        self._written: npt.NDArray[np.uint32] = np.empty(0, np.uint32)  # room for many is made when they are written
        self._rows: FloatArray = np.empty((0, dimension), np.float32)
        self.embeddings = torch.zeros(0 if self.many else items, dimension, device="cpu" if self.many else device)
        self._every: IntArray = shareable((0,), np.int64)
        self._waiting: list[tuple[IntArray, Tensor]] = []
        self._let_go = False

    def let_go(self) -> None:
        """Keep nothing of many items from now on: another process shows them."""
        self._let_go = self.many

    def write(self, indices: IntArray, embeddings: Tensor) -> None:
        """Store (B, D) prepared embeddings of the items ``indices`` (B,)."""
        if self._let_go:
            return
        self.seen[indices] = True
        if not self.many:
            self._write_here(indices, embeddings.detach().float())
            return
        self._waiting.append((np.array(indices), embeddings.detach().float()))
        if embeddings.device.type == "cpu" or sum(len(rows) for rows, _ in self._waiting) > WAITING:
            self._settle()

    def fill(self, indices: IntArray, embeddings: FloatArray) -> None:
        """Take (M, D) embeddings of items (M,) from before for those that have none yet, some at a time."""
        for first in range(0, len(indices), WAITING):
            items, rows = indices[first : first + WAITING], embeddings[first : first + WAITING]
            if not (new := ~self.seen[items]).all():
                items, rows = items[new], rows[new]
            self.write(items, torch.tensor(rows, device=self.embeddings.device))

    def _write_here(self, indices: IntArray, embeddings: Tensor) -> None:
        if self.embeddings.device.type == "cpu":  # a fourth of the time
            self.embeddings.numpy()[indices] = embeddings.numpy()
        else:
            rows = torch.tensor(indices).to(self.embeddings.device, non_blocking=True)
            self.embeddings.index_copy_(0, rows, embeddings)

    def _settle(self) -> None:
        """Write what waits on the device: a step does not wait for its rows to arrive."""
        if self._waiting and not len(self._rows):
            self._written = shareable((len(self.seen),), np.uint32)
            self._rows = shareable((len(self.seen), self.embeddings.shape[1]), np.float32)
            self.embeddings = torch.from_numpy(self._rows)
        for indices, embeddings in self._waiting:
            self._rows[indices] = embeddings.cpu().numpy()
            self._written[indices] = ticks()  # after the rows: who sees the old moment looks again
        self._waiting.clear()

    def snapshot(self, *, copied: bool = False) -> tuple[IntArray, FloatArray, npt.NDArray[np.uint32] | None]:
        """Return the items that have an embedding, (M,), their embeddings, (M, D), and None: read-only copies.

        The embeddings are ``shareable``: they go to another process, and two copies of each are many. Of many items
        that all have one, unless they shall be ``copied``, the rows as they are written on, and when, (M,) in ticks;
        of many that do not yet, ``MANY`` at most, of all parts.
        """
        if self.many and not copied and self.seen.all():
            self._settle()
            return self._all(), _read_only(self._rows), _read_only(self._written)
        indices = np.flatnonzero(self.seen)
        if self.many and not copied:
            indices = indices[:: -(-len(indices) // MANY) or 1]
        return frozen(indices), self.rows(indices), None

    def _all(self) -> IntArray:
        """Return all items (N,), the same array each time."""
        if len(self._every) != len(self.seen):
            self._every = shareable((len(self.seen),), np.int64)
            self._every[:] = np.arange(len(self.seen))
            self._every.setflags(write=False)
        return self._every

    def rows(self, indices: IntArray) -> FloatArray:
        """Return the embeddings (M, D) of some items; a read-only copy, ``shareable``."""
        self._settle()
        rows = shareable((len(indices), self.embeddings.shape[1]), np.float32)
        if self.embeddings.device.type == "cpu":  # of the mode "clip", as that of "raise" has a buffer between
            np.take(self.embeddings.numpy(), indices, axis=0, out=rows, mode="clip")
        else:
            rows[:] = self.embeddings[torch.from_numpy(indices).to(self.embeddings.device)].cpu().numpy()
        rows.setflags(write=False)
        return rows


def _read_only(array: npt.NDArray[T]) -> npt.NDArray[T]:
    """Return the same memory as an array that cannot be written."""
    found = array.view()
    found.setflags(write=False)
    return found
