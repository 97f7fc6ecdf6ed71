"""How the embeddings of a batch lie, step by step: whether they use their space or have fallen together."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.learn.batch import Batch


@torch.no_grad()
def embedding_health(batch: Batch, hardest: Tensor | None = None) -> Tensor:
    """Return (4,) float32: spread, effective rank, hardest positive and hardest negative distance; O(B² D).

    ``spread`` is the mean standard deviation of a dimension. The effective rank is the participation ratio of the
    eigenvalues λ of the covariance, (Σλ)² / Σλ², from 1 (a line) to D, 0 for a single point: the traces of C and C²
    give it without an eigenvalue. A distance is NaN where the batch has no such pair. ``hardest`` (2,): both distances
    where they are known, not finite where there is no such pair.
    """
    centred = batch.prepared - batch.prepared.mean(dim=0)
    spread = centred.square().mean(dim=0).sqrt().mean()
    gram = centred @ centred.T if len(centred) < centred.shape[1] else centred.T @ centred
    total, squares = gram.diagonal().sum(), gram.square().sum()
    rank = torch.where(squares > 0, total.square() / squares.clamp(min=torch.finfo(squares.dtype).tiny), 0.0)
    hardest = _hardest(batch) if hardest is None else hardest
    hardest = torch.where(hardest.isfinite(), hardest, torch.nan)
    return torch.cat((torch.stack((spread, rank)), hardest)).float()


def _hardest(batch: Batch) -> Tensor:
    """Return the largest distance of a positive and the smallest of a negative, (2,)."""
    distances = batch.distances
    if not len(batch):
        return distances.new_tensor([-torch.inf, torch.inf])
    positive = torch.where(batch.same, distances, -torch.inf).amax()
    return torch.stack((positive, torch.where(batch.different, distances, torch.inf).amin()))
