"""What a loss is to the trainer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import nn

from explorer.core.census_margin import DEFAULT_MARGIN, census_margin
from explorer.core.registry import Parameters, parameter
from explorer.learn.anchor_blocks import AnchorBlock
from explorer.learn.batch import Batch, LossOutput, Sums, Triplets
from explorer.learn.distances.base import Distance

if TYPE_CHECKING:
    from explorer.learn.embedding_bank import Memory


def census_parameter() -> Any:
    """Declare ``census_margin``, for losses that have no margin between two distances."""
    return parameter(
        DEFAULT_MARGIN,
        "The margin at which miners look and triplets are counted",
        minimum=0.0,
        maximum=2.0,
        step=0.01,
        live=True,
        advanced=True,
    )


def rate_parameter(
    default: float,
    text: str = "How many times as fast as the encoder the weights of the loss learn",
    *,
    minimum: float = 0.01,
    maximum: float = 10_000.0,
) -> Any:
    """Declare how much faster than the encoder something of the loss learns."""
    return parameter(default, text, minimum=minimum, maximum=maximum, logarithmic=True, advanced=True)


class Loss(nn.Module):
    """Judges a batch: ``Loss(params, distance=…, classes=…, dimension=…, channels=…)``.

    ``needs`` says what a batch has to bring: ``labels``; ``views``, every picture twice, under two augmentations (and
    without ``labels`` each picture is its own class); ``maps``, the last feature maps; ``hidden``, its ``layers``;
    ``label_sets``; ``memory``, the embeddings of all training items in ``on_epoch``. ``mined`` says whether it follows
    the miner; ``pairwise``, whether it compares only rows of the batch, so that remembered rows may be added
    (``Batch.anchors``); ``by_anchor``, whether it is made of ``sums`` over anchors, so that some can be judged at a
    time where there are many. Parameters and buffers it owns are trained and saved with the run; their shapes never
    change. ``family`` is the heading that it is listed under. ``census_margin`` is the margin at which miners look and
    triplets are counted. ``given``: from which given tuples it learns in place of mined ones, ``pairs`` or
    ``triplets``.

    Parameters
    ----------
    classes: of the training items, whose labels are 0 … classes − 1. dimension: D of the embeddings.
    channels: C of the feature maps, 0 where the encoder has none.
    """

    family: ClassVar[str] = ""
    needs: ClassVar[frozenset[str]] = frozenset({"labels"})
    given: ClassVar[frozenset[str]] = frozenset()
    mined: bool = True
    pairwise: bool = True
    by_anchor: bool = False

    def __init__(
        self, params: Parameters, *, distance: Distance, classes: int, dimension: int, channels: int = 0
    ) -> None:
        super().__init__()
        self.params: Any = params
        self.census_margin = census_margin(params)
        object.__setattr__(self, "distance", distance)  # not a child: its weights are trained and saved by themselves
        self.classes = classes
        self.dimension = dimension
        self.channels = channels

    distance: Distance

    @classmethod
    def needs_of(cls, params: Parameters) -> frozenset[str]:
        """Return what a loss with these parameters needs."""
        return cls.needs

    @classmethod
    def takes(cls, params: Parameters) -> frozenset[str]:
        """Return from which given tuples a loss with these parameters learns."""
        return cls.given

    @property
    def layers(self) -> tuple[str, ...]:
        """The hidden layers of the encoder that it looks at, by name, see ``explorer.learn.hidden_layers``."""
        return ()

    def update(self, params: Parameters) -> None:
        """Take over live parameters, between two steps."""
        self.params = params
        self.census_margin = census_margin(params)

    def on_epoch(self, memory: Memory, generator: torch.Generator) -> None:
        """Look at the embeddings of all training items at the start of an epoch; only losses that need ``memory``."""

    def sums(self, batch: Batch | AnchorBlock) -> Sums:
        """Return what the loss adds up over all anchors of a batch, or over some; only of losses ``by_anchor``."""
        raise NotImplementedError

    def forward(self, batch: Batch, triplets: Triplets | None = None) -> LossOutput:
        """Return the loss of a batch over the mined ``triplets``, or over everything in it."""
        raise NotImplementedError
