"""A batch that is too large for the memory, with the gradient of the whole: gradient caching (Gao et al. 2021).

Three passes. First the batch is embedded part by part, and only the embeddings are kept. Then they are judged together,
and the gradient by each of them is kept. At last every part is embedded again, and its gradient goes back through the
encoder. It costs one more forward pass. What is random is drawn again as it was; batch normalisation goes by the
statistics of a part, and only the last pass moves the running ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

Embedded = tuple[Tensor, ...]
"""What is made of a part, rows first: embeddings, and feature maps where the loss needs them."""


class GradientCache:
    """Embeds the parts of a batch without a gradient, and once more with it.

    Parameters
    ----------
    encoder: whose running statistics stay as they are the first time. random: what augmentations draw from.
    """

    def __init__(self, encoder: nn.Module, random: torch.Generator) -> None:
        self._encoder = encoder
        self._random = random
        self._states: list[tuple[Tensor, ...]] = []
        self._makers: list[Callable[[], Embedded]] = []
        self._leaves: list[Embedded] = []

    def embed(self, make: Callable[[], Embedded]) -> Embedded:
        """Return what ``make`` makes of the next part, as leaves that gather their gradient."""
        self._states.append(self._state())
        with torch.no_grad(), still_norms(self._encoder):
            leaves = tuple(made.requires_grad_() for made in make())
        self._makers.append(make)
        self._leaves.append(leaves)
        return leaves

    def backward(self, loss: Tensor) -> None:
        """Leave the gradient of ``loss``, which was made of the leaves, at the weights."""
        loss.backward()
        after = self._state()
        for state, make, leaves in zip(self._states, self._makers, self._leaves, strict=True):
            self._restore(state)
            made = [(new, leaf.grad) for new, leaf in zip(make(), leaves, strict=True) if leaf.grad is not None]
            if made:
                torch.autograd.backward([new for new, _ in made], [gradient for _, gradient in made])
        self._restore(after)

    def _state(self) -> tuple[Tensor, ...]:
        """Return where all random numbers are: of augmentations, and of dropout on the host and on the device."""
        device = self._random.device
        own = (torch.cuda.get_rng_state(device),) if device.type == "cuda" else ()
        return (self._random.get_state(), torch.get_rng_state(), *own)

    def _restore(self, state: Sequence[Tensor]) -> None:
        self._random.set_state(state[0])
        torch.set_rng_state(state[1])
        if len(state) > 2:
            torch.cuda.set_rng_state(state[2], self._random.device)


@contextmanager
def still_norms(module: nn.Module) -> Iterator[None]:
    """Let batch normalisations go by the statistics of what they see, without remembering them."""
    norms = [part for part in module.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    counts = [None if norm.num_batches_tracked is None else norm.num_batches_tracked.clone() for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum, count in zip(norms, momenta, counts, strict=True):
            norm.momentum = momentum
            if norm.num_batches_tracked is not None and count is not None:
                norm.num_batches_tracked.copy_(count)


def joined(parts: Sequence[Tensor], views: int) -> Tensor:
    """Return the rows of parts as those of their batch: with two views the first ones of all, then the second ones."""
    if len(parts) == 1:
        return parts[0]
    apart = [part.unflatten(0, (views, -1)) for part in parts]
    return torch.cat(apart, dim=1).flatten(0, 1)
