"""A multi-layer perceptron."""

from __future__ import annotations

from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.encoders.base import Encoder


@register("encoder", "mlp", title="MLP")
class MLP(Encoder):
    """Fully connected layers on the pixels, each with batch normalisation and ReLU, then a linear one to D."""

    class Params(Parameters):
        """Parameters of the encoder."""

        dimension: int = parameter(64, "Length of an embedding", minimum=2, maximum=2048)
        width: int = parameter(512, "Units of a hidden layer", minimum=8, maximum=8192)
        layers: int = parameter(2, "Hidden layers", minimum=1, maximum=8)

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        width, inputs = self.params.width, shape[0] * shape[1] * shape[2]
        hidden: list[nn.Module] = []
        for _ in range(self.params.layers):
            hidden += [nn.Linear(inputs, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(inplace=True)]
            inputs = width
        self.layers = nn.Sequential(*hidden, nn.Linear(width, self.dimension))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of (B, C, H, W) pictures."""
        out: Tensor = self.layers(self.normalised(pictures).flatten(1))
        return out
