"""A small transformer that reads texts byte by byte."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.learn.encoders.base import Encoder

BYTES = 256
STRIDE = 2
"""Bytes that one token stands for."""
REACH = 7
"""Bytes that one token is made of: about a word."""


@register("encoder", "text_transformer", title="Transformer of bytes", reference="Vaswani et al. 2017; Xue et al. 2022")
class TextTransformer(Encoder):
    """Bytes become tokens by a convolution, blocks of attention read these, and their mean becomes the embedding.

    z = W mean(blocks(conv(bytes) + places)): without any words or rules of a language, so that it needs more texts than
    n-grams do. What is padding is neither attended to nor averaged. A batch is read to the end of its longest text.
    """

    reads = frozenset({"text"})

    class Params(Parameters):
        """Parameters of the encoder."""

        dimension: int = parameter(128, "Length of an embedding", minimum=2, maximum=2048)
        width: int = parameter(128, "Numbers of a token", minimum=16, maximum=1024, step=16)
        layers: int = parameter(2, "Blocks of attention", minimum=1, maximum=12)
        heads: int = parameter(4, "Heads of attention: a divisor of the width", minimum=1, maximum=16)

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        width = self.params.width
        heads = max(n for n in range(1, self.params.heads + 1) if width % n == 0)
        self.letters = nn.Embedding(BYTES, width, padding_idx=0)
        self.tokens = nn.Conv1d(width, width, REACH, stride=STRIDE, padding=REACH // 2)
        self.places = nn.Parameter(torch.randn(-(-shape[1] // STRIDE), width) * 0.02)
        self.blocks = nn.ModuleList(_Block(width, heads) for _ in range(self.params.layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, self.dimension)

    def observe(self, pictures: Tensor) -> None:
        """Measure nothing: bytes are no amounts."""

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of texts (B, 1, 1, L)."""
        text = (pictures.flatten(1) * (BYTES - 1)).round().long()
        text = text[:, : max(STRIDE, int((text > 0).sum(dim=1).amax()))]
        seen = F.max_pool1d((text > 0).to(pictures.dtype)[:, None], STRIDE, ceil_mode=True)[:, 0] > 0
        seen[:, 0] = True  # a text without a byte still attends to something
        tokens = F.gelu(self.tokens(self.letters(text).transpose(1, 2))).transpose(1, 2)
        tokens = tokens + self.places[: tokens.shape[1]]
        for block in self.blocks:
            tokens = block(tokens, seen)
        share = seen[:, :, None].to(tokens.dtype)
        mean = (self.norm(tokens) * share).sum(dim=1) / share.sum(dim=1)
        out: Tensor = self.head(mean)
        return out


class _Block(nn.Module):
    """Attention and a perceptron, each after a normalisation and added to what came in."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.asked = nn.Linear(width, 3 * width)
        self.answered = nn.Linear(width, width)
        self.perceptron = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, tokens: Tensor, seen: Tensor) -> Tensor:
        """Return (B, T, W) tokens that have looked at those that are ``seen``, (B, T)."""
        rows, count, width = tokens.shape
        parts = self.asked(self.first(tokens)).view(rows, count, 3, self.heads, width // self.heads)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)
        found = F.scaled_dot_product_attention(queries, keys, values, attn_mask=seen[:, None, None, :])
        tokens = tokens + self.answered(found.transpose(1, 2).reshape(rows, count, width))
        out: Tensor = tokens + self.perceptron(self.second(tokens))
        return out
