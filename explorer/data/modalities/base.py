"""What a modality is: how an item is called, loaded, shown, compared before training, and which encoder reads it."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions, Part
from explorer.core.registry import Parameters, catalogue, create
from explorer.core.types import RETRIEVAL, ByteArray, FloatArray, IntArray
from explorer.data.cache import joined as in_cache
from explorer.data.growth import Growth
from explorer.data.pictures import WHITE

if TYPE_CHECKING:
    from explorer.data.listing import Listing, Watch
    from explorer.data.pictures import Pictures

Inputs = ByteArray | FloatArray
"""What an encoder reads, (N, H, W, C): uint8, which is fed to it as 0 to 1, or float32, which is fed as it is."""

Shape = tuple[int, int, int]
"""Height, width and channels of one item."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The items of a listing that could be loaded.

    ``inputs`` (M, H, W, C), read-only; ``key`` stands for them and for how they were made; ``skipped``: why others
    could not be, by their position in the listing; ``originals``: of all items of the listing, None where there are
    none; ``white``: the value of 16-bit pictures that is white; ``notes``: what was guessed; ``thumbnails``
    (M, H, W, C) uint8, C 1 or 3, read-only: how the items look, where that is not seen in their inputs.
    ``growth``: which of them are there by now, where they were begun with before all were.
    """

    inputs: Inputs
    key: str
    skipped: Mapping[int, str]
    originals: Pictures | None = None
    white: int = WHITE
    notes: tuple[str, ...] = ()
    thumbnails: ByteArray | None = None
    growth: Growth | None = None


class Modality:
    """A kind of items, a part of kind ``modality``; what differs between kinds is asked here and nowhere else.

    ``noun``, one with the article a, and ``plural``: what an item is called; ``raw``: what is compared untrained;
    ``from_files``: whether an item is a file, or a row of a file; ``asked_by``: the endings of files by each of which
    data can be asked as by an item, and which are the items where these are files; ``beside_others``: such files often
    lie beside the items of another kind and only describe them, so that they are items where there are no others;
    ``by_ending``: whether a file of such an ending is such an item; of a kind that joins others it is one of theirs;
    ``in_folders``: those of these endings that are items only in a folder of the set, as a class; elsewhere such a file
    is a set of its own;
    ``options``: the names of the data options that it looks at; ``typed``: whether an item is a text that can be typed;
    ``loss`` and ``sampler``: those to begin with, where they are not the default ones;
    ``encoder``: the one to begin with, ``encoder_reads``: the modalities that it reads, told without importing it, and
    ``other_encoders`` that read it too; ``augment``: what ``auto`` is for it, where that does not read it;
    ``moves``: whether an item has several pictures, which are played or are of it turned; ``sounds``: whether it can be
    listened to;
    ``protocol``: by which such items are measured where none is chosen;
    ``when_unlabelled``: what to do where a loss needs classes and there are none.
    """

    name: ClassVar[str]
    noun: ClassVar[str]
    plural: ClassVar[str]
    raw: ClassVar[str]
    from_files: ClassVar[bool]
    asked_by: ClassVar[frozenset[str]] = frozenset()
    by_ending: ClassVar[bool] = True
    beside_others: ClassVar[bool] = False
    typed: ClassVar[bool] = False
    options: ClassVar[tuple[str, ...]] = ()
    in_folders: ClassVar[frozenset[str]] = frozenset()
    loss: ClassVar[Part | None] = None
    sampler: ClassVar[Part | None] = None
    encoder: ClassVar[Part]
    encoder_reads: ClassVar[frozenset[str]]
    other_encoders: ClassVar[tuple[str, ...]] = ()
    augment: ClassVar[str] = "none"
    moves: ClassVar[Literal["", "plays", "turns"]] = ""
    sounds: ClassVar[bool] = False
    protocol: ClassVar[str] = RETRIEVAL
    when_unlabelled: ClassVar[str]

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @property
    def entry(self) -> str:
        """What one item is in the data as they come: ``file`` or ``row``."""
        return "file" if self.from_files else "row"

    def described(self, shape: Shape) -> str:
        """Return what data of this kind and shape are, in the plural."""
        return self.plural

    def unlike(self, name: str, shape: Shape, main: str, main_shape: Shape) -> UserError:
        """Return why data of this kind cannot be added to main ones of another shape."""
        return UserError(
            f"{name} has {self.described(shape)}, {main} {self.described(main_shape)}",
            remedy=f"Open the second one with {self.opened_alike(main_shape)}",
        )

    def opened_alike(self, shape: Shape) -> str:
        """Return in words with what options other data get this ``shape`` too."""
        raise NotImplementedError

    def alike(self, options: DataOptions, shape: Shape) -> DataOptions:
        """Return the options by which other data get this ``shape`` too."""
        return options

    def columns(self, ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return what the names of items say beside their class, one text an item for each column."""
        return {}

    def load(self, listing: Listing, options: DataOptions, watch: Watch, cache_folder: Path | None) -> Loaded:
        """Load the items of a listing of this kind.

        Raises
        ------
        UserError: if the cache cannot be written; Cancelled: if the user cancels.
        """
        raise NotImplementedError

    def joined(self, first: Inputs, second: Inputs, key: str, cache_folder: Path | None) -> Inputs:
        """Return the inputs of two datasets of one shape in one, read-only; ``key`` stands for both.

        Those of files are mapped from the cache, as they were before.
        """
        if self.from_files:
            return in_cache(first, second, key, cache_folder).pixels
        both: Inputs = np.concatenate([first, second])
        both.setflags(write=False)
        return both

    def read(self, path: Path, shape: Shape, white: int = WHITE) -> Inputs:
        """Return the input (1, H, W, C) that one file becomes, where data are ``asked_by`` such; ``white`` as loaded.

        Raises
        ------
        UserError: if it cannot be read.
        """
        raise NotImplementedError

    def decoded(self, encoded: bytes, shape: Shape, name: str, white: int = WHITE) -> Inputs:
        """Return the input (1, H, W, C) that the content of one file becomes, where items come ``from_files``.

        Raises
        ------
        UserError: if it cannot be decoded; ``name``: how it is called there.
        """
        raise NotImplementedError

    def rows(self, inputs: Inputs, items: IntArray | None = None, *, like: Inputs | None = None) -> Inputs:
        """Return what is compared before any training, one row (P,) an item; ``items``: of these alone.

        ``like``: the inputs (N, H, W, C) that they are compared with, where these are some of others.
        """
        return inputs.reshape(len(inputs), -1) if items is None else inputs[items].reshape(len(items), -1)

    def previews(self, inputs: Inputs) -> ByteArray | None:
        """Return a small picture (N, H, W, C) uint8 of every item, C 1 or 3; None where items have none.

        Cheap where it is the inputs themselves; of other kinds it is asked for a few, and ``Loaded`` has them for all.
        """
        return None

    def in_words(self, input: Inputs) -> bool:
        """Return whether an item (H, W, C) is shown by its words, though others of its kind have a picture."""
        return False

    def words(self, name: str, input: Inputs | None = None) -> str:
        """Return the words that stand for an item where it has no picture, by its id, or by its ``input`` (H, W, C)."""
        return short_id(name)

    def full_picture(self, encoded: bytes, white: int = WHITE) -> ByteArray:
        """Return the large picture (H, W, 3) uint8 of an item from its original; not for the GUI thread.

        Raises
        ------
        PictureError: if it cannot be decoded.
        """
        raise NotImplementedError

    def moving(self, item: Inputs, encoded: bytes | None) -> ByteArray:
        """Return the pictures (F, H, W, C) uint8 of an item that ``moves``, in their order; not for the GUI thread.

        ``item``: its input (H, W, C); ``encoded``: its original, where there is one.

        Raises
        ------
        PictureError: if it cannot be decoded.
        """
        raise NotImplementedError

    def wave(self, item: Inputs, encoded: bytes | None, rate: int) -> FloatArray:
        """Return the samples (M,) float32, ``rate`` a second, of an item that ``sounds``; not for the GUI thread.

        ``item``: its input (H, W, C); ``encoded``: its original, where there is one.

        Raises
        ------
        PictureError: if it cannot be decoded.
        """
        raise NotImplementedError


def short_id(name: str) -> str:
    """Return what tells an id from those beside it: the row of ``file[row]``, or the last part of a path."""
    head, bracket, row = name.rpartition("[")
    if bracket and head and row.endswith("]"):
        return row[:-1]
    return name.rstrip("/").rpartition("/")[2] or name


@functools.cache
def modality_named(name: str) -> Modality:
    """Return a modality.

    Raises
    ------
    UserError: if there is none of that name.
    """
    made: Modality = create("modality", name, {})
    return made


def modalities() -> tuple[Modality, ...]:
    """Return all modalities whose packages are installed."""
    return tuple(modality_named(name) for name, entry in catalogue("modality").items() if entry.available)
