"""What a loss is to the trainer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from torch import nn

from explorer.core.registry import Parameters
from explorer.learn.batch import Batch, LossOutput, Triplets
from explorer.learn.distances.base import Distance

if TYPE_CHECKING:
    from explorer.learn.bank import Bank


class Loss(nn.Module):
    """Judges a batch: ``Loss(params, distance=…, classes=…, dimension=…)``.

    ``needs`` says what a batch has to bring: ``labels``, and later label sets, two views, a feature map, episodes.
    ``mined`` says whether it follows the miner. Parameters and buffers it owns are trained and saved with the run.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"labels"})
    mined: ClassVar[bool] = True

    def __init__(self, params: Parameters, *, distance: Distance, classes: int, dimension: int) -> None:
        super().__init__()
        self.params: Any = params
        self.distance = distance
        self.classes = classes
        self.dimension = dimension

    @property
    def census_margin(self) -> float:
        """The margin at which miners look and triplets are counted."""
        return float(self.params.margin)

    def update(self, params: Parameters) -> None:
        """Take over live parameters, between two steps."""
        self.params = params

    def on_epoch(self, bank: Bank) -> None:
        """Look at the embeddings of all items at the start of an epoch, for losses that cluster or rank them."""

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the loss of a batch over the mined ``triplets``, or over everything in it."""
        raise NotImplementedError
