"""What an augmentation is to the trainer."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from explorer.core.registry import Parameters
from explorer.learn.augments.transforms import Draws


class Augment:
    """Changes pictures as their class allows: ``Augment(params, shape=(H, W, C), images_per_class=…)``.

    It works in batches, on the device. ``images_per_class``: the median over the training classes. ``reads``: the
    modalities that it changes; items of others come as they are.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"pictures"})

    def __init__(self, params: Parameters, *, shape: tuple[int, int, int], images_per_class: float) -> None:
        self.params: Any = params
        self.shape = shape
        self.images_per_class = images_per_class

    @property
    def by_rows(self) -> bool:
        """Whether it changes each picture by itself, so that ``of_rows`` can change some of a batch."""
        return False

    def of_rows(self, pictures: Tensor, draws: Draws) -> Tensor:
        """Return changed pictures, which may be some rows of a batch; only of augmentations ``by_rows``."""
        raise NotImplementedError

    @property
    def class_factor(self) -> int:
        """How many classes ``relabelled`` makes of one."""
        return 1

    def relabelled(self, pictures: Tensor, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return changed pictures and labels, for augmentations that make new classes, such as quarter turns.

        A class c becomes one of c · class_factor … c · class_factor + class_factor − 1.
        """
        return self(pictures, generator), labels

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Return changed (B, C, H, W) pictures in 0 to 1; every draw comes from ``generator``, on their device.

        Vectors, where it reads them, come as pictures of one pixel, of any scale.
        """
        raise NotImplementedError
