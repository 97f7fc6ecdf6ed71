"""What is no item of the data is embedded along with every snapshot, so that it can be followed while a run trains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch

from explorer.core.events import Event, OutsideEmbeddings
from explorer.core.types import Snapshot
from explorer.learn.distances.base import Distance
from explorer.learn.embedder import embedded
from explorer.learn.encoders.base import Encoder
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


def with_outside(events: Iterator[Event], task: Task, weights: Embeds) -> Iterator[Event]:
    """Yield the events of a run, and before every snapshot the embeddings of what is asked for beside the items."""
    for event in events:
        asked = task.outside() if isinstance(event, Snapshot) else None
        if isinstance(event, Snapshot) and asked is not None and asked.inputs is not None:
            training = weights.encoder.training
            weights.encoder.eval()
            try:
                found = embedded(asked.inputs, weights.encoder, weights.distance, weights.device)
            finally:
                weights.encoder.train(training)
            yield OutsideEmbeddings(event.run, event.step, asked.ids, found)
        yield event
