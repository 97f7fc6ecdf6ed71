"""An encoder of rows of measurements: numbers and categories become tokens, and these an embedding."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.data.labels.measured_columns import FIRST_CATEGORY
from explorer.learn.encoders.base import Encoder

BUCKETS = 1024
"""Rows of each of the two tables of a column; a code is a pair of rows, so that hardly two categories share both."""
LARGEST = 8.0
"""Standardised numbers beyond this are cut off: one wrong cell shall not outweigh the others."""


@register("encoder", "table", title="Table", reference="Gorishniy et al. 2021")
class Table(Encoder):
    """A token for each cell, then fully connected layers over all of them.

    A number is standardised by the training rows and becomes z · w + b; a category the sum of two rows of a table that
    its code names (Svenstrup et al. 2017), so that new categories need no new rows; what is missing a vector of its
    own. The tokens of a column have weights of their own.
    """

    reads = frozenset({"table"})

    class Params(Parameters):
        """Parameters of the encoder."""

        dimension: int = parameter(64, "Length of an embedding", minimum=2, maximum=2048)
        token: int = parameter(8, "Length of the token of a column", minimum=1, maximum=128)
        width: int = parameter(256, "Units of a hidden layer", minimum=8, maximum=8192)
        layers: int = parameter(2, "Hidden layers", minimum=1, maximum=8)

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        columns, token, width = shape[0], self.params.token, self.params.width
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("std", torch.ones(columns))
        self.slopes = nn.Parameter(torch.randn(columns, token))
        self.states = nn.Parameter(torch.randn(columns, FIRST_CATEGORY, token) * 0.5)
        self.first = nn.Embedding(columns * BUCKETS, token)
        self.second = nn.Embedding(columns * BUCKETS, token)
        hidden: list[nn.Module] = []
        inputs = columns * token
        for _ in range(self.params.layers):
            hidden += [nn.Linear(inputs, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(inplace=True)]
            inputs = width
        self.layers = nn.Sequential(*hidden, nn.Linear(width, self.dimension))

    def observe(self, pictures: Tensor) -> None:
        """Measure mean and deviation of the numbers of each column on (M, 2, F, 1) training rows, without the missing.

        A column that is the same everywhere keeps the deviation 1.
        """
        values, codes = pictures[:, 0, :, 0].double(), pictures[:, 1, :, 0]
        known = codes == 0
        count = known.sum(dim=0).clamp(min=1)
        mean = torch.where(known, values, 0.0).sum(dim=0) / count
        std = (torch.where(known, values - mean, 0.0).square().sum(dim=0) / count).sqrt()
        self.mean.copy_(mean)
        self.std.copy_(torch.where(std > 1e-6 * mean.abs(), std, 1.0))

    def normalised(self, pictures: Tensor) -> Tensor:
        """Return the (B, F) standardised numbers of (B, 2, F, 1) rows, 0 where there is none."""
        values, codes = pictures[:, 0, :, 0], pictures[:, 1, :, 0]
        scaled = ((values - self.mean) / self.std).clamp(-LARGEST, LARGEST)
        return torch.where(codes == 0, scaled, 0.0)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of (B, 2, F, 1) rows."""
        codes = pictures[:, 1, :, 0].round().long()
        columns = torch.arange(codes.shape[1], device=codes.device)
        tokens = self.normalised(pictures)[..., None] * self.slopes + self.states[columns, codes.clamp(max=1)]
        category = (codes - FIRST_CATEGORY).clamp(min=0)
        rows = columns * BUCKETS
        named = self.first(rows + (category // BUCKETS) % BUCKETS) + self.second(rows + category % BUCKETS)
        tokens = torch.where((codes >= FIRST_CATEGORY)[..., None], named, tokens)
        out: Tensor = self.layers(tokens.flatten(1))
        return out
