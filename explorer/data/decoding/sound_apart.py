"""Recordings, those that are compressed decoded in workers that can be killed: see ``decode_apart``.

Plain samples (WAV and AIFF) are copied and not decoded: where one is, they take a quarter of the time.
"""

from __future__ import annotations

from dataclasses import asdict
from types import TracebackType

import numpy as np

from explorer.core.recipe import DataOptions
from explorer.core.types import FloatArray
from explorer.data.decoding import decode_sound
from explorer.data.decoding.decode_apart import Decoders
from explorer.data.decoding.decode_sound import Sampling
from explorer.data.listing import CancelledCall, Watch, never
from explorer.data.pictures import Pictures

PLAIN_TAGS = frozenset({1, 3, 0xFFFE})
"""What a WAV of plain samples calls them: integers, floats, or one of these with more to be said."""


def is_apart(encoded: bytes) -> bool:
    """Whether a recording is decoded in a worker, by its first bytes."""
    if encoded[:4] == b"RIFF" and encoded[8:16] == b"WAVEfmt ":
        return int.from_bytes(encoded[20:22], "little") not in PLAIN_TAGS
    return not (encoded[:4] == b"FORM" and encoded[8:12] == b"AIFF")


class SoundDecoders:
    """Does what ``decode_sound`` does, in workers where that is needed; use it in ``with``, which ends them."""

    def __init__(self, cancelled: CancelledCall = never) -> None:
        self._decoders = Decoders(cancelled=cancelled)

    def __enter__(self) -> SoundDecoders:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._decoders.__exit__(kind, error, trace)

    def samples(self, encoded: bytes, sampling: Sampling) -> FloatArray:
        """Return the samples (count,) of a recording; see ``decode_sound.samples``."""
        if not is_apart(encoded):
            return decode_sound.samples(encoded, sampling)
        return np.asarray(self._decoders.ask("sound", encoded, asdict(sampling)), np.float32)

    def wave(self, encoded: bytes, rate: int, most: int) -> FloatArray:
        """Return the samples (M,) of a recording or of its middle; see ``decode_sound.read_wave``."""
        if not is_apart(encoded):
            return decode_sound.read_wave(encoded, rate, most)
        return np.asarray(self._decoders.ask("wave", encoded, {"rate": rate, "most": most}), np.float32)

    def beginning(self, encoded: bytes, rate: int) -> FloatArray:
        """Return the samples (M,) of the first minutes of a recording; see ``decode_sound.read_beginning``."""
        if not is_apart(encoded):
            return decode_sound.read_beginning(encoded, rate)
        return np.asarray(self._decoders.ask("beginning", encoded, {"rate": rate}), np.float32)

    def examine(self, encoded: bytes) -> tuple[int, float]:
        """Return the samples a second of a recording and how many seconds it lasts; see ``decode_sound.examine``."""
        if not is_apart(encoded):
            return decode_sound.examine(encoded)
        rate, seconds = self._decoders.ask("examine sound", encoded, {})
        return int(rate), float(seconds)


def choose_sampling(items: Pictures, options: DataOptions, watch: Watch) -> Sampling:
    """Return how recordings are sampled; see ``decode_sound.choose_sampling``."""
    with SoundDecoders(watch.cancelled) as decoders:
        return decode_sound.choose_sampling(items, options, watch, decoders.examine)
