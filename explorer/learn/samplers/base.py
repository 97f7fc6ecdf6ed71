"""What a sampler is to the trainer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from explorer.core.registry import Parameters, parameter
from explorer.core.types import IntArray


def chunk_parameter() -> Any:
    """Declare ``chunk``: how many items go through the network at once, see ``explorer.learn.gradient_cache``."""
    return parameter(
        0,
        "Images that go through the network at once, for batches that are too large for the memory. Batch "
        "normalisation then goes by each such part alone",
        minimum=0,
        maximum=16384,
        zero="the whole batch",
        advanced=True,
    )


class Sampler:
    """Composes the batches of an epoch: ``Sampler(params, labels, generator)``.

    ``labels`` (N,) of the training items; what it yields are positions in them. Everything random in an epoch is
    drawn from ``generator`` while the epoch is iterated and nothing is kept between epochs, so that the state of the
    generator at its start and the number of batches taken say where a run was.

    Attributes
    ----------
    batch: how many items a batch has. length: batches in an epoch. notes: what was left out, in words.
    support: how many rows at the head of every batch are the support of an episode; 0: batches are no episodes.
    uses_memory: it looks at the embeddings of all training items before every epoch.

    Parameters
    ----------
    columns: further columns of the training items, (N,) texts each, for samplers that know more than classes.
    given: (T, 2) or (T, 3) positions, the given pairs or triplets of the training items; None: there are none.
    """

    batch: int
    length: int
    notes: tuple[str, ...] = ()
    support: int = 0
    uses_memory: ClassVar[bool] = False

    def __init__(
        self,
        params: Parameters,
        labels: IntArray,
        generator: torch.Generator,
        columns: Mapping[str, Sequence[str]] | None = None,
        given: IntArray | None = None,
    ) -> None:
        self.params: Any = params
        self.labels = labels
        self.generator = generator
        self.columns = columns or {}
        self.given = given
        self.prepare()

    def prepare(self) -> None:
        """Set ``batch``, ``length``, ``notes`` and all else that batches are drawn by; the end of the constructor.

        Raises
        ------
        UserError: if these items cannot be drawn so.
        """

    def look(self, embeddings: Tensor, seen: Tensor) -> None:
        """Look at the embeddings of the training items, (N, D), and which of them have one, before an epoch."""

    def state(self) -> dict[str, Tensor]:
        """Return what ``look`` has found, to be saved with the run."""
        return {}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take over what ``state`` has returned."""

    def epoch(self) -> Iterator[IntArray]:
        """Yield ``length`` batches of positions, each (batch,) int64 or somewhat fewer."""
        raise NotImplementedError

    def permutation(self, n: int) -> IntArray:
        """Return a random order of 0 … n − 1."""
        order: IntArray = torch.randperm(n, generator=self.generator).numpy()
        return order

    def whole_batches(self, n: int, size: int) -> Iterator[IntArray]:
        """Yield 0 … n − 1 in a random order, ``size`` at a time; the last ones are filled up with the first."""
        order = self.permutation(n)
        for start in range(0, n, size):
            yield order.take(range(start, start + size), mode="wrap")
