"""The pictures that the map can show in place of points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from explorer.core.types import ByteArray


@dataclass(frozen=True, slots=True, eq=False)
class Album:
    """The pictures of a dataset: ``pixels`` (N, S, S, C) uint8, C 1 or 3; reading them never decodes.

    ``original`` (item) -> (H, W, 3) uint8 decodes a larger one, where there are files; it is called on a thread for
    that and may raise ``UserError``.
    """

    pixels: ByteArray
    original: Callable[[int], ByteArray] | None = None
