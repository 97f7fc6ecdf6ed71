"""Cross-batch memory."""

from __future__ import annotations

from typing import Any

import torch
from pydantic import field_validator
from torch import Tensor

from explorer.core.errors import UserError
from explorer.core.formula import Term, read, written
from explorer.core.registry import Entry, Parameters, parameter, register
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.base import Distance
from explorer.learn.embedding_bank import Memory
from explorer.learn.losses.base import Loss
from explorer.learn.losses.formula import Terms, needs_of_formula, refuse, term_needs


def _misfit(entry: Entry, term: Term) -> str:
    part: type[Loss] = entry.part
    if not part.pairwise:
        return "does not compare rows with one another, so that a memory of rows means nothing to it"
    if lacking := sorted(term_needs(term) & {"maps", "label_sets"}):
        return f"needs {lacking[0].replace('_', ' ')}, which are not remembered"
    return ""


@register(
    "loss",
    "cross_batch_memory",
    title="Cross-batch memory",
    reference="Wang, Zhang, Huang and Scott 2020; Ajanthan et al. 2023",
)
class CrossBatchMemory(Loss):
    """The rows of a batch are compared with those of many batches before it too, as they were then.

    L(batch ∪ memory), L: the loss ``of``, a pairwise one, whose anchors are the rows of the batch; the memory: the last
    ``size`` embeddings, without a gradient, the oldest replaced first (Wang et al., 2020). They drift while the encoder
    learns, fast at first: the memory joins in after ``start`` steps. In the paper the loss of the batch and that of the
    memory are added; here all pairs are averaged as L does. ``adapt`` gives the remembered rows the mean and the
    deviation of the batch in each dimension, (z − μ) σ_B / σ + μ_B, which takes back most of their drift (Ajanthan et
    al., 2023, without their filter over time). No miner: its triplets would be of the batch alone, and so L takes all
    pairs.
    """

    family = "Combinations"
    mined = False
    pairwise = False

    rows: Tensor
    labels: Tensor
    counts: Tensor

    class Params(Parameters):
        """Parameters of the loss."""

        of: str = parameter("contrastive", "The loss, a pairwise one", live=True, syntax="loss")
        size: int = parameter(1024, "Embeddings that are remembered", minimum=1, maximum=262_144)
        start: int = parameter(
            100, "Steps before the memory joins in", minimum=0, maximum=1_000_000, live=True, advanced=True
        )
        adapt: bool = parameter(
            False, "Give the remembered rows the mean and the deviation of the batch", live=True, advanced=True
        )

        @field_validator("of")
        @classmethod
        def _read(cls, of: str) -> str:
            terms = read(of)
            if len(terms) > 1:
                outside = f"cross_batch_memory(of={terms[0].name}) + {terms[1].name}"
                raise UserError(
                    f"There are {len(terms)} losses in {of!r}, and a memory has one",
                    remedy=f"Add the others outside of it: {outside}",
                )
            refuse(of, terms, _misfit)
            return written(terms)

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__(params, distance=distance, classes=classes, dimension=dimension, channels=channels)
        self.inner = Terms(self.params.of, distance=distance, classes=classes, dimension=dimension)
        self.register_buffer("rows", torch.zeros(self.params.size, dimension))
        self.register_buffer("labels", torch.zeros(self.params.size, dtype=torch.int64))
        self.register_buffer("counts", torch.zeros(3, dtype=torch.int64))  # head, filled, steps
        self._known: tuple[int, int, int] | None = (0, 0, 0)  # the same, without asking the device
        self._kept = (0, 0, 0)
        self._replaced: list[tuple[Tensor, Tensor, Tensor]] = []
        self.register_load_state_dict_post_hook(_forget)  # type: ignore[no-untyped-call]

    @classmethod
    def needs_of(cls, params: Parameters) -> frozenset[str]:
        """Return what the loss needs."""
        chosen: Any = params
        return needs_of_formula(chosen.of)

    @property
    def filled(self) -> int:
        """How many embeddings are remembered."""
        return self._count()[1]

    def update(self, params: Parameters) -> None:
        """Take over live parameters.

        Raises
        ------
        UserError: if it is another loss.
        """
        chosen: Any = params
        self.inner.update(chosen.of)
        super().update(params)

    def on_epoch(self, memory: Memory, generator: torch.Generator) -> None:
        """Let the loss look at the embeddings of all training items."""
        for part in self.inner.parts:
            part.on_epoch(memory, generator)

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the loss of the batch with the memory below it; while it trains, then remember the batch."""
        _, filled, steps = self._count()
        judged = batch
        if filled and steps >= self.params.start:
            rows = self.rows[:filled]
            if self.params.adapt:
                rows = adapted(rows, batch.embeddings.detach())
            judged = batch.extended(rows, self.labels[:filled])  # copies: they are written over below
        output: LossOutput = self.inner(judged)
        if self.training:
            self._remember(batch.embeddings.detach(), batch.labels)
        return output

    def keep(self) -> None:
        """Let what is remembered now be what ``put_back`` returns to; only what is replaced from now on is copied."""
        self._kept = self._count()
        self._replaced.clear()

    @torch.no_grad()
    def put_back(self) -> None:
        """Remember again what was remembered at the last ``keep``."""
        while self._replaced:
            places, rows, labels = self._replaced.pop()
            self.rows.index_copy_(0, places, rows)
            self.labels.index_copy_(0, places, labels)
        self._known = self._kept
        self.counts.copy_(torch.tensor(self._known))

    @torch.no_grad()
    def _remember(self, rows: Tensor, labels: Tensor) -> None:
        """Put rows in the place of the oldest."""
        size = self.params.size
        head, filled, steps = self._count()
        rows, labels = rows[-size:], labels[-size:]
        places = torch.arange(head, head + len(rows), device=rows.device) % size
        if sum(len(before) for before, _, _ in self._replaced) < size:  # else it has every row already
            self._replaced.append((places, self.rows[places], self.labels[places]))
        self.rows.index_copy_(0, places, rows.to(self.rows.dtype))
        self.labels.index_copy_(0, places, labels)
        self._known = ((head + len(rows)) % size, min(size, filled + len(rows)), steps + 1)
        self.counts.copy_(torch.tensor(self._known))

    def _count(self) -> tuple[int, int, int]:
        if self._known is None:
            head, filled, steps = self.counts.tolist()
            self._known = head, filled, steps
        return self._known


def adapted(rows: Tensor, batch: Tensor) -> Tensor:
    """Return (M, D) rows moved and scaled to the mean and the deviation of (B, D) others in each dimension.

    A dimension in which the rows do not vary is only moved.
    """
    (mean, deviation), (own_mean, own_deviation) = (_moments(each) for each in (batch, rows))
    scale = torch.where(own_deviation > 0, deviation / own_deviation.clamp(min=1e-30), 1.0)
    return (rows - own_mean) * scale + mean


def _moments(rows: Tensor) -> tuple[Tensor, Tensor]:
    mean = rows.mean(dim=0)
    return mean, (rows - mean).square().mean(dim=0).sqrt()


def _forget(module: CrossBatchMemory, _keys: object) -> None:
    """Read the counts again: others were loaded."""
    module._known = None
    module._replaced.clear()
