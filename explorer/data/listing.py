"""What a source finds before anything is loaded: names, labels, columns, and what the modality makes items of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

import numpy.typing as npt

from explorer.core.errors import Cancelled, printable
from explorer.core.pair_lists import PairList
from explorer.core.recipe import DataOptions
from explorer.core.types import UNLABELLED, BoolArray, ByteArray, IntArray, Skipped
from explorer.data import names
from explorer.data.bids import Bid
from explorer.data.labels.folder_structure import FOLDERS, NAMES, labels_by_folder, relabelled
from explorer.data.pictures import Pictures, state_of

if TYPE_CHECKING:
    from explorer.data.modalities.base import Loaded, Modality

ProgressCall = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and how many there are (0: not known)."""

CancelledCall = Callable[[], bool]


DIGESTED_AT_ONCE = 20_000


def silent(text: str, done: int, total: int) -> None:
    """Take a progress report and show nothing."""


def never() -> bool:
    """Answer that nobody has cancelled."""
    return False


@dataclass(frozen=True, slots=True)
class Watch:
    """How a long job reports and is stopped.

    ``begun``: called with the items of a large set once some of them are there; see ``Loaded.growth``. None: nobody
    begins before all are. ``soon``: somebody waits for them, so that fewer are large.
    ``occupied``: whether this process has something else to do, so that pictures are better decoded in others;
    ``occupied_soon``: it will have before the end, and is then left alone at once.
    """

    progress: ProgressCall = silent
    cancelled: CancelledCall = never
    begun: Callable[[Loaded], None] | None = None
    soon: bool = False
    occupied: Callable[[], bool] = never
    occupied_soon: bool = False

    def check(self) -> None:
        """Raise ``Cancelled`` where the user has cancelled."""
        if self.cancelled():
            raise Cancelled


@dataclass(frozen=True, slots=True)
class Listing:
    """A dataset before its items are loaded.

    ``ids`` are unique; ``labels`` (N,) int64, -1 where unlabelled. ``modality``: what the items are; ``items``: what it
    loads them from, encoded ``Pictures``, or vectors (N, D) float32, read-only and finite. ``content`` is a digest
    of the names, sizes and times (or checksums) of the files, in their order, or of the numbers. ``label_sets`` (N, S)
    bool: which of ``set_names`` an item has, where it may have several. ``read_as``: as what it was read, and why.
    ``thumbnails`` (N, h, w, C) uint8: how the items look, where those came with them.
    ``pairs``: lists of pairs of them that are to be verified. ``reading``: the data options by which others are read
    as these were, where they were guessed. ``table``: among the files, what says their classes, as a path below.
    """

    name: str
    uri: str
    ids: Sequence[str]
    labels: IntArray
    class_names: tuple[str, ...]
    columns: Mapping[str, Sequence[str]]
    modality: str
    items: Any
    content: str
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    label_sets: BoolArray | None = None
    set_names: tuple[str, ...] = ()
    read_as: str = ""
    thumbnails: ByteArray | None = None
    pairs: tuple[PairList, ...] = ()
    reading: Mapping[str, str] = field(default_factory=dict)
    table: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    def with_pairs(self, pairs: tuple[PairList, ...], notes: Sequence[str]) -> Listing:
        """Return the listing with lists of pairs, and with what is to be said of them."""
        return replace(self, pairs=(*self.pairs, *pairs), notes=(*notes, *self.notes))


class Source(Protocol):
    """A part of kind ``source``: bids for a spec, and lists what is there."""

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Return how sure it is that ``spec`` is its own, or nothing where it is not.

        Must not raise, and must be cheap: names, and a peek of bytes; never a whole file.
        """

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List ``spec``.

        Raises
        ------
        UserError: if it cannot be read or holds no pictures or vectors.
        Cancelled: if the user cancels.
        """


def digest(rows: Iterable[str], numbers: npt.NDArray[Any] | None = None) -> str:
    """Return 32 hexadecimal digits that stand for ``rows`` and their order.

    ``numbers``: a row behind the first one, which is their bytes in hexadecimal.
    """
    state, rest, between = hashlib.blake2b(digest_size=16), iter(rows), ""
    if numbers is not None:
        state.update((next(rest) + "\0").encode("utf-8", "surrogateescape"))
        for start in range(0, len(numbers), DIGESTED_AT_ONCE):
            state.update(numbers[start : start + DIGESTED_AT_ONCE].tobytes().hex().encode("ascii"))
        between = "\0"
    while part := list(islice(rest, DIGESTED_AT_ONCE)):
        state.update((between + "\0".join(part)).encode("utf-8", "surrogateescape"))
        between = "\0"
    return state.hexdigest()


def kept_under(key: str, listing: Listing) -> str:
    """Return the key of the cache for what ``key`` stands for, as the files of a listing lie there now."""
    state = state_of(listing.items)
    return digest([key, state]) if state else key


def left_over(others: int, modality: Modality) -> list[str]:
    """Return what is said of so many files that nothing is made of."""
    one, many = f"file that is not a {modality.noun}", f"files that are not {modality.plural}"
    return [f"Beside them: {names.several(others, one, many)}"] * bool(others)


def laid_out(
    *,
    name: str,
    uri: str,
    ids: tuple[str, ...],
    items: Pictures,
    modality: Modality,
    content: str,
    skipped: Sequence[Skipped],
    others: int,
    notes: Sequence[str] = (),
    label_column: str = "",
) -> Listing:
    """Return the listing of files whose folders say what they are; ``others`` counts files that nothing is made of.

    Raises
    ------
    UserError: if they say no ``label_column``.
    """
    found = labels_by_folder(ids)
    if label_column:
        found = relabelled(found, label_column)
    said = left_over(others, modality)
    said += notes
    if not found.class_names:
        said.append(f"No class folders: the {modality.plural} are unlabelled")
    elif found.said_by != NAMES and (unlabelled := int((found.labels == UNLABELLED).sum())):
        told = names.several(unlabelled, modality.noun, modality.plural)
        by_folders, column = found.said_by == FOLDERS, printable(found.said_by)
        without = f"{told} beside the class folders" if by_folders else f"{told} without a value of {column}"
        said.append(f"{without}: unlabelled")
    said += found.notes
    outside = f"lies outside {' and '.join(found.split_folders)}"
    return Listing(
        name=name,
        uri=uri,
        ids=tuple(ids[i] for i in found.kept.tolist()),
        labels=found.labels,
        class_names=found.class_names,
        columns=found.columns,
        modality=modality.name,
        items=items.subset(found.kept) if len(found.outside) else items,
        content=content,
        skipped=(*skipped, *(Skipped(ids[i], outside) for i in found.outside.tolist())),
        notes=tuple(said),
    )
