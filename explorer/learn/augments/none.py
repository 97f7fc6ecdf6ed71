"""No augmentation."""

from __future__ import annotations

import torch
from torch import Tensor

from explorer.core.registry import register
from explorer.learn.augments.base import Augment


@register("augment", "none")
class Nothing(Augment):
    """Pictures as they are."""

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return the pictures."""
        return pictures
