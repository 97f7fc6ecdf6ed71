"""A set of items of one modality, ready to be shown and trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from typing import Literal, TypedDict, TypeVar

import numpy as np

from explorer.core.errors import UserError
from explorer.core.pair_lists import PairList
from explorer.core.recipe import DataOptions
from explorer.core.tally import tally
from explorer.core.targets import Target, target_of
from explorer.core.text_column import TextColumn
from explorer.core.types import (
    REGRESSION,
    RETRIEVAL,
    UNLABELLED,
    BoolArray,
    ByteArray,
    FloatArray,
    IntArray,
    Report,
    frozen,
)
from explorer.data import names
from explorer.data.cache import joined
from explorer.data.decoding.quiet import quiet_decoders
from explorer.data.growth import Growth
from explorer.data.labels.part_names import SPLIT_COLUMN
from explorer.data.listing import digest
from explorer.data.modalities.base import Inputs, Modality, Shape
from explorer.data.pictures import WHITE, JoinedPictures, PictureError, Pictures

Role = Literal["test", "gallery"]
FIRST_LOOKED_AT = 1 << 16
"""Items of which it is looked at once whether one has a class."""
T = TypeVar("T")


class _Sets(TypedDict):
    label_sets: BoolArray | None
    set_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Items with labels, further columns and what an encoder reads of them.

    Attributes
    ----------
    uri: what opens it again: an absolute path, or ``sample:NAME``.
    ids: a relative path each (of vectors: what the file calls them, else file and row), unique, in a stable order.
    labels: (N,) int64 into ``class_names``; -1 where unlabelled.
    columns: one text per item for each further column: split, level1, writer, …
    fingerprint: stands for the pictures, how they are decoded, and what the labels and columns say.
    modality: what the items are.
    inputs: what an encoder reads, read-only: (N, S, S, C) uint8 pixels mapped from the cache, C 1 or 3; of vectors
        (N, 1, 1, D) float32, finite; see ``Inputs``.
    originals: where the items are read from as they came, None where they are rows of a file.
    label_sets: (N, S) bool, read-only: which of ``set_names`` an item has, where the source gives several an item.
    white: the value of 16-bit pictures that is white.
    pairs: lists of pairs of the items that came with them, to be verified.
    reading: the data options by which other data are read as these were, where they were guessed.
    thumbnails: (N, H, W, C) uint8, read-only: how the items look, where that is not seen in ``inputs``.
    target: a number of every item that is learned, where one was chosen.
    class_sizes: (C + 1,) int64, read-only: how many items have no class, and how many have each.
    growth: which items are there by now, where it was opened before all were decoded; the inputs of others are zeros.
    """

    name: str
    uri: str
    ids: TextColumn
    labels: IntArray
    class_names: tuple[str, ...]
    columns: Mapping[str, TextColumn]
    fingerprint: str
    report: Report
    modality: Modality
    inputs: Inputs
    originals: Pictures | None = None
    label_sets: BoolArray | None = None
    set_names: tuple[str, ...] = ()
    white: int = WHITE
    thumbnails: ByteArray | None = None
    pairs: tuple[PairList, ...] = ()
    reading: Mapping[str, str] = field(default_factory=dict)
    growth: Growth | None = None
    target: Target | None = None
    class_sizes: IntArray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_sizes", frozen(tally(self.labels, len(self.class_names))))

    @property
    def growing(self) -> bool:
        """Whether items are still being decoded."""
        return self.growth is not None and not self.growth.over

    @property
    def whole(self) -> bool:
        """Whether every item is there: none is still being decoded, and none was left out when it was cancelled."""
        return self.growth is None or self.growth.mask() is None

    def check_all_there(self) -> None:
        """Refuse what needs all items while some are still being decoded.

        Raises
        ------
        UserError: if some are.
        """
        if self.growth is not None and not self.whole:
            raise UserError(
                f"{len(self.growth):,} of {len(self):,} {self.modality.plural} are decoded as yet, and this needs all",
                remedy="Open the data again" if self.growth.cancelled else "Try again when all are",
            )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def shape(self) -> Shape:
        """Height, width and channels of every item; (1, 1, D) for vectors."""
        _, height, width, channels = self.inputs.shape
        return height, width, channels

    def read_alike(self, options: DataOptions) -> DataOptions:
        """Return the options with what was guessed of these data, by which other data become as these are."""
        white = {} if self.white == WHITE else {"white": self.white}
        return options.model_copy(update={**white, **self.reading})

    @property
    def previews(self) -> ByteArray | None:
        """A small picture (N, H, W, C) uint8 of every item, read-only; None where items have none."""
        return self.modality.previews(self.inputs) if self.thumbnails is None else self.thumbnails

    @property
    def labelled(self) -> bool:
        """Whether any item has a class: asked often, so that of many millions the first that has one is enough."""
        starts = range(0, len(self.labels), FIRST_LOOKED_AT) if self.class_names else ()
        return any(bool((self.labels[start : start + FIRST_LOOKED_AT] != UNLABELLED).any()) for start in starts)

    @property
    def measurable(self) -> bool:
        """Whether there is something to measure: classes, a number, or what belongs together without any."""
        return self.labelled or self.protocol != RETRIEVAL

    @property
    def protocol(self) -> str:
        """The protocol by which the items are measured unless another is chosen."""
        return REGRESSION if self.target is not None else self.modality.protocol

    def class_name(self, index: int) -> str:
        """Return the name of an item's class, empty where it has none."""
        label = int(self.labels[index])
        return self.class_names[label] if label >= 0 else ""

    def path(self, index: int) -> str:
        """Return where the original of an item lies, for people to read."""
        return self.ids[index] if self.originals is None else self.originals.path(index)

    def preview(self, index: int) -> ByteArray | str:
        """Return how an item is shown: a small picture (H, W, C) uint8, or words; cheap, safe on the GUI thread."""
        previews = self.previews
        coming = self.growth is not None and not self.growth.ready[index]
        if previews is None or coming or self.modality.in_words(self.inputs[index]):
            return self.words(index)
        return np.asarray(previews[index])

    def words(self, index: int) -> str:
        """Return the words that stand for an item: a text is its own, of others it is the id in short."""
        return self.modality.words(self.ids[index], self.inputs[index])

    def full_picture(self, index: int) -> ByteArray:
        """Decode the original of an item to (H, W, 3) uint8, at most 512 pixels a side; not for the GUI thread.

        Raises
        ------
        UserError: if there is none, the file is gone, or it cannot be decoded any more.
        """
        if self.originals is None:
            raise UserError(f"{self.name} holds {self.modality.plural} without files of their own")
        quiet_decoders()
        try:
            with self.originals.reading() as read:
                return self.modality.full_picture(read(index), self.white)
        except PictureError as error:
            raise UserError(f"{self.path(index)}: {error.reason}") from error

    def moving(self, index: int) -> ByteArray:
        """Return the pictures (F, H, W, C) uint8 of an item that moves, in their order; not for the GUI thread.

        Raises
        ------
        UserError: if its original is gone, or cannot be decoded any more.
        """
        return self._of_original(index, self.modality.moving)

    def wave(self, index: int, rate: int) -> FloatArray:
        """Return the samples (M,) float32, ``rate`` a second, of an item that sounds; not for the GUI thread.

        Raises
        ------
        UserError: if its original is gone, or cannot be decoded any more.
        """
        return self._of_original(index, lambda item, encoded: self.modality.wave(item, encoded, rate))

    def _of_original(self, index: int, make: Callable[[Inputs, bytes | None], T]) -> T:
        """Return what is made of an item and of its original, where there is one."""
        item = np.asarray(self.inputs[index])
        if self.originals is None:
            return make(item, None)
        try:
            with self.originals.reading() as read:
                return make(item, read(index))
        except PictureError as error:
            raise UserError(f"{self.path(index)}: {error.reason}") from error

    def combined(self, other: Dataset, role: Role, *, cache_folder: Path | None = None) -> Dataset:
        """Return this dataset followed by ``other`` as its test or gallery part; classes are joined by name.

        The column ``split`` says ``role`` for the items of ``other``; items of this dataset without one say ``train``.

        Raises
        ------
        UserError: if the two were decoded to different shapes, or the cache cannot be written.
        """
        _check_alike(self, other)
        class_names, labels = _joined_classes(self, other)
        columns = _joined_columns(self, other, role)
        fingerprint = digest([self.fingerprint, other.fingerprint, role])
        return Dataset(
            name=f"{self.name} + {other.name}",
            uri=self.uri,
            ids=TextColumn.of(names.unique((*self.ids, *(f"{role}/{name}" for name in other.ids)))),
            labels=labels,
            class_names=class_names,
            columns=columns,
            fingerprint=fingerprint,
            report=_joined_report(self, other, role, len(class_names)),
            modality=self.modality,
            inputs=self.modality.joined(self.inputs, other.inputs, fingerprint, cache_folder),
            originals=JoinedPictures(self.originals, other.originals) if self.originals and other.originals else None,
            white=self.white,
            reading=self.reading,
            pairs=(*self.pairs, *(one.behind(len(self)) for one in other.pairs)),
            thumbnails=_joined_thumbnails(self, other, fingerprint, cache_folder),
            target=_joined_target(self, columns, (labels, class_names)),
            **_joined_sets(self, other),
        )


def _check_alike(first: Dataset, second: Dataset) -> None:
    """Raise a ``UserError`` where two datasets cannot stand in one."""
    kind, other = first.modality, second.modality
    if kind.name != other.name:
        raise UserError(
            f"{second.name} holds {other.plural}, {first.name} {kind.plural}", remedy="Add data of the same kind"
        )
    if first.shape != second.shape:
        raise kind.unlike(second.name, second.shape, first.name, first.shape)


def _joined_classes(first: Dataset, second: Dataset) -> tuple[tuple[str, ...], IntArray]:
    known = {name: i for i, name in enumerate(first.class_names)}
    new = [name for name in second.class_names if name not in known]
    number = known | {name: len(known) + i for i, name in enumerate(new)}
    # One more at the end, so that -1 (unlabelled) stays -1.
    renumbered = np.array([*(number[name] for name in second.class_names), UNLABELLED], dtype=np.int64)
    labels = np.concatenate([first.labels, renumbered[second.labels]])
    return (*first.class_names, *new), frozen(labels)


def _joined_columns(first: Dataset, second: Dataset, role: Role) -> dict[str, TextColumn]:
    def both(name: str) -> Iterator[str]:
        for dataset in (first, second):
            yield from dataset.columns.get(name) or TextColumn.repeated("", len(dataset))

    columns = {name: TextColumn.of(both(name)) for name in dict.fromkeys([*first.columns, *second.columns])}
    own = first.columns.get(SPLIT_COLUMN) or TextColumn.repeated("", len(first))
    columns[SPLIT_COLUMN] = TextColumn.of(chain((value or "train" for value in own), repeat(role, len(second))))
    return columns


def _joined_target(
    first: Dataset, columns: Mapping[str, TextColumn], classes: tuple[IntArray, tuple[str, ...]]
) -> Target | None:
    """Return the target of both: what was added has the column too, or no number."""
    own = first.target
    return None if own is None else target_of(columns, own.name, own.period, classes)


def _joined_report(first: Dataset, second: Dataset, role: Role, classes: int) -> Report:
    notes = (*first.report.notes, *(f"{role}: {note}" for note in second.report.notes))
    skipped = (*first.report.skipped, *second.report.skipped)
    return Report(first.report.kept + second.report.kept, classes, skipped, notes, first.report.read_as)


def _joined_thumbnails(first: Dataset, second: Dataset, key: str, folder: Path | None) -> ByteArray | None:
    if first.thumbnails is None or second.thumbnails is None:
        return None
    return joined(first.thumbnails, second.thumbnails, f"{key}-thumbnails", folder).pixels  # type: ignore[return-value]


def _joined_sets(first: Dataset, second: Dataset) -> _Sets:
    """Return the sets of labels of both, joined by name; none where one of them has none."""
    if first.label_sets is None or second.label_sets is None:
        return {"label_sets": None, "set_names": ()}
    set_names = (*first.set_names, *(name for name in second.set_names if name not in first.set_names))
    sets = np.zeros((len(first) + len(second), len(set_names)), dtype=np.bool_)
    sets[: len(first), : len(first.set_names)] = first.label_sets
    sets[len(first) :, [set_names.index(name) for name in second.set_names]] = second.label_sets
    return {"label_sets": frozen(sets), "set_names": set_names}
