"""Several processes that train one run, so that it learns what one process with the whole batch would.

Every rank embeds its own rows of a batch; the embeddings are gathered, and every rank judges the whole batch, so that
losses, miners and memories need not know that there are ranks. The gradient flows into a rank's own rows: what the
encoder gets is a part of the whole gradient and is summed, what loss and distance own gets the whole on every rank and
is averaged. Rank 0 trains as if it were alone and announces what it does; the others do the same (``follow``). Nothing
that depends on a clock is decided twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from explorer.core.errors import UserError
from explorer.core.types import IntArray

if TYPE_CHECKING:
    from torch import Tensor


class RankLostError(UserError):
    """Another process of the training has ended, or answers no more."""


class Ranks:
    """One process and no other: nothing here does anything. What every run has that torchrun did not start."""

    rank = 0
    size = 1

    @property
    def is_first(self) -> bool:
        """Whether this process decides what is done."""
        return self.rank == 0

    def shard(self, count: int) -> slice:
        """Return which of ``count`` rows are this rank's: contiguous, so that it has whole classes of a batch."""
        return self.shard_of(self.rank, count)

    def shard_of(self, rank: int, count: int) -> slice:
        """Return which of ``count`` rows are those of a rank; none where there are fewer rows than ranks."""
        return slice(count * rank // self.size, count * (rank + 1) // self.size)

    def gather(self, own: Tensor, count: int) -> Tensor:
        """Return all ``count`` rows in their order; the gradient flows into one's own."""
        return own

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Add up over the ranks, in place."""

    def mean(self, tensors: Sequence[Tensor]) -> None:
        """Average over the ranks, in place."""

    def say(self, op: str, rows: IntArray | None = None, **values: object) -> None:
        """Tell the others what is done next; only the first does, all others are told so."""

    def send(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Send arrays to the others; only the first does."""

    def close(self) -> None:
        """Let the others end, if this is the first; nothing is said any more."""
