"""Losses for items that have several labels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets, mean_of, share
from explorer.learn.losses.base import Loss, census_parameter
from explorer.learn.losses.pairs import cosines


@register("loss", "ml2", title="Multi-label (ML²)", reference="Annarumma and Montana 2018")
class MultiLabel(Loss):
    """Items shall be the nearer, the more of their labels they share; for overlapping sets of labels.

    1/|P_i| Σ_{j ∈ P_i} [d_ij − m τ_ij + n_i]₊, averaged over the rows i that have both sorts of others. τ_ij = 1 −
    |Y_i ∩ Y_j| / |Y_i ∪ Y_j|: the Jaccard distance of two sets of labels; P_i: the other rows with τ < 1; n_i: how far
    rows without a common label intrude, ``hard``: max_k (m − d_ik), ``smooth``: log Σ_k exp(m − d_ik); d: the distance
    of the recipe; m: ``margin`` (Annarumma and Montana, 2018). ``softmax`` is instead a supervised contrastive loss:
    −1/|P_i| Σ_j w_ij log(exp(s_ij / T) / Σ_k exp(s_ik / T)) over the other rows, w_ij = 1 − τ_ij where that is at least
    ``overlap``, else no positive; s: the cosine (MultiSupCon). Rows without any label take no part. O(B²) time
    and memory. Active is the share of the terms that are not zero; of ``softmax``, of the positives with a row
    without a common label at least as similar.
    """

    family = "Pairs"
    needs = frozenset({"labels", "label_sets"})
    mined = False
    pairwise = False

    class Params(Parameters):
        """Parameters of the loss."""

        form: str = parameter(
            "hard",
            "The nearest row without a common label, all of them smoothly, or a softmax over all rows",
            choices=("hard", "smooth", "softmax"),
        )
        margin: float = parameter(
            1.0, "How far apart rows without a common label are pushed", minimum=0.0, maximum=4.0, step=0.05, live=True
        )
        temperature: float = parameter(
            0.1, "T of the form softmax", minimum=0.005, maximum=2.0, step=0.01, live=True, logarithmic=True
        )
        overlap: float = parameter(
            0.5,
            "Least share of common labels of a positive of the form softmax",
            minimum=0.01,
            maximum=1.0,
            step=0.05,
            live=True,
        )
        census_margin: float = census_parameter()

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the mean over the rows that have something to be near to and something to be far from."""
        assert batch.label_sets is not None
        common, real = overlaps(batch.label_sets, batch.embeddings.dtype)
        if self.params.form == "softmax":
            return self._softmax(batch, common, real)
        positive, negative = real & (common > 0), real & (common == 0)
        lowest = torch.finfo(common.dtype).min
        intruding = (self.params.margin - batch.distances).masked_fill(~negative, lowest)
        judged = positive.any(dim=1) & negative.any(dim=1)
        reach = intruding.amax(dim=1) if self.params.form == "hard" else intruding.logsumexp(dim=1)
        reach = torch.where(judged, reach, 0.0)[:, None]
        counted = positive & judged[:, None]
        gaps = batch.distances - self.params.margin * (1.0 - common) + reach
        terms = torch.where(counted, F.relu(gaps), 0.0)
        value = mean_of(terms.sum(dim=1) / positive.sum(dim=1).clamp(min=1), judged.sum())
        return LossOutput(value, share((terms > 0).sum(), counted.sum()))

    def _softmax(self, batch: Batch, common: Tensor, real: Tensor) -> LossOutput:
        logits = cosines(batch) / self.params.temperature
        positive, negative = real & (common >= self.params.overlap), real & (common == 0)
        lowest = torch.finfo(logits.dtype).min
        total = logits.masked_fill(~real, lowest).logsumexp(dim=1, keepdim=True)
        counts = positive.sum(dim=1)
        terms = torch.where(positive, common * (total - logits), 0.0).sum(dim=1) / counts.clamp(min=1)
        nearest = logits.detach().masked_fill(~negative, lowest).amax(dim=1, keepdim=True)
        outdone = positive & negative.any(dim=1, keepdim=True) & (nearest >= logits.detach())
        return LossOutput(mean_of(terms, (counts > 0).sum()), share(outdone.sum(), counts.sum()))


def overlaps(sets: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return |Y_i ∩ Y_j| / |Y_i ∪ Y_j| of (B, S) sets of labels, (B, B), and which pairs of two rows have labels."""
    member = sets.to(dtype)
    size = member.sum(dim=1)
    both = member @ member.T
    real = (size > 0)[:, None] & (size > 0)[None]
    real = real & ~torch.eye(len(sets), dtype=torch.bool, device=sets.device)
    return both / (size[:, None] + size[None] - both).clamp(min=1), real
