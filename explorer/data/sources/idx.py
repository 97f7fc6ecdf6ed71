"""MNIST, Fashion-MNIST, KMNIST and EMNIST as they come: raw grey pictures and their classes in files of IDX."""

from __future__ import annotations

import gzip
import itertools
import math
import os
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.types import UNLABELLED, IntArray, Skipped
from explorer.data import names
from explorer.data.bids import CERTAIN, LAST, SEEN, Bid
from explorer.data.formats.raw_sets import MOST_ITEMS, RawPart, raw_listing
from explorer.data.formats.shards import PackedShard, PlainShard, RawPixels, Shard, file_marks
from explorer.data.labels.labelling import numbered
from explorer.data.listing import Listing, Watch

_NAME = re.compile(r"(?P<set>.*?)(?P<part>train|t10k|test)-(?P<what>images|labels)[-.]idx[13]-ubyte(\.gz)?", re.I)
PARTS = {"train": "train", "t10k": "test", "test": "test"}
INSIDE = ("raw", "gzip", "MNIST/raw", "FashionMNIST/raw", "KMNIST/raw", "EMNIST/raw")
"""Folders in which the files lie below that of the set."""
PEEKED = 1024
"""So many entries of a folder are looked at: the folders of these sets hold few files."""
DEFLATED_MOST = 1032
"""So many times the most that deflate packs anything."""
LARGEST_SIDE = 4096
LARGEST_MAPPING = 1 << 16
GZIP = b"\x1f\x8b"
AGAIN = "Download or copy it again"
FASHION = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a set: what comes before the part in its name, its part, and ``images`` or ``labels``."""

    path: Path
    set: str
    part: str
    what: str


@register("source", "idx", title="MNIST and its kin (IDX)", reference="LeCun et al. (1998); Cohen et al. (2017)")
class IdxSource:
    """Files of IDX, packed with gzip or not: a folder of them, or one, which stands for all of its set."""

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a folder with files of the names of MNIST, and for a file that begins as IDX; see ``Source``."""
        path = Path(spec)
        try:
            found = _files(path)
            if not found:
                return _bid_by_content(path)
            first = next((file for file in found if file.what == "images"), found[0])
            if _head(first.path) is None:
                return Bid(LAST, f"{printable(first.path.name)} is called as one of MNIST's and does not begin as one")
        except (OSError, ValueError, EOFError, zlib.error):
            return None
        sets = sorted({file.set.rstrip("-_") or "MNIST's names" for file in found})
        return Bid(CERTAIN, f"raw grey pictures in IDX, {names.listed([printable(name) for name in sets])}")

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List a set of MNIST's form; see ``listing.Source``."""
        path = Path(spec).absolute()
        found = _files(path) or [_File(path, "", "", "images")]
        try:
            return _listed(path, found, watch)
        except (OSError, EOFError, zlib.error) as error:
            raise UserError(f"{printable(str(path))} cannot be read: {printable(str(error))}", remedy=AGAIN) from error


def _files(path: Path) -> list[_File]:
    """Return the files of a folder that are called as those of MNIST, or all of the set of one file."""
    if path.is_dir():
        for folder in (path, *(path / name for name in INSIDE)):
            if found := _in_folder(folder):
                return found
        return []
    one = _NAME.fullmatch(path.name) if path.is_file() else None
    return [] if one is None else [file for file in _in_folder(path.parent) if file.set == one["set"]]


def _in_folder(folder: Path) -> list[_File]:
    """Return the files of a folder, one that is not packed before the same packed."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        paths = [folder / entry.name for entry in itertools.islice(entries, PEEKED)]
    found: dict[tuple[str, str, str], _File] = {}
    for path in sorted(paths, key=lambda path: (path.suffix == ".gz", path.name)):
        named = _NAME.fullmatch(path.name)
        if named is not None and path.is_file():
            file = _File(path, named["set"], PARTS[named["part"].lower()], named["what"].lower())
            found.setdefault((file.set, file.part, file.what), file)
    return sorted(found.values(), key=lambda file: (file.set, file.part != "train", file.what))


def _bid_by_content(path: Path) -> Bid | None:
    if not path.is_file() or path.suffix.lower() not in ("", ".gz", ".idx", ".idx3", ".idx3-ubyte"):
        return None
    head = _head(path)
    return Bid(SEEN, "raw grey pictures in IDX") if head is not None and len(head) == 3 else None


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    return cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb")


def _head(path: Path) -> tuple[int, ...] | None:
    """Return the sizes that a file of IDX claims, None where it is no file of bytes in IDX."""
    with _opened(path) as file:
        head = file.read(16)
    if len(head) < 8 or head[:3] != b"\0\0\x08" or head[3] not in (1, 3) or len(head) < 4 + 4 * head[3]:
        return None
    return struct.unpack_from(f">{head[3]}I", head, 4)


def _listed(path: Path, found: Sequence[_File], watch: Watch) -> Listing:
    sets = sorted({file.set for file in found})
    shown = printable(str(path))
    if len(sets) > 1:
        example = next(file.path.name for file in found if file.what == "images")
        raise UserError(
            f"{shown} holds {names.several(len(sets), 'set')}: {names.listed([name.rstrip('-_') for name in sets])}",
            remedy=f"Open a file of one, such as {printable(example)}: it stands for all of its set",
        )
    images = [file for file in found if file.what == "images"]
    if not images:
        raise UserError(f"{shown} holds labels and no pictures", remedy="Put the file of pictures beside it")
    parts, classes, skipped, notes, shapes = [], [], [], [], set()
    for file in images:
        watch.check()
        part, size, missing = _pictures(file)
        parts.append(part)
        shapes.add(size)
        skipped += missing
        beside = next((one for one in found if one.what == "labels" and one.part == file.part), None)
        if beside is None:
            notes.append(f"No file of labels beside {printable(file.path.name)}: unlabelled")
        classes.append(_labels(beside, _claimed(file.path)[0], len(part.offsets)))
    if len(shapes) > 1:
        raise UserError(f"The files of {shown} hold pictures of different sizes", remedy=AGAIN)
    known, told = _class_names(images[0])
    lying = images[0].set.lower().startswith("emnist")
    notes += [*told, *["The pictures of EMNIST lie on their side, and are turned upright"] * lying]
    return raw_listing(
        name=names.text((images[0].set.rstrip("-_") or path.name) if path.is_file() else path.name),
        uri=str(path),
        parts=parts,
        raw=RawPixels(shapes.pop(), (1, 0) if lying else (0, 1)),
        known=numbered(np.concatenate(classes), known),
        marks=file_marks([str(file.path) for file in found]),
        skipped=skipped,
        notes=notes,
    )


def _claimed(path: Path) -> tuple[int, ...]:
    sizes = _head(path)
    if sizes is None:
        raise UserError(f"{printable(str(path))} does not begin as a file of bytes in IDX", remedy=AGAIN)
    if sizes[0] > MOST_ITEMS or any(not 0 < side <= LARGEST_SIDE for side in sizes[1:]):
        shape = " × ".join(f"{size:,}" for size in sizes)
        raise UserError(f"{printable(str(path))} claims to hold {shape} values, which no set has", remedy=AGAIN)
    return sizes


def _pictures(file: _File) -> tuple[RawPart, tuple[int, ...], list[Skipped]]:
    """Return the pictures that are there, their (height, width), and how many are missing."""
    count, *sides = sizes = _claimed(file.path)
    if len(sizes) != 3:
        raise UserError(f"{printable(str(file.path))} holds no pictures: it has one axis", remedy=AGAIN)
    each, stored = math.prod(sides), file.path.stat().st_size
    with file.path.open("rb") as start:
        packed = start.read(2) == GZIP
    if packed and count * each > DEFLATED_MOST * stored:
        raise UserError(
            f"{printable(str(file.path))} claims {count:,} pictures, more than its {stored:,} bytes can hold",
            remedy=AGAIN,
        )
    there = count if packed else min(count, max(0, stored - 16) // each)
    reason = f"the file is cut off: {names.several(count - there, 'picture')} of {count:,} missing"
    missing = [Skipped(names.text(file.path.name), reason)] if there < count else []
    shard: Shard = PackedShard(str(file.path)) if packed else PlainShard(str(file.path))
    return RawPart(file.part, shard, 16 + each * np.arange(there, dtype=np.int64)), tuple(sides), missing


def _labels(file: _File | None, pictures: int, there: int) -> IntArray:
    """Return the classes of the pictures that are there."""
    if file is None:
        return np.full(there, UNLABELLED, np.int64)
    sizes, shown = _claimed(file.path), printable(str(file.path))
    if sizes != (pictures,):
        told = f"{names.several(sizes[0], 'label')}, and there are {names.several(pictures, 'picture')}"
        raise UserError(f"{shown} holds {told}", remedy=AGAIN)
    with _opened(file.path) as opened:
        opened.read(8)
        data = opened.read(pictures)
    if len(data) < pictures:
        raise UserError(f"{shown} is cut off: {pictures - len(data):,} of its labels are missing", remedy=AGAIN)
    return np.frombuffer(data, np.uint8)[:there].astype(np.int64)


def _class_names(file: _File) -> tuple[dict[int, str], list[str]]:
    """Return what the numbers of the classes stand for, where a file beside says it, and what was guessed."""
    folder = file.path.parent
    for path in (folder / f"{file.set}mapping.txt", folder / "kmnist_classmap.csv"):
        if path.is_file() and (known := _mapping(path)):
            return known, [f"Classes are named by the characters that {printable(path.name)} says"]
    if any("fashion" in part.lower() for part in (*folder.parts[-3:], file.set)):
        return dict(enumerate(FASHION)), ["The classes are named as those of Fashion-MNIST, by the name of the folder"]
    return {}, []


def _mapping(path: Path) -> dict[int, str]:
    """Return the characters of classes: ``10 65`` of EMNIST, ``0,U+304A,お`` of KMNIST."""
    with path.open("rb") as file:
        text = file.read(LARGEST_MAPPING).decode("utf-8-sig", "replace")
    known = {}
    for found in re.finditer(r"^\s*(\d{1,9})(?:\s+(\d{1,7})(?=\s|$)|,\s*U\+([0-9A-Fa-f]{1,6}))", text, re.M):
        code = int(found[2]) if found[2] else int(found[3], 16)
        if code < 0x110000 and chr(code).isprintable():
            known[int(found[1])] = chr(code)
    return known
