"""Opening a dataset: find its source, list it, decode it into the cache; vectors need no decoding."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import cast

import numpy as np

from explorer.core.addresses import refuse_address
from explorer.core.collecting import not_collecting
from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions, Part, no_such_items
from explorer.core.registry import create
from explorer.core.tally import tally
from explorer.core.targets import Target, target_of
from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray, Report, Skipped, frozen
from explorer.data import names
from explorer.data.bids import SourceBid, bids_for
from explorer.data.dataset import Dataset, Role
from explorer.data.file_kinds import kind_of_ending
from explorer.data.kernel_folders import path_is_of_kernel
from explorer.data.labels.captions import with_captions
from explorer.data.labels.labelling import alike_told
from explorer.data.labels.pair_files import with_pairs
from explorer.data.labels.part_columns import with_parts
from explorer.data.labels.part_names import SPLIT_COLUMN
from explorer.data.layouts.place import forget_places
from explorer.data.listing import (
    CancelledCall,
    Listing,
    ProgressCall,
    Watch,
    digest,
    never,
    silent,
)
from explorer.data.modalities.base import Loaded, Modality, Shape, modalities, modality_named
from explorer.data.split import make_split

BegunCall = Callable[[Dataset], None]
"""Called with a dataset of which some items are there."""

DEFAULT_OPTIONS = DataOptions()
AUTOMATIC = Part(name="auto")
OF_RUN = "Give the data that it was trained on; runs lists saved runs"
REMEDY = "Give a folder, a zip, a CSV, vectors (.npy, .npz, .parquet) or sample:digits"


def _expanded(spec: str) -> str:
    if not spec:
        raise UserError("No data were named", remedy=REMEDY)
    refuse_address(spec)
    return spec if spec.startswith("sample:") else str(Path(spec.removeprefix("file://")).expanduser())


def _unknown(spec: str) -> UserError:
    shown = printable(spec)
    path = Path(spec)
    if not os.path.lexists(path):
        return UserError(f"{shown} does not exist", remedy=REMEDY)
    extension = names.suffix(path.name)
    if extension in (".pt", ".pth", ".pkl", ".pickle", ".joblib"):
        return UserError(
            f"{shown} is a pickle, which can run code when it is read, so it is not",
            remedy="Save the pictures or vectors in another format",
        )
    if extension in names.PACKED:
        return UserError(f"{shown} is packed and not read as it is", remedy="Unpack it and open what is in it")
    if extension in names.NOT_READ:
        return UserError(
            f"{shown} is in a format that is not read",
            remedy="Save what is in it as PNG or JPEG in a folder, and open that",
        )
    if extension in names.READ:
        return UserError(f"{shown} is one picture", remedy="Open the folder that it is in")
    if kind := kind_of_ending().get(extension):
        return UserError(f"{shown} is one {modality_named(kind).noun}", remedy="Open the folder that it is in")
    return UserError(f"{shown} is not a folder, a zip, a CSV or a file of vectors", remedy=REMEDY)


def listing_of(spec: str, options: DataOptions = DEFAULT_OPTIONS, watch: Watch | None = None) -> Listing:
    """List a dataset without loading its items.

    Raises
    ------
    UserError: if it cannot be read. Cancelled: if ``watch`` says so.
    """
    watch = watch or Watch()
    watch.check()
    expanded = _expanded(spec)
    try:
        return _listed(expanded, _bids(expanded, options), options, watch)
    finally:
        forget_places()


def check_there(spec: str, options: DataOptions = DEFAULT_OPTIONS) -> None:
    """Check that some source reads ``spec``, by a peek, before anything takes long.

    Raises
    ------
    UserError: if none does.
    """
    _bids(_expanded(spec), options)


def _check_kind(options: DataOptions) -> None:
    """Check that there are items of the kind that is asked for."""
    known = sorted(one.name for one in modalities())
    if options.modality and options.modality not in known:
        raise no_such_items(options.modality, known)


def _bids(expanded: str, options: DataOptions) -> tuple[SourceBid, ...]:
    if path_is_of_kernel(expanded):
        raise UserError(f"{printable(expanded)} is shown by the kernel and holds no data", remedy=REMEDY)
    if _is_saved_run(Path(expanded)):
        raise UserError(f"{printable(expanded)} is the folder of a saved run, and no data", remedy=OF_RUN)
    _check_kind(options)
    bids = bids_for(expanded, options)
    if not bids:
        raise _unknown(expanded)
    return bids


def _is_saved_run(folder: Path) -> bool:
    """Whether this is what a training wrote: its arrays would be taken for shapes, and its small map for a picture."""
    try:
        items = any((folder / name).is_file() for name in ("items.csv", "items.arrow"))
        return items and any((folder / name).is_file() for name in ("run.json", "metrics.jsonl"))  # or a part of it
    except OSError:  # such as a name that is too long for a path: then it is none
        return False


def _listed(expanded: str, bids: tuple[SourceBid, ...], options: DataOptions, watch: Watch) -> Listing:
    with not_collecting():
        listing = create("source", bids[0].source, {}).listing(expanded, options, watch)
    assert isinstance(listing, Listing)
    named = modality_named(listing.modality).columns(listing.ids)
    told = replace(listing, read_as=bids[0].told, columns={**named, **listing.columns})
    found = with_parts(with_captions(with_pairs(expanded, told), options))
    if options.target_column:  # what is wrong with it is told before all is decoded
        target_of(found.columns, options.target_column, options.target_period, (found.labels, found.class_names))
        found = replace(found, notes=(_told(options), *found.notes))
    return found


def _told(options: DataOptions) -> str:
    """Return what is said of the number that is learned."""
    anew = f", which begins anew after {options.target_period:g}" if options.target_period else ""
    return f"The target is the number in {printable(options.target_column)}{anew}"


def open_dataset(
    spec: str,
    options: DataOptions = DEFAULT_OPTIONS,
    *,
    progress: ProgressCall = silent,
    cancelled: CancelledCall = never,
    cache_folder: Path | None = None,
    begun: BegunCall | None = None,
    soon: bool = False,
    occupied: Callable[[], bool] = never,
) -> Dataset:
    """Open a dataset: list it, then decode it or find its pixels in the cache; vectors are there by then.

    Parameters
    ----------
    spec: ``sample:NAME``, a folder, a zip, a CSV, or a file of vectors.
    progress: called with what is done, how many are done and how many there are (0: not known).
    cancelled: asked about ten times a second.
    cache_folder: where decoded pixels are kept; by default of the user's cache directory.
    begun: called, where the set is large and not in the cache, with the dataset as it will be if every picture can be
        read, once some of them are there: see ``Dataset.growth``. It may be called again, with other inputs, where
        pictures have colour and the first ones had none. What is returned in the end has the same inputs, but where
        pictures could not be read, and is what it would have been without.
    soon, occupied: see ``Watch``.

    Raises
    ------
    UserError: if it cannot be opened, or none of its pictures can be read.
    Cancelled: if the user cancels; nothing half-written stays.
    """
    watch = Watch(progress, cancelled, soon=soon, occupied=occupied)
    listing = listing_of(spec, options, watch)
    modality = modality_named(listing.modality)
    if begun is not None:
        begin = begun
        watch = replace(watch, begun=lambda some: begin(_dataset(listing, modality, some, options)))
    loaded = modality.load(listing, options, watch, cache_folder)
    if (refusal := _none_left(listing, modality, loaded)) is not None:
        raise refusal
    return _dataset(listing, modality, loaded, options)


def _none_left(listing: Listing, modality: Modality, loaded: Loaded) -> UserError | None:
    """Return why data of which no item could be loaded are refused, None for others."""
    if len(loaded.inputs):
        return None
    if not loaded.skipped:
        first_of = [f"; the first, {one.path}: {one.reason}" for one in listing.skipped[:1]]
        told = f"{printable(listing.uri)} holds no {modality.plural} that can be used{''.join(first_of)}"
        return UserError(told, remedy="Check the file")
    first = next(iter(loaded.skipped.items()))
    return UserError(
        f"None of the {names.several(len(listing), modality.noun, modality.plural)} of {listing.uri} can be read; "
        f"the first, {listing.ids[first[0]]}: {first[1]}"
    )


@dataclass(frozen=True, slots=True)
class Check:
    """What would be imported: the ``report`` on it; ``bids``: of the sources, the winner first; the other columns.

    ``splits``: how many items the column ``split`` puts into each part, empty where there is none. ``classes``: how
    many items each has, in their order; ``unlabelled``: how many have none. ``shape``: (H, W, C) of every item, and
    ``described``: what that is in words. ``pairs``: how many each list has that lies with them. ``split_notes``: what
    is to be said of how they are split. ``refusal``: why they cannot be opened, None where they can.
    """

    report: Report
    bids: tuple[SourceBid, ...]
    columns: tuple[str, ...]
    splits: Mapping[str, int]
    classes: Mapping[str, int]
    unlabelled: int
    shape: Shape
    described: str
    pairs: Mapping[str, int]
    split_notes: tuple[str, ...]
    refusal: UserError | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a split needs to know of the items that are kept."""

    labels: IntArray
    class_names: tuple[str, ...]
    columns: Mapping[str, Sequence[str]]

    def split_notes(self, split: Part) -> tuple[str, ...]:
        """Return what is to be said of a split, or why there is none."""
        try:
            return tuple(make_split(split.name, dict(split.params), self, 0).notes)
        except UserError as error:
            return (f"No split: {error}",)


def check(
    spec: str,
    options: DataOptions = DEFAULT_OPTIONS,
    *,
    split: Part = AUTOMATIC,
    progress: ProgressCall = silent,
    cancelled: CancelledCall = never,
    cache_folder: Path | None = None,
) -> Check:
    """Return what would be imported and by whom, and every file that would not; each picture is decoded.

    Raises
    ------
    UserError: if there is no such dataset, or it holds no pictures or vectors.
    Cancelled: if the user cancels.
    """
    watch = Watch(progress, cancelled)
    expanded = _expanded(spec)
    bids = _bids(expanded, options)
    listing = _listed(expanded, bids, options, watch)
    modality = modality_named(listing.modality)
    loaded = modality.load(listing, options, watch, cache_folder)
    report = _report(listing, loaded)
    kept = _kept(listing, loaded)
    whole = len(kept) == len(listing)
    columns = {name: _texts(values, kept, whole) for name, values in listing.columns.items()}
    of_kept = _Kept(listing.labels[kept], listing.class_names, columns)
    values, counts = np.unique(np.array(columns.get(SPLIT_COLUMN, ()), dtype=np.str_), return_counts=True)
    splits = dict(zip(values.tolist(), counts.tolist(), strict=True))
    sizes = tally(of_kept.labels, len(listing.class_names)).tolist()
    classes = {name: size for name, size in zip(listing.class_names, sizes[1:], strict=True) if size}
    shape = cast(Shape, loaded.inputs.shape[1:])
    pairs = {one.name: len(one.among(kept, len(listing))) for one in listing.pairs}
    return Check(
        report, bids, tuple(listing.columns), splits, classes, sizes[0], shape, modality.described(shape), pairs,
        of_kept.split_notes(split), _none_left(listing, modality, loaded),
    )  # fmt: skip


def open_beside(
    main: Dataset,
    spec: str,
    role: Role,
    options: DataOptions = DEFAULT_OPTIONS,
    *,
    progress: ProgressCall = silent,
    cancelled: CancelledCall = never,
    cache_folder: Path | None = None,
) -> Dataset:
    """Open a second dataset in the shape of ``main`` and return both combined, it as ``role``.

    Pictures get its size and colour; to vectors only vectors of as many numbers can be added.

    Raises
    ------
    UserError, Cancelled: as ``open_dataset``.
    """
    alike = main.read_alike(main.modality.alike(options, main.shape)).model_copy(update={"white": main.white})
    other = open_dataset(spec, alike, progress=progress, cancelled=cancelled, cache_folder=cache_folder)
    return main.combined(other, role, cache_folder=cache_folder)


def _kept(listing: Listing, loaded: Loaded) -> IntArray:
    kept = np.ones(len(listing), dtype=np.bool_)
    kept[list(loaded.skipped)] = False
    return np.flatnonzero(kept)


def _report(listing: Listing, loaded: Loaded) -> Report:
    failed = tuple(Skipped(listing.ids[i], reason) for i, reason in sorted(loaded.skipped.items()) if reason)
    labels = listing.labels if not loaded.skipped else listing.labels[_kept(listing, loaded)]
    used = np.flatnonzero(tally(labels, len(listing.class_names))[1:]).tolist()
    notes = (*listing.notes, *loaded.notes, *alike_told(listing.class_names[label] for label in used))
    return Report(len(loaded.inputs), len(used), (*listing.skipped, *failed), notes, listing.read_as)


def _dataset(listing: Listing, modality: Modality, loaded: Loaded, options: DataOptions) -> Dataset:
    kept = _kept(listing, loaded)
    whole = len(kept) == len(listing)
    labels, class_names = _used_classes(listing.labels if whole else listing.labels[kept], listing.class_names)
    columns = {name: _texts(values, kept, whole) for name, values in listing.columns.items()}
    originals = loaded.originals
    return Dataset(
        name=listing.name,
        uri=listing.uri,
        ids=_texts(listing.ids, kept, whole),
        labels=frozen(labels),
        class_names=class_names,
        columns=columns,
        fingerprint=_fingerprint(loaded.key, labels, class_names, columns),
        report=_report(listing, loaded),
        modality=modality,
        inputs=loaded.inputs,
        originals=originals if whole or originals is None else originals.subset(kept),
        label_sets=listing.label_sets if whole or listing.label_sets is None else frozen(listing.label_sets[kept]),
        set_names=listing.set_names,
        pairs=tuple(one.among(kept, len(listing)) for one in listing.pairs),
        white=loaded.white,
        reading=listing.reading,
        thumbnails=loaded.thumbnails,
        growth=loaded.growth,
        target=_target(columns, options, (labels, class_names)),
    )


def _target(
    columns: Mapping[str, Sequence[str]], options: DataOptions, classes: tuple[IntArray, tuple[str, ...]]
) -> Target | None:
    if not options.target_column:
        return None
    return target_of(columns, options.target_column, options.target_period, classes)


def _texts(texts: Sequence[str], kept: IntArray, whole: bool) -> TextColumn:
    column = TextColumn.of(texts)
    return column if whole else column.take(kept)


def _fingerprint(
    content: str, labels: IntArray, class_names: tuple[str, ...], columns: Mapping[str, TextColumn]
) -> str:
    texts = (chain([name], columns[name]) for name in sorted(columns))
    return digest(chain([content, *class_names], chain.from_iterable(texts)), labels)


def _used_classes(labels: IntArray, class_names: tuple[str, ...]) -> tuple[IntArray, tuple[str, ...]]:
    """Drop the classes of which no picture could be read."""
    used = np.flatnonzero(tally(labels, len(class_names))[1:])  # without a sort of many millions
    if len(used) == len(class_names):
        return labels, class_names
    number = np.full(len(class_names) + 1, -1, dtype=np.int64)
    number[used] = np.arange(len(used))
    return number[labels], tuple(class_names[i] for i in used.tolist())
