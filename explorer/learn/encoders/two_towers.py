"""Two encoders, one for pictures and one for their captions, that lead into one space."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.core.registry import Parameters, create, parameter, register
from explorer.learn.encoders.base import Encoder

TEXTS = {"n-grams": "ngrams", "transformer": "text_transformer"}
"""The encoders of captions, by what they are called here."""
PICTURES = ("cnn", "resnet")


@register("encoder", "two_towers", title="Two towers", reference="Radford et al. 2021; Liang et al. 2022")
class TwoTowers(Encoder):
    """A network for pictures and one for captions, and behind each a linear layer into the space of both.

    z = n(W f(picture)), or n(V g(caption)): which one an item is stands in it, so that a batch may hold both. Nothing
    is shared but the space, in which the loss brings together what belongs together (Radford et al., 2021). n: each
    side has mean 0 and deviation 1 in every dimension, because two towers begin far apart, and the loss leaves them
    there (Liang et al., 2022): then pictures and captions would not be neighbours on the map.
    """

    reads = frozenset({"captioned"})

    class Params(Parameters):
        """Parameters of the encoder."""

        dimension: int = parameter(128, "Length of an embedding", minimum=2, maximum=2048)
        pictures: str = parameter("cnn", "Network of the pictures", choices=PICTURES)
        texts: str = parameter("n-grams", "Network of the captions", choices=tuple(TEXTS))
        width: int = parameter(32, "Channels of the first block of the CNN", minimum=4, maximum=256)
        words: int = parameter(256, "Numbers that the network of the captions ends in", minimum=16, maximum=2048)

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        super().__init__(params, shape=shape)
        height, self.side, channels = shape
        chosen = self.params
        wide = {"width": chosen.width} if chosen.pictures == "cnn" else {}
        square = (self.side, self.side, channels)
        self.pictures: Encoder = create("encoder", chosen.pictures, wide, shape=square)
        length = max(1, (height - self.side) * self.side * channels)
        self.texts: Encoder = create("encoder", TEXTS[chosen.texts], {"dimension": chosen.words}, shape=(1, length, 1))
        self.of_pictures = nn.Linear(self.pictures.dimension, self.dimension)
        self.of_texts = nn.Linear(self.texts.dimension, self.dimension)
        self.centre_pictures = nn.BatchNorm1d(self.dimension, affine=False)
        self.centre_texts = nn.BatchNorm1d(self.dimension, affine=False)

    def parts(self, items: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return which items (B, C, H, W) are captions (B,), all pixels (B, C, W, W), all bytes (B, 1, 1, L)."""
        bytes_ = items[:, :, self.side :].permute(0, 2, 3, 1).flatten(1)[:, None, None]
        return bytes_[:, 0, 0, 0] > 0, items[:, :, : self.side], bytes_

    def observe(self, pictures: Tensor) -> None:
        """Let each network look at the items of its side."""
        captions, pixels, bytes_ = self.parts(pictures)
        if not bool(captions.all()):
            self.pictures.observe(pixels[~captions])
        if bool(captions.any()):
            self.texts.observe(bytes_[captions])

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of pictures and captions (B, C, H, W), in any order."""
        captions, pixels, bytes_ = self.parts(pictures)
        seen, read = (~captions).nonzero().squeeze(1), captions.nonzero().squeeze(1)
        parts = []
        if len(seen):
            shown = pixels[seen].contiguous(memory_format=torch.channels_last)
            parts.append(_centred(self.of_pictures(self.pictures(shown)), self.centre_pictures))
        if len(read):
            parts.append(_centred(self.of_texts(self.texts(bytes_[read])), self.centre_texts))
        if not parts:
            return pictures.new_zeros((0, self.dimension))
        order = torch.cat((seen, read))
        return torch.cat(parts)[order.argsort()]


def _centred(rows: Tensor, norm: nn.BatchNorm1d) -> Tensor:
    """Return the rows (B, D) of one side about their mean; of a single one, about that of the batches before."""
    if norm.training and len(rows) < 2:
        return F.batch_norm(rows, norm.running_mean, norm.running_var, eps=norm.eps)
    out: Tensor = norm(rows)
    return out
