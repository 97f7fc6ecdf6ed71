"""Clips, decoded in workers that can be killed: see ``decode_apart``. For several threads."""

from __future__ import annotations

from dataclasses import asdict
from types import TracebackType

import numpy as np

from explorer.core.types import ByteArray
from explorer.data.decoding.clip_files import LONGEST, ClipShape
from explorer.data.decoding.decode_apart import Decoders
from explorer.data.listing import CancelledCall, never

PATIENCE = 4
"""How many times longer than on an idle machine a clip may take before its worker is killed."""


class ClipDecoders:
    """Does what ``clip_files`` does, in workers; use it in ``with``, which ends them."""

    def __init__(self, cancelled: CancelledCall = never, seconds: float = PATIENCE * LONGEST) -> None:
        self._decoders = Decoders(seconds, cancelled)

    def __enter__(self) -> ClipDecoders:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._decoders.__exit__(kind, error, trace)

    def decode(self, encoded: bytes, shape: ClipShape) -> ByteArray:
        """Return the frames (F, S, S, C) of a clip; see ``clip_files.decode``."""
        return np.asarray(self._decoders.ask("clip", encoded, asdict(shape)))

    def examine(self, encoded: bytes) -> tuple[int, bool]:
        """Return the longer side of a clip in pixels, and whether it is grey; see ``clip_files.examine``."""
        side, grey = self._decoders.ask("examine clip", encoded, {})
        return int(side), bool(grey)
