"""What goes with every snapshot of a run, so that what is no item can be embedded too: at once, or by the weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch

from explorer.core.events import Event, OutsideEmbeddings, Weights
from explorer.core.types import Snapshot
from explorer.learn.checkpoints import of_modules
from explorer.learn.distances.base import Distance
from explorer.learn.embedder import embedded
from explorer.learn.encoders.base import Encoder
from explorer.learn.folded_encoder import Evaluating
from explorer.learn.task import Task


class Embeds(Protocol):
    """The weights of a run as they are now."""

    @property
    def encoder(self) -> Encoder:
        """What embeds."""

    @property
    def distance(self) -> Distance:
        """What prepares the embeddings."""

    @property
    def device(self) -> torch.device:
        """Where both are."""

    @property
    def precision(self) -> str:
        """Of the encoder, as the run has it."""


MOST_BYTES = 8 << 20
"""Larger networks are told by their checkpoints alone."""


def with_outside(events: Iterator[Event], task: Task, weights: Embeds) -> Iterator[Event]:
    """Yield the events of a run, and before every snapshot the weights and the embeddings of what is no item."""
    modules = {"encoder": weights.encoder, "distance": weights.distance}
    tensors = [tensor for module in modules.values() for tensor in module.state_dict().values()]
    small = sum(tensor.numel() * tensor.element_size() for tensor in tensors) <= MOST_BYTES
    for event in events:
        if isinstance(event, Snapshot) and small:
            yield Weights(event.run, event.step, of_modules(modules).tensors)
        asked = task.outside() if isinstance(event, Snapshot) else None
        if isinstance(event, Snapshot) and asked is not None and asked.inputs is not None:
            encoder = Evaluating(weights.encoder)
            found = embedded(asked.inputs, encoder, weights.distance, weights.device, weights.precision)
            yield OutsideEmbeddings(event.run, event.step, asked.ids, found)
        yield event
