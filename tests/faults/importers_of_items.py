"""Recordings, clips and shapes: one damaged file beside a whole one, decoded into a set and shown large."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from explorer.core.recipe import DataOptions
from explorer.data.modalities.base import modality_named
from tests.faults.importer import Importer, opens
from tests.helpers.clips import written
from tests.helpers.data import picture
from tests.helpers.shapes import FAMILIES, encoded
from tests.helpers.sound import save_tone


def _two(modality: str, ending: str, write: Callable[[Path, int], object], folder: Path) -> Importer:
    """Write two files, and damage the first."""
    files = [folder / f"{kind}.{ending}" for kind in ("first", "second")]
    folder.mkdir()
    for seed, file in enumerate(files):
        write(file, seed)
    options = DataOptions(modality=modality, size=28 if modality == "video" else 0)
    opened = opens(files[0], folder, options)
    kind = modality_named(modality)

    def read() -> None:
        opened.read()
        if modality != "shapes":  # which are drawn large as they are drawn small, from a million points
            kind.full_picture(files[0].read_bytes())

    return replace(opened, read=read)


def _sound(file: Path, seed: int) -> None:
    save_tone(file, 300 + 50 * seed, 0.1)


def _clip(kind: str, codec: str, file: Path, seed: int) -> None:
    frames = [picture(seed, 32, 32) // 2 + np.uint8(8 * at) for at in range(4)]
    file.write_bytes(written(frames, kind=kind, codec=codec))


def _shape(kind: str, file: Path, seed: int) -> None:
    file.write_bytes(encoded(FAMILIES["table"](0.2 + seed / 4, 0.4), kind))


SOUNDS = ("wav", "flac", "ogg", "mp3", "aiff")
CLIPS = {
    "mp4": ("mp4", "libx264"),
    "webm": ("webm", "libvpx"),
    "avi": ("avi", "mpeg4"),
    "mkv": ("matroska", "mpeg2video"),
}
SHAPES = ("off", "ply", "stl", "obj", "glb")
ITEMS: dict[str, Callable[[Path], Importer]] = {
    **{f"sound {ending}": partial(_two, "sound", ending, _sound) for ending in SOUNDS},
    **{f"clip {ending}": partial(_two, "video", ending, partial(_clip, *how)) for ending, how in CLIPS.items()},
    **{f"shape {ending}": partial(_two, "shapes", ending, partial(_shape, ending)) for ending in SHAPES},
}
