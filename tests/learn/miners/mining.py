"""Small batches, what is mined of them, and a distance that is not symmetric."""

from __future__ import annotations

import torch
from hypothesis import strategies as st
from torch import Tensor

from explorer.core.registry import Parameters, Scalar, create
from explorer.learn.batch import Batch, Triplets
from explorer.learn.device import generator
from explorer.learn.distances.base import Distance, without_diagonal

label_lists = st.lists(st.integers(0, 3), min_size=1, max_size=16)


class Uphill(Distance):
    """Euclidean distance, but longer towards a larger first coordinate."""

    lift = "euclidean"
    symmetric = False

    def matrix(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        """Return d(a, b) for all rows of a and b."""
        other = a if b is None else b
        apart = (a[:, None] - other[None]).norm(dim=2) * (1 + (other[None, :, 0] - a[:, None, 0]).sigmoid())
        return without_diagonal(apart) if b is None else apart


def batch_of(labels: list[int], seed: int = 0, dimension: int = 2, *, uphill: bool = False) -> Batch:
    torch.manual_seed(seed)
    distance: Distance = Uphill(Parameters()) if uphill else create("distance", "euclidean", {})
    z = torch.randn(len(labels), dimension)
    return Batch(z, torch.tensor(labels, dtype=torch.int64), distance, indices=torch.arange(len(labels)))


def mined_of(name: str, batch: Batch, margin: float = 0.2, seed: int = 0, **params: Scalar) -> Triplets:
    mined = create("miner", name, params)(batch, margin, generator(seed))
    assert isinstance(mined, Triplets)
    return mined


def mine(name: str, batch: Batch, margin: float = 0.2, seed: int = 0, **params: Scalar) -> Triplets:
    return mined_of(name, batch, margin, seed, **params).compact()


def rows(mined: Triplets) -> list[tuple[int, int, int]]:
    return list(zip(mined.anchors.tolist(), mined.positives.tolist(), mined.negatives.tolist(), strict=True))


def pairs_of(labels: list[int]) -> set[tuple[int, int]]:
    n = range(len(labels))
    return {(a, p) for a in n for p in n if a != p and labels[a] == labels[p]}


def negatives_of(labels: list[int], a: int) -> list[int]:
    return [n for n in range(len(labels)) if labels[n] != labels[a]]
