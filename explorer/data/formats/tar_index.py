"""What is in the tars of a WebDataset: found by one scan of their headers, and kept in the cache from then on."""

from __future__ import annotations

import json
import os
import secrets
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from explorer.core.cache_folder import default_folder
from explorer.core.errors import printable
from explorer.core.plain_json import parse_json
from explorer.core.text_column import TextColumn, TextColumnBuilder
from explorer.core.types import IntArray, Skipped
from explorer.data import names
from explorer.data.decoding.text_bytes import decoded_text
from explorer.data.file_kinds import kind_of_ending
from explorer.data.formats.archive_names import OUTSIDE, TWICE, leads_outside, plain_name, with_slashes
from explorer.data.formats.cells import Cells
from explorer.data.formats.tar_directory import DamagedTarError, Member, tar_members
from explorer.data.listing import Watch
from explorer.data.pictures import LARGEST_FILE

CLASS, TEXT = "cls", "txt"
BESIDE = (".cls", ".json", ".txt", ".caption")
"""What stands beside an item in members of its name: its class, columns, and a text."""
SMALL = 1 << 16
"""Bytes of such a member that is read."""
MOST_COLUMNS = 64
VERSION = 8
KEPT = 64
"""So many indexes stay in the cache; the ones that were not used for longest go."""
CHECK_EVERY = 4096

_File = tuple[Member, str]
"""A member and of which modality it is."""
_Row = tuple[str, str, int, int, dict[str, str]]
"""The name of an item, its modality, offset and bytes, and what stands beside it."""


@dataclass(frozen=True, slots=True)
class TarIndex:
    """The items of some tars: ``names`` (N,), ``table`` (N, 3) int64 of shard, offset and bytes, ``kinds`` (N,).

    ``kinds`` are modalities; ``columns`` say what stands beside items, and are empty in a tar of plain files.
    ``others`` counts members that nothing is made of; ``lists``: tables and lists among them that may say classes, with
    shard, offset and bytes. ``archives``: names of archives in them.
    """

    names: TextColumn
    table: IntArray
    kinds: TextColumn
    columns: Mapping[str, TextColumn]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]
    others: int
    lists: Mapping[str, tuple[int, int, int]]
    archives: tuple[str, ...] = ()


@dataclass(slots=True)
class _Scan:
    """What was found so far; texts as they come, an item after another."""

    names: TextColumnBuilder = field(default_factory=TextColumnBuilder)
    kinds: TextColumnBuilder = field(default_factory=TextColumnBuilder)
    columns: dict[str, TextColumnBuilder] = field(default_factory=dict)
    table: list[IntArray] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    cells: Cells = field(default_factory=Cells)
    count: int = 0
    others: int = 0
    further: int = 0
    lonely: list[str] = field(default_factory=list)
    lists: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    archives: list[str] = field(default_factory=list)


def index_of(paths: Sequence[str], key: str, watch: Watch) -> TarIndex:
    """Return what is in tars, from the cache where it was kept; ``key`` stands for the tars as they are now.

    Raises
    ------
    Cancelled: if the user cancels.
    """
    file = default_folder() / "indexes" / f"{key}-{VERSION}.npz"
    found = _kept(file)
    if found is None:
        found = _scanned(paths, watch)
        _keep(file, found)
    return found


def _scanned(paths: Sequence[str], watch: Watch) -> TarIndex:
    scan = _Scan()
    for number, path in enumerate(paths):
        watch.check()
        watch.progress("Reading the directories of the tars", number, len(paths))
        try:
            with open(path, "rb", buffering=0) as file:
                _scan_one(file, os.path.basename(path), number, scan, watch)
        except OSError as error:
            reason = f"the file cannot be read: {error.strerror or error}"
            scan.skipped.append(Skipped(names.text(os.path.basename(path)), reason))
    notes = scan.cells.told()
    notes += [f"{names.several(scan.further, 'further picture')} of items that have one left out"] * bool(scan.further)
    if scan.lonely:
        count = names.several(len(scan.lonely), "key")
        notes.append(f"{count} with a class or columns and nothing else left out, such as {printable(scan.lonely[0])}")
    table = np.concatenate(scan.table) if scan.table else np.empty((0, 3), np.int64)
    columns = {name: builder.column() for name, builder in scan.columns.items()}
    kinds = scan.kinds.column()
    return TarIndex(
        scan.names.column(),
        table,
        kinds,
        columns,
        tuple(scan.skipped),
        tuple(notes),
        scan.others,
        scan.lists,
        tuple(scan.archives),
    )


def _scan_one(file: BinaryIO, shown: str, number: int, scan: _Scan, watch: Watch) -> None:
    def read(offset: int, size: int) -> bytes:
        file.seek(offset)
        return file.read(size)

    rows: list[_Row] = []
    members = _watched(tar_members(read, file.seek(0, os.SEEK_END)), watch)
    try:
        for _, group in groupby(members, lambda member: _key(_name(member))):
            rows += _items(list(group), number, read, scan)
    except DamagedTarError as error:
        scan.skipped.append(Skipped(names.text(shown), f"{error}; what lies behind is left out"))
    rows = _last_named(rows, scan)
    found = list(dict.fromkeys(name for row in rows for name in row[4]))
    for name in found[: max(0, MOST_COLUMNS - len(scan.columns))]:
        if name not in scan.columns:
            scan.columns[name] = TextColumnBuilder()
            scan.columns[name].extend([""] * scan.count)
    for name, builder in scan.columns.items():
        builder.extend(scan.cells.cut_short([row[4].get(name, "") for row in rows]))
    scan.names.extend([row[0] for row in rows])
    scan.kinds.extend([row[1] for row in rows])
    scan.table.append(np.array([(number, row[2], row[3]) for row in rows], np.int64).reshape(-1, 3))
    scan.count += len(rows)


def _watched(members: Iterator[Member], watch: Watch) -> Iterator[Member]:
    for count, member in enumerate(members):
        if count % CHECK_EVERY == 0:
            watch.check()
        yield member


def _key(name: str) -> str:
    """Return what the members of one item share: all before the first dot of the last part of the name."""
    folder, slash, base = name.rpartition("/")
    return folder + slash + base.partition(".")[0]


def _items(group: Sequence[Member], number: int, read: Any, scan: _Scan) -> list[_Row]:
    """Return the items of members of one key: the first file of a kind, or all where nothing stands beside them."""
    beside: dict[str, str] = {}
    files: dict[str, _File] = {}
    texts: dict[str, _File] = {}
    lists: list[Member] = []
    for member in group:
        name = _name(member)
        parts = name.split("/")
        ending = names.suffix(name)
        if any(names.hidden(part) for part in parts if part not in ("", ".", "..")):
            continue
        if member.refused or leads_outside(name):
            scan.skipped.append(Skipped(name, member.refused or OUTSIDE))
        elif ending in BESIDE:
            lists += [member] * (ending in names.DESCRIBING)
            if kind := kind_of_ending().get(ending):
                _put(texts, name, (member, kind), scan)
            beside |= _said(ending, read(member.offset, member.size) if member.size <= SMALL else b"")
        elif kind := kind_of_ending().get(ending):
            if member.size > LARGEST_FILE:
                scan.skipped.append(Skipped(name, f"the file is larger than {LARGEST_FILE // 2**20} MB"))
            else:
                _put(files, name, (member, kind), scan)
        elif ending in names.NOT_READ:
            scan.skipped.append(Skipped(name, names.NOT_READ_REASON))
        else:
            scan.others += 1
            _note_list(member, number, scan)
    if texts and not files:  # a text beside nothing is the item
        files = texts
        beside.pop(TEXT, None)
    if not files:
        _note_without(group, lists, number, beside, scan)
    found = [(name, kind, member.offset, member.size, beside) for name, (member, kind) in files.items()]
    if beside:
        scan.further += len(found[1:])
        del found[1:]
    return found


def _put(files: dict[str, _File], name: str, file: _File, scan: _Scan) -> None:
    """Take a file in place of one before it that is called the same, and say so."""
    if name in files:
        scan.skipped.append(Skipped(name, TWICE))
    files[name] = file


def _last_named(rows: list[_Row], scan: _Scan) -> list[_Row]:
    """Leave out the files of a tar behind which one of their name comes, as in one that was brought up to date.

    It is said of each. Those with something beside them are items of their own, as readers of WebDataset take them.
    """
    last = {row[0]: at for at, row in enumerate(rows)}
    if len(last) == len(rows):
        return rows
    kept = [bool(row[4]) or last[row[0]] == at for at, row in enumerate(rows)]
    scan.skipped += [Skipped(row[0], TWICE) for row, stays in zip(rows, kept, strict=True) if not stays]
    return [row for row, stays in zip(rows, kept, strict=True) if stays]


def _note_without(
    group: Sequence[Member], lists: Sequence[Member], number: int, beside: Mapping[str, str], scan: _Scan
) -> None:
    """Count what stands beside no file: columns of an item that is not there, or a list of several items."""
    if beside:
        scan.lonely.append(names.text(group[0].name))
        return
    for member in lists:
        scan.others += 1
        _note_list(member, number, scan)


def _note_list(member: Member, number: int, scan: _Scan) -> None:
    """Note where a table or a list lies that may say classes, and what archives there are."""
    name = _name(member)
    if names.suffix(name) in names.ARCHIVES:
        scan.archives.append(name)
    if names.suffix(name) in names.DESCRIBING:
        scan.lists[name] = (number, member.offset, member.size)


def _name(member: Member) -> str:
    """Return what a member is called, as folders and file; those of Windows may have backslashes between them."""
    return plain_name(with_slashes(names.text(member.name)))


def _said(ending: str, data: bytes) -> dict[str, str]:
    """Return what a member beside an item says, by column; a plain value of JSON is a column."""
    text = decoded_text(data).strip()
    if ending != ".json":
        return {ending[1:]: text}
    try:
        found = parse_json(text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {CLASS: str(found)} if isinstance(found, str | int) else {}
    plain = {str(name): value for name, value in found.items() if isinstance(value, str | int | float)}
    return {name: str(value).encode("utf-8", "backslashreplace").decode() for name, value in plain.items()}


def _kept(file: Path) -> TarIndex | None:
    """Return an index of the cache, and mark it as used; None where there is none that is whole."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
            table, texts = arrays["table"], parse_json(arrays["texts"].tobytes())
        found = TarIndex(
            TextColumn.of(texts["names"]),
            table,
            TextColumn.of(texts["kinds"]),
            {name: TextColumn.of(values) for name, values in texts["columns"].items()},
            tuple(Skipped(path, reason) for path, reason in texts["skipped"]),
            tuple(texts["notes"]),
            int(texts["others"]),
            {name: (int(shard), int(offset), int(size)) for name, (shard, offset, size) in texts["lists"].items()},
            tuple(map(str, texts["archives"])),
        )
        whole = table.shape == (len(found.names), 3) and table.dtype == np.int64
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile):
        return None
    with suppress(OSError):
        os.utime(file)
    return found if whole else None


def _keep(file: Path, index: TarIndex) -> None:
    """Keep an index; where there is no room for it the tars are scanned again the next time."""
    texts = {
        "names": list(index.names),
        "kinds": list(index.kinds),
        "columns": {name: list(values) for name, values in index.columns.items()},
        "skipped": [(one.path, one.reason) for one in index.skipped],
        "notes": index.notes,
        "others": index.others,
        "lists": index.lists,
        "archives": index.archives,
    }
    temporary = file.with_name(f"{file.stem}-{secrets.token_hex(4)}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as opened:
            np.savez_compressed(opened, table=index.table, texts=np.frombuffer(json.dumps(texts).encode(), np.uint8))
        temporary.replace(file)
        for old in sorted(file.parent.glob("*.npz"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink()
    except OSError:
        temporary.unlink(missing_ok=True)


def counts_of(index: TarIndex) -> Counter[str]:
    """Return how many items there are of each modality."""
    codes, kinds = index.kinds.codes()
    return Counter(dict(zip(kinds, np.bincount(codes, minlength=len(kinds)).tolist(), strict=True)))
