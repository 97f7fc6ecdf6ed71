"""Recordings: decoded once to one rate and length; their mel bands are compared before training."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions, Part
from explorer.core.registry import register
from explorer.core.types import ByteArray, FloatArray, IntArray
from explorer.data.decoding.decode_sound import ENDINGS, Sampling, require_sound, resampled
from explorer.data.decoding.load_files import Decoded, Decoding, load_files
from explorer.data.decoding.mel import mel_statistics, spectrogram
from explorer.data.decoding.sound_apart import SoundDecoders, choose_sampling
from explorer.data.listing import Listing, Watch
from explorer.data.modalities.base import Inputs, Loaded, Modality, Shape
from explorer.data.pictures import LARGEST_FILE, WHITE, PictureError

DECODER_VERSION = 2
"""Raised when the same file would become other samples or another picture, so that old caches are not used."""
SILENT = "of silence alone"
THUMBNAIL = (64, 64, 3)
LARGE = (320, 512)
LARGE_RATE, LARGE_SECONDS = 16_000, 30
"""Of the picture of the whole original."""


@register("modality", "sound", title="Sound")
class Sound(Modality):
    """Recordings of one rate and length: (N, tenths of a second, samples in a tenth, 1) float32, from the cache."""

    name = "sound"
    noun = "recording"
    plural = "recordings"
    raw = "mel statistics"
    from_files = True
    asked_by = ENDINGS
    encoder = Part(name="mel_cnn")
    encoder_reads = frozenset({"sound"})
    augment = "sound"
    sounds = True
    when_unlabelled = (
        "put each class in a folder of its own, or train without: the loss InfoNCE / NT-Xent (nt_xent) "
        "with two views and the augmentation Sound (sound)"
    )

    def described(self, shape: Shape) -> str:
        """Return what recordings of this rate and length are."""
        return f"recordings of {shape[0] / 10:.1f} s at {10 * shape[1]:,} Hz"

    def opened_alike(self, shape: Shape) -> str:
        """Return with what options other data get this shape."""
        return "data.rate and data.seconds of the first"

    def alike(self, options: DataOptions, shape: Shape) -> DataOptions:
        """Return the options with the rate and length of a shape."""
        return options.model_copy(update={"rate": 10 * shape[1], "seconds": shape[0] / 10})

    def load(self, listing: Listing, options: DataOptions, watch: Watch, cache_folder: Path | None) -> Loaded:
        """Decode the recordings of a listing, or find their samples in the cache."""
        require_sound()
        sampling = choose_sampling(listing.items, options, watch)

        shape = (sampling.tenths, sampling.rate // 10, 1)
        said, nouns = (f"sound {DECODER_VERSION}",), (self.noun, self.plural)
        with SoundDecoders(watch.cancelled) as decoders:

            def decode(encoded: bytes) -> Decoded:
                wave = decoders.samples(encoded, sampling)
                drawn = spectrogram(wave, sampling.rate, *THUMBNAIL[:2])
                return Decoded(_item(wave, sampling), drawn, "" if wave.any() else SILENT)

            how = Decoding(decode, shape, "float32", THUMBNAIL, said, "Reading recordings", nouns)
            return load_files(listing, how, watch, cache_folder, (_told(options, sampling),))

    def read(self, path: Path, shape: Shape, white: int = WHITE) -> Inputs:
        """Decode one sound file as those of a dataset of that ``shape`` are."""
        shown = printable(str(path))
        try:
            if not path.is_file():
                raise UserError(f"{shown} is not a file", remedy="Give one recording")
            if path.stat().st_size > LARGEST_FILE:
                raise UserError(f"{shown} is larger than {LARGEST_FILE >> 20} MB", remedy="Give a part of it")
            return self.decoded(path.read_bytes(), shape, str(path), white)
        except OSError as error:
            raise UserError(f"{shown} cannot be read: {error.strerror or error}", remedy="Give another file") from error

    def decoded(self, encoded: bytes, shape: Shape, name: str, white: int = WHITE) -> Inputs:
        """Decode the content of one sound file as those of a dataset of that ``shape`` are."""
        require_sound()
        sampling = Sampling(10 * shape[1], shape[0])
        try:
            with SoundDecoders() as decoders:
                return _item(decoders.samples(encoded, sampling), sampling)[np.newaxis]
        except PictureError as error:
            raise UserError(
                f"{printable(name)} cannot be read: {error.reason}", remedy="Give another recording"
            ) from error

    def rows(self, inputs: Inputs, items: IntArray | None = None, *, like: Inputs | None = None) -> Inputs:
        """Return mean and deviation of each mel band of the recordings, (N, 2 · bands) float32."""
        chosen = inputs if items is None else inputs[items]
        return mel_statistics(np.asarray(chosen, np.float32).reshape(len(chosen), -1), 10 * inputs.shape[2])

    def previews(self, inputs: Inputs) -> ByteArray:
        """Return a spectrogram of every recording."""
        drawn = [spectrogram(one.reshape(-1), 10 * inputs.shape[2], *THUMBNAIL[:2]) for one in inputs]
        return np.stack(drawn) if drawn else np.empty((0, *THUMBNAIL), np.uint8)

    def full_picture(self, encoded: bytes, white: int = WHITE) -> ByteArray:
        """Draw the spectrogram of the whole recording, or of its middle half minute."""
        require_sound()
        with SoundDecoders() as decoders:
            wave = decoders.wave(encoded, LARGE_RATE, LARGE_RATE * LARGE_SECONDS)
        return spectrogram(wave, LARGE_RATE, *LARGE)

    def wave(self, item: Inputs, encoded: bytes | None, rate: int) -> FloatArray:
        """Return a recording from its beginning; without its original the part of it that is learned from."""
        require_sound()
        if encoded is None:
            return resampled(np.asarray(item, np.float32).reshape(-1), 10 * item.shape[1], rate)
        with SoundDecoders() as decoders:
            return decoders.beginning(encoded, rate)


def _item(wave: FloatArray, sampling: Sampling) -> FloatArray:
    return wave.reshape(sampling.tenths, sampling.rate // 10, 1)


def _told(options: DataOptions, sampling: Sampling) -> str:
    how = f"{sampling.tenths / 10:.1f} s at {sampling.rate:,} Hz of each"
    others = "a shorter one stands in silence, of a longer one its middle is taken"
    chosen = [name for name in ("rate", "seconds") if not getattr(options, name)]
    sets = f"; {' and '.join(f'data.{name}' for name in chosen)} set {'others' if chosen[1:] else 'another'}"
    return f"{how}: {others}{sets if chosen else ''}"
