"""An encoder that stays as it is, and the linear map that is fitted to its output."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.learn.encoders.base import Encoder
from explorer.learn.linear.base import Fitter


class Fitted(Encoder):
    """z = L (f(x) − c): ``features`` is the frozen encoder f, ``map`` holds L (D, d), and ``centre`` is c.

    Without a map z = f(x). The features are always those of evaluation mode, and nothing in here is trained by
    gradient steps.

    Parameters
    ----------
    features: the encoder. fitter: says how long an embedding is, and whether there is a map.
    """

    centre: Tensor

    def __init__(self, features: Encoder, fitter: Fitter) -> None:
        nn.Module.__init__(self)  # mean and deviation of the pictures are buffers of the encoder within
        self.params = features.params
        self.shape = features.shape
        self.features = features.requires_grad_(False)
        self._dimension = fitter.dimension(features.dimension)
        self.map: nn.Linear | None = None
        if fitter.maps:
            self.map = nn.Linear(features.dimension, self._dimension, bias=False).requires_grad_(False)
            nn.init.eye_(self.map.weight)
            self.register_buffer("centre", torch.zeros(features.dimension))
        self.eval()

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return self._dimension

    def observe(self, pictures: Tensor) -> None:
        """Let the encoder within look at training pictures."""
        self.features.observe(pictures)

    def train(self, mode: bool = True) -> Fitted:
        """Stay in evaluation mode: what is fitted are the features of that."""
        super().train(False)
        return self

    def project(self, features: Tensor) -> Tensor:
        """Return the (B, D) embeddings that belong to (B, d) features."""
        out: Tensor = features if self.map is None else self.map(features - self.centre)
        return out

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of (B, C, H, W) pictures."""
        return self.project(self.features(pictures).float())
