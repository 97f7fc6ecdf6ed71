"""From a sound file to samples: read by soundfile, mixed to one channel, resampled by soxr, cut or padded."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.core.errors import UserError
from explorer.core.extras import extra_line
from explorer.core.recipe import DataOptions
from explorer.core.types import FloatArray
from explorer.data.decoding.decode_each import spread
from explorer.data.listing import Watch
from explorer.data.pictures import PictureError, Pictures

ENDINGS = frozenset(
    ".wav .wave .flac .ogg .oga .opus .mp3 .aif .aiff .aifc .au .snd .caf .w64 .rf64 .sph".split()  # noqa: SIM905
)
"""Extensions of sound files that are opened; what is in the file is told from its content."""
SAMPLED = 256
"""Recordings by which rate and length are chosen."""
MOST_CHANNELS, MOST_RATE = 64, 1_000_000
MOST_BYTES = 1 << 30
"""Of the samples of one file in memory, all channels."""
HIGHEST_CHOSEN, LONGEST_CHOSEN = 16_000, 4.0
"""Hertz and seconds that are chosen at most where nobody sets them: speech needs no more, and networks cost by both."""
SHARE = 0.9
"""Share of the recordings that the chosen length holds whole."""
LONGEST_HEARD = 300
"""Seconds of a recording that are listened to at most, from its beginning."""
STREAMED = 0x7FFFFFF0
"""Bytes that a WAV promises which was written before its length was known."""
UNKNOWN_LENGTH = 1 << 60


@dataclass(frozen=True, slots=True)
class Sampling:
    """Samples a second, a multiple of 10, and tenths of a second of every recording."""

    rate: int
    tenths: int

    @property
    def count(self) -> int:
        """Samples of a recording."""
        return self.rate // 10 * self.tenths


def require_sound() -> None:
    """Check that the packages that read sound are there.

    Raises
    ------
    UserError: if one is not.
    """
    try:
        import soundfile
        import soxr
    except (ImportError, OSError) as error:  # OSError: its library is not
        raise UserError(
            "Recordings need soundfile and soxr", remedy=f"Install them with: {extra_line('sound')}"
        ) from error
    del soundfile, soxr


def _lost(encoded: bytes) -> int:
    """Return how many bytes of sound a WAV promises beyond its end: libsndfile reads one that is cut off silently.

    0 for other formats, and for a WAV that was written as a stream, which promises nothing or all that can be said.
    """
    if encoded[:4] != b"RIFF" or encoded[8:12] != b"WAVE":
        return 0
    at = 12
    while at + 8 <= len(encoded):
        size = int.from_bytes(encoded[at + 4 : at + 8], "little")
        if encoded[at : at + 4] == b"data":
            return size - (len(encoded) - at - 8) if size < STREAMED else 0
        at += 8 + size + size % 2
    return 0


class _Content(io.BytesIO):
    """The content of a file; a damaged one that asks for what is before its beginning is given that.

    An exception would not reach us through C: it would be written to the console of the user.
    """

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        return super().seek(max(0, offset) if whence == io.SEEK_SET else offset, whence)


@contextmanager
def _opened(encoded: bytes) -> Iterator[Any]:
    """Open the content of a file, once what its header claims is checked."""
    import soundfile

    if (lost := _lost(encoded)) > 0:
        raise PictureError(f"cut off: {lost:,} bytes of its sound are missing")
    try:
        with soundfile.SoundFile(_Content(encoded)) as file:
            if not 1 <= file.channels <= MOST_CHANNELS:
                raise PictureError(f"refused: claims {file.channels:,} channels")
            if not 1 <= file.samplerate <= MOST_RATE:
                raise PictureError(f"refused: claims {file.samplerate:,} samples a second")
            yield file
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError) as error:
        raise PictureError("not a sound file that can be read, or a damaged one") from error


def choose_sampling(
    items: Pictures, options: DataOptions, watch: Watch, examined: Callable[[bytes], tuple[int, float]]
) -> Sampling:
    """Return how recordings are sampled: as ``options`` say, else the median rate and a length that holds most whole.

    ``examined``: see ``examine``. Capped by ``HIGHEST_CHOSEN`` and ``LONGEST_CHOSEN``.
    """
    rates, lengths = [], []
    if not (options.rate and options.seconds):
        with items.reading() as read:
            for index in spread(len(items), SAMPLED):
                watch.check()
                try:
                    found, seconds = examined(read(index))
                except PictureError:
                    continue
                rates.append(found)
                lengths += [seconds] if seconds else []
    rate = options.rate or min(float(np.median(rates)) if rates else HIGHEST_CHOSEN, HIGHEST_CHOSEN)
    seconds = options.seconds or min(float(np.quantile(lengths, SHARE)) if lengths else 1.0, LONGEST_CHOSEN)
    return Sampling(max(100, 10 * round(rate / 10)), max(1, int(np.ceil(10 * seconds - 1e-6))))


def examine(encoded: bytes) -> tuple[int, float]:
    """Return the samples a second of a sound file and how many seconds it lasts, 0 where it does not say.

    Raises
    ------
    PictureError: if it cannot be opened.
    """
    with _opened(encoded) as file:
        return file.samplerate, file.frames / file.samplerate if 0 < file.frames < UNKNOWN_LENGTH else 0.0


def samples(encoded: bytes, sampling: Sampling) -> FloatArray:
    """Return the samples (count,) float32 of a sound file: its middle where it is longer, within silence where shorter.

    Raises
    ------
    PictureError: if it cannot be decoded, holds no sound, or claims more than is read.
    """
    wave = read_wave(encoded, sampling.rate, sampling.count)
    if len(wave) >= sampling.count:
        start = (len(wave) - sampling.count) // 2
        return wave[start : start + sampling.count]
    before = (sampling.count - len(wave)) // 2
    return np.pad(wave, (before, sampling.count - len(wave) - before))


def read_wave(encoded: bytes, rate: int, most: int) -> FloatArray:
    """Return the samples (M,) float32 of a sound file at ``rate``, of its middle where that gives more than ``most``.

    Raises
    ------
    PictureError: see ``samples``.
    """
    with _opened(encoded) as file:
        wanted = int(np.ceil(most * file.samplerate / rate)) + 1
        if wanted * file.channels * 4 > MOST_BYTES:
            raise PictureError("refused: so many channels and samples a second take more than 1 GB")
        if wanted < file.frames < UNKNOWN_LENGTH and file.seekable():
            file.seek((file.frames - wanted) // 2)
        mixed = file.read(wanted, dtype="float32", always_2d=True).mean(axis=1)
        found = file.samplerate
    return resampled(_checked(mixed), found, rate)


def read_beginning(encoded: bytes, rate: int) -> FloatArray:
    """Return the samples (M,) float32 of a sound file at ``rate``, of its first five minutes where it is longer.

    Raises
    ------
    PictureError: see ``samples``.
    """
    with _opened(encoded) as file:
        wanted = min(LONGEST_HEARD * file.samplerate, MOST_BYTES // (4 * file.channels))
        mixed = file.read(wanted, dtype="float32", always_2d=True).mean(axis=1)
        found = file.samplerate
    return resampled(_checked(mixed), found, rate)


def _checked(wave: FloatArray) -> FloatArray:
    if not len(wave):
        raise PictureError("holds no sound")
    if not np.isfinite(wave).all():
        raise PictureError("holds numbers that are not finite")
    return wave


def resampled(wave: FloatArray, found: int, rate: int) -> FloatArray:
    """Return samples (M,), ``found`` of them a second, as float32 of which ``rate`` are.

    Raises
    ------
    PictureError: if that leaves none.
    """
    import soxr

    made = np.asarray(wave if found == rate else soxr.resample(wave, found, rate), np.float32)
    if not len(made):
        raise PictureError("holds no sound")
    return made
