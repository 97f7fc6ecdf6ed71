"""N-grams of characters and words, each with a learned vector."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.core.registry import Parameters, parameter, register
from explorer.core.types import ByteArray
from explorer.learn.encoders.base import Encoder


def bytes_of(texts: Tensor) -> ByteArray:
    """Return the UTF-8 (B, L) of texts that come as (B, 1, 1, L) in 0 to 1."""
    rows: ByteArray = (texts.detach().flatten(1) * 255).round().to(torch.uint8).cpu().numpy()
    return rows


@register("encoder", "ngrams", title="N-grams", reference="Bojanowski, Grave, Joulin and Mikolov 2017")
class NGramBag(Encoder):
    """The sum of a learned vector for every n-gram of characters within a word and every word, beside their TF-IDF.

    z = (u, w v), u = Σ tₖ rₖ Eₖ and v = Σ tₖ rₖ Sₖ, each of length 1; k: the bucket that an n-gram is hashed into; tₖ:
    how often it is there; rₖ: how rare it is in the training texts, log((1 + N) / (1 + n)) + 1. E is learned; it and
    the signs S, which stay, are random at first, so that cosines begin as those of TF-IDF (Johnson and Lindenstrauss
    1984). v tells apart what no training class did; w: ``kept``. A training batch does not see the share ``dropout`` of
    its n-grams, so that also two views of one text differ.
    """

    reads = frozenset({"text"})

    class Params(Parameters):
        """Parameters of the encoder."""

        dimension: int = parameter(512, "Length of an embedding, half of it learned", minimum=2, maximum=4096)
        buckets: int = parameter(4096, "Vectors that n-grams are hashed to", minimum=256, maximum=1 << 20)
        shortest: int = parameter(2, "Characters of the shortest n-gram", minimum=1, maximum=16)
        longest: int = parameter(5, "Characters of the longest n-gram", minimum=1, maximum=16)
        words: int = parameter(1, "Longest series of whole words, 0 for none", minimum=0, maximum=4)
        kept: float = parameter(
            0.5, "Weight of the TF-IDF beside what is learned", minimum=0.0, maximum=4.0, step=0.1, zero="learned only"
        )
        dropout: float = parameter(
            0.5, "Share of the n-grams that a training batch does not see", minimum=0.0, maximum=0.9, step=0.05
        )

    rarity: Tensor
    signs: Tensor
    drawn: Tensor

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int]) -> None:
        from explorer.measure.ngrams import NGrams  # numba is loaded with the first texts, not with all encoders

        super().__init__(params, shape=shape)
        chosen = self.params
        buckets, half = chosen.buckets, chosen.dimension // 2
        self.ngrams = NGrams(chosen.shortest, max(chosen.shortest, chosen.longest), chosen.words, buckets)
        learned = chosen.dimension - half if chosen.kept else chosen.dimension
        self.vectors = nn.Parameter(torch.randn(buckets, learned) / math.sqrt(learned))
        self.register_buffer("signs", 2 * torch.randint(2, (buckets, half if chosen.kept else 0), dtype=torch.int8) - 1)
        self.register_buffer("rarity", torch.ones(buckets))
        self.register_buffer("drawn", torch.randint(1 << 40, ()))  # of the run's seed, and saved with the weights

    def observe(self, pictures: Tensor) -> None:
        """Measure on the training texts how rare every n-gram is."""
        from explorer.measure.ngrams import rarity

        self.rarity.copy_(torch.from_numpy(rarity(self.ngrams, bytes_of(pictures))))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (B, D) embeddings of texts (B, 1, 1, L)."""
        hashes, starts = self.ngrams.of(bytes_of(pictures))
        buckets = torch.from_numpy(hashes).to(pictures.device)
        first = torch.from_numpy(starts[:-1]).to(pictures.device)
        weights = self.rarity[buckets]
        if self.training and self.params.dropout:
            weights = weights * self._seen(len(weights), weights.device)
        learned = _summed(self.vectors, buckets, first, weights)
        if not self.params.kept:
            return learned
        as_it_is = _summed(self.signs.to(learned.dtype), buckets, first, weights)
        return torch.cat((learned, self.params.kept * as_it_is), dim=1)

    def _seen(self, count: int, device: torch.device) -> Tensor:
        """Return which of the n-grams of a batch are seen, (T,): each batch draws anew, and a resumed run goes on."""
        generator = torch.Generator(device).manual_seed(int(self.drawn))
        self.drawn += 1
        seen: Tensor = torch.rand(count, generator=generator, device=device) >= self.params.dropout
        return seen


def _summed(vectors: Tensor, buckets: Tensor, first: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted sum (B, D) of the vectors of every text, of length 1."""
    summed = F.embedding_bag(buckets, vectors, first, mode="sum", per_sample_weights=weights.to(vectors.dtype))
    return F.normalize(summed, dim=1)
