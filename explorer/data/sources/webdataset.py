"""WebDataset, and any tar of files: read in place, one tar or a folder of shards."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.text_column import TextColumn
from explorer.data import names
from explorer.data.bids import CERTAIN, LAST, NAMED, SEEN, Bid
from explorer.data.file_kinds import chosen_kind, kind_of_ending, left_out, only_beside
from explorer.data.formats.shard_files import PEEKED, files_below, part_of_shard
from explorer.data.formats.shards import PlainShard, ShardPictures, file_marks
from explorer.data.formats.tar_directory import BLOCK, DamagedTarError, is_tar, tar_members
from explorer.data.formats.tar_index import BESIDE, CLASS, TarIndex, counts_of, index_of
from explorer.data.formats.vectortable import label_column
from explorer.data.labels.label_column import plain_values
from explorer.data.labels.labelling import labelling
from explorer.data.labels.part_names import SPLIT_COLUMN
from explorer.data.listing import Listing, Watch, digest, laid_out, left_over
from explorer.data.modalities.base import Modality
from explorer.data.sources.described_files import UNPACKED, HeldFiles, described_listing, is_readable_table

PACKED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
MEMBERS_PEEKED = 32
_BRACES = re.compile(r"(.*)\{(\d{1,9})\.\.(\d{1,9})\}(.*)", re.DOTALL)
MOST_SHARDS = 100_000


@register("source", "webdataset", title="WebDataset or tar")
class WebDatasetSource:
    """A tar, a folder of tars, or ``NAME-{000..012}.tar``; members of one key are one item.

    The key is all before the first dot of the last part of a name; ``.cls`` is the class, the plain values of ``.json``
    and ``.txt`` are columns; a ``.txt`` without another file is the item. Where nothing stands beside the files,
    folders in the tar are classes.
    """

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for tars, by their first headers; see ``listing.Source``."""
        try:
            return _bid(spec)
        except (OSError, ValueError):
            return None

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List tars; see ``listing.Source``."""
        path = os.path.abspath(spec)
        if spec.lower().endswith(PACKED):
            raise UserError(
                f"{printable(path)} is packed as a whole, so that nothing in it can be read in place",
                remedy="Unpack it, to a .tar or a folder",
            )
        try:
            root, files = _files(path)
            paths = [os.path.join(root, name) for name in files]
            marks = file_marks(paths)
        except OSError as error:
            raise UserError(f"{printable(path)} cannot be read: {error.strerror or error}") from error
        index = index_of(paths, digest([*paths, *marks]), watch)
        if not len(index.names):
            why = f"; the first: {index.skipped[0].reason}" if index.skipped else ""
            raise UserError(f"There is nothing that can be read in {printable(path)}{why}", remedy="Check the tar")
        found = _listed(path, paths, files, index, marks, options)
        return _by_columns(found, options) if index.columns else _by_folders(found, options, watch)


def _bid(spec: str) -> Bid | None:
    lower = spec.lower()
    if lower.endswith(PACKED) and os.path.isfile(spec):
        return Bid(LAST, "a tar that is packed as a whole")
    root, files = _files(spec, PEEKED, also=kind_of_ending())
    tars = [name for name in files if name.lower().endswith(".tar")]
    if not tars:
        return None
    if len(tars) < len(files):
        return Bid(NAMED, "a folder with tars beside other files")
    seen = _peek(os.path.join(root, tars[0]))
    if seen is None:
        return Bid(LAST, f"{printable(tars[0])} does not begin as a tar")
    beside = [ending for ending in BESIDE if ending in seen]
    kinds = [ending for ending in seen if ending in kind_of_ending() and ending not in beside]
    if not kinds:  # texts that stand beside nothing
        kinds = [ending for ending in beside if ending in kind_of_ending()]
        beside = [ending for ending in beside if ending not in kinds]
    if not kinds:
        return Bid(NAMED, "a tar in which nothing is seen that is read")
    score = CERTAIN if os.path.isdir(spec) or beside else SEEN
    what = "a tar" if len(tars) == 1 else names.several(len(tars), "tar")
    return Bid(
        score, f"{what} of {names.listed(kinds)}" + (f" with {names.listed(beside)} beside them" if beside else "")
    )


def _peek(path: str) -> list[str] | None:
    """Return the endings of the first members of a tar, None where it is none."""
    with open(path, "rb", buffering=0) as file:
        if not is_tar(file.read(BLOCK)):
            return None

        def read(offset: int, size: int) -> bytes:
            file.seek(offset)
            return file.read(size)

        found: dict[str, None] = {}
        try:
            for member in islice(tar_members(read, file.seek(0, os.SEEK_END)), MEMBERS_PEEKED):
                found[names.suffix(member.name)] = None
        except DamagedTarError:
            pass
        return list(found)


def _files(spec: str, most: int = 0, also: Container[str] = ()) -> tuple[str, list[str]]:
    """Return a folder and the tars below it; ``also``: endings of other files that are told."""

    def wanted(name: str) -> bool:
        ending = names.suffix(name)
        return ending == ".tar" or ending in also

    if os.path.isdir(spec):
        return spec, files_below(spec, wanted, most) if most else files_below(spec, wanted)
    folder, name = os.path.split(spec)
    if not name.lower().endswith(".tar"):
        return folder, []
    braces = _BRACES.fullmatch(name)
    if braces is None or os.path.exists(spec):
        return folder, [name] if os.path.isfile(spec) else []
    first, last = int(braces[2]), int(braces[3])
    numbers = range(first, min(last, first + MOST_SHARDS) + 1)
    shards = [f"{braces[1]}{number:0{len(braces[2])}d}{braces[4]}" for number in numbers]
    return folder, [shard for shard in shards if os.path.isfile(os.path.join(folder, shard))]


@dataclass(frozen=True, slots=True)
class _Found:
    """The items of one kind in tars: ``index`` of all, ``columns`` of these, and what is to be said of the rest.

    ``marks`` stand for the tars as they are now; ``part``: the split that each shard is of, where its name says one.
    """

    path: str
    index: TarIndex
    marks: Sequence[str]
    items: ShardPictures
    ids: tuple[str, ...]
    columns: Mapping[str, TextColumn]
    part: Mapping[str, TextColumn]
    modality: Modality
    others: int
    notes: tuple[str, ...]


def _listed(
    path: str, paths: Sequence[str], files: Sequence[str], index: TarIndex, marks: Sequence[str], options: DataOptions
) -> _Found:
    counts = counts_of(index)
    modality = chosen_kind(counts, options)
    codes, kinds = index.kinds.codes()
    rows = np.flatnonzero(codes == (kinds.index(modality.name) if modality.name in kinds else -1))
    if not len(rows):
        raise UserError(f"There are no {modality.plural} in {printable(path)}", remedy="Choose another data.modality")
    table, own = index.table[rows], index.names.take(rows)
    parts = [part_of_shard(name) for name in files] if os.path.isdir(path) or len(files) > 1 else [""]
    split = TextColumn.of(parts[shard] for shard in table[:, 0].tolist())
    called = [f"{part}/{name}" if part else name for part, name in zip(split, own, strict=True)]
    return _Found(
        path=path,
        index=index,
        marks=marks,
        items=ShardPictures(tuple(PlainShard(one) for one in paths), table, own),
        ids=names.unique(called),
        columns={column: texts.take(rows) for column, texts in index.columns.items()},
        part={SPLIT_COLUMN: split} if any(parts) else {},
        modality=modality,
        others=index.others + only_beside(counts, modality),
        notes=(
            *index.notes,
            *names.told_again(called),
            *left_out(counts, modality),
            *names.told_archives(index.archives),
        ),
    )


def _by_folders(found: _Found, options: DataOptions, watch: Watch) -> Listing:
    """Return the listing of plain files: by the table among them, else by their folders."""
    described = None
    tables = {name: at for name, at in found.index.lists.items() if is_readable_table(name)}
    if tables and len(found.items.shards) == 1:
        described = described_listing(_files_of(found, tables), found.modality, options, watch)
    if described is not None:
        told = names.told_describing([one for one in found.index.lists if one != described.table], UNPACKED)
        notes = (*left_over(found.others - 1, found.modality), *found.notes, *told)
        listed = described.with_more(found.index.skipped, notes)
        return replace(listed, content=digest([*found.marks, listed.content]))
    return laid_out(
        name=names.of_file(Path(found.path)),
        uri=found.path,
        ids=found.ids,
        items=found.items,
        modality=found.modality,
        content=digest(found.marks),
        skipped=found.index.skipped,
        others=found.others,
        notes=(*found.notes, *names.told_describing(list(found.index.lists), UNPACKED)),
        label_column=options.label_column,
    )


def _by_columns(found: _Found, options: DataOptions) -> Listing:
    """Return the listing of items with members of their names beside them, which say the class and columns."""
    modality, columns = found.modality, dict(found.columns)
    asked = options.label_column or (CLASS if CLASS in columns else "")
    label, told = label_column(Path(found.path), columns, asked, options.target_column)
    texts = columns.pop(label) if label else [""] * len(found.ids)
    known = labelling(plain_values(list(texts), label=True), options.label_separator)
    told = told if label else [*told, "No member says a class: unlabelled"]
    if label and (without := list(texts).count("")):
        told = [*told, f"{names.several(without, modality.noun, modality.plural)} without a class: unlabelled"]
    told = [*names.told_describing(list(found.index.lists), UNPACKED), *left_over(found.others, modality), *told]
    return Listing(
        name=names.of_file(Path(found.path)),
        uri=found.path,
        ids=found.ids,
        labels=known.labels,
        class_names=known.class_names,
        columns={**columns, **found.part},
        modality=modality.name,
        items=found.items,
        content=digest(found.marks),
        skipped=found.index.skipped,
        notes=(*found.notes, *told),
        label_sets=known.label_sets,
        set_names=known.set_names,
    )


def _files_of(found: _Found, tables: Mapping[str, tuple[int, int, int]]) -> HeldFiles:
    """Return the files of one tar that become items, and the tables in it, by shard, offset and bytes."""
    files = dict(zip(found.items.names, found.items.table.tolist(), strict=True))

    def packed(called: Sequence[str]) -> ShardPictures:
        table = np.array([tables.get(name) or files[name] for name in called], np.int64).reshape(-1, 3)
        return ShardPictures(found.items.shards, table, TextColumn.of(called))

    return HeldFiles(
        path=Path(found.path),
        files={name: (size, offset) for name, (_, offset, size) in files.items()},
        tables={name: size for name, (_, _, size) in tables.items()},
        packed=packed,
    )
