"""MedMNIST, and other sets of pictures in one ``.npz``: an array of pictures and one of labels for each part."""

from __future__ import annotations

import math
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.types import UNLABELLED
from explorer.data import names
from explorer.data.bids import CERTAIN, Bid
from explorer.data.formats.arrayfile import AnyArray, Head, Npz, opened_npz
from explorer.data.formats.raw_sets import MOST_ITEMS, RawPart, raw_listing
from explorer.data.formats.shards import PackedShard, PlainShard, RawPixels, Shard, file_marks
from explorer.data.formats.vectors import check_memory
from explorer.data.formats.zip_directory import peek_members
from explorer.data.labels.labelling import Labelling, labelling, numbered
from explorer.data.labels.medmnist_names import names_of
from explorer.data.listing import Listing, Watch
from explorer.data.pictures import STORED

_IMAGES = re.compile(r"(?P<part>train|val|test)_images|x_(?P<of>train|val|test)")
LARGEST_SIDE = 4096
SEPARATOR = ";"
NAMES, MOST_NAMES = "label_names", 1 << 16
"""The array that names the labels, and how many it may name."""
PUBLISHED = "Classes are called as MedMNIST publishes them, by the name of the file"
AGAIN = "Download or save it again"


@dataclass(frozen=True, slots=True)
class _Lying:
    """How a picture lies in an array: the pixels that are taken, where they begin in it, and what is said of that."""

    raw: RawPixels
    each: int
    first: int
    note: str = ""


@register("source", "array_set", title="Pictures in one .npz", reference="Yang et al. (2023)")
class ArraySetSource:
    """Arrays ``train_images``, ``train_labels``, ``val_images``, …, as in MedMNIST, or ``x_train``, ``y_train``, ….

    Pictures are uint8, (N, H, W) or (N, H, W, 3); of volumes (N, D, H, W) the middle slice is taken. Labels are (N,),
    (N, 1), or (N, L) of zeros and ones where an item may have several. ``label_names`` (L,) may name them, 0 first.
    """

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for an archive of arrays of these names; see ``listing.Source``."""
        path = Path(spec)
        peek = peek_members(path) if path.suffix.lower() == ".npz" and path.is_file() else None
        found = [] if peek is None else [name.removesuffix(".npy") for name in peek.names]
        pictures = [name for name in found if _part(name)]
        if not pictures or _axes(path, pictures[0]) < 3:
            return None
        return Bid(CERTAIN, f"an archive of the pictures {names.listed(pictures)}")

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List an archive; see ``listing.Source``."""
        path = Path(spec).absolute()
        with opened_npz(path) as archive:
            return _listed(path, archive, watch)


def _part(name: str) -> str:
    """Return which part an array of pictures of this name is; empty: none."""
    found = _IMAGES.fullmatch(name)
    return "" if found is None else found["part"] or found["of"]


def _labels_of(name: str) -> str:
    return name.replace("_images", "_labels") if name.endswith("_images") else name.replace("x_", "y_", 1)


def _axes(path: Path, name: str) -> int:
    """Return how many axes an array has, 0 where that is not known."""
    try:
        with opened_npz(path) as archive:
            return len(archive.heads[name].shape) if name in archive.heads else 0
    except UserError:
        return 0


def _listed(path: Path, archive: Npz, watch: Watch) -> Listing:
    shown, heads = printable(str(path)), archive.heads
    order = ("train", "val", "test")
    pictures = sorted((name for name in heads if _part(name)), key=lambda name: order.index(_part(name)))
    lying = {name: _lying(f"The array {name} of {shown}", heads[name]) for name in pictures}
    if len({one.raw for one in lying.values()}) > 1:
        raise UserError(f"The arrays of {shown} hold pictures of different sizes", remedy=AGAIN)
    parts = []
    for name in pictures:
        shard, start = _shard(path, name, heads[name].offset)
        offsets = start + lying[name].first + lying[name].each * np.arange(heads[name].shape[0], dtype=np.int64)
        parts.append(RawPart(_part(name), shard, offsets))
    known, told = _known(archive, pictures, watch)
    notes = [*dict.fromkeys(one.note for one in lying.values() if one.note), *told]
    read = {*pictures, *map(_labels_of, pictures), NAMES}
    left = [printable(name) for name in heads if name not in read]
    notes += [f"Arrays left out: {names.listed([*left, *map(printable, archive.unread)])}"] * bool(
        left or archive.unread
    )
    return raw_listing(
        name=names.of_file(path),
        uri=str(path),
        parts=parts,
        raw=lying[pictures[0]].raw,
        known=known,
        marks=file_marks([str(path)]),
        notes=notes,
    )


def _lying(what: str, head: Head) -> _Lying:
    """Return how the pictures of an array lie in it.

    Raises
    ------
    UserError: if they are no pictures.
    """
    if head.dtype != np.dtype(np.uint8) or head.fortran:
        why = "in the order of Fortran" if head.fortran else f"of {head.dtype.name}"
        raise UserError(
            f"{what} holds pictures {why}",
            remedy="Save them as uint8, numpy.uint8(255 * array) where they lie in 0 to 1",
        )
    count, *shape = head.shape
    each = math.prod(shape)
    if count > MOST_ITEMS or len(shape) not in (2, 3) or not all(0 < side <= LARGEST_SIDE for side in shape):
        raise UserError(
            f"{what} has the shape {head.shape}, which is none of pictures", remedy="Save (N, H, W) or (N, H, W, 3)"
        )
    if len(shape) == 2 or shape[2] in (1, 3):
        return _Lying(RawPixels(tuple(shape), tuple(range(len(shape)))), each, 0)
    depth, height, width = shape
    if depth in (1, 3):
        note = f"{what} has the channels before the pixels" * (depth == 3)
        return _Lying(RawPixels((depth, height, width), (1, 2, 0)), each, 0, note)
    middle = depth // 2
    note = f"Volumes of {depth} × {height} × {width}: the middle slice along the first axis, number {middle}, is shown"
    return _Lying(RawPixels((height, width), (0, 1)), each, middle * height * width, note)


def _shard(path: Path, name: str, offset: int) -> tuple[Shard, int]:
    """Return where the numbers of an array lie: in the file itself, where they are stored without packing."""
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(f"{name}.npy")
        if member.compress_type != STORED:
            return PackedShard(str(path), member.filename), offset
        with path.open("rb") as file:
            file.seek(member.header_offset)
            head = file.read(30)
        lengths = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        return PlainShard(str(path)), member.header_offset + 30 + lengths + offset


def _known(archive: Npz, pictures: list[str], watch: Watch) -> tuple[Labelling, list[str]]:
    """Return the classes of all parts, or the sets of labels where an item may have several."""
    heads, shown = archive.heads, printable(str(archive.path))
    found: list[AnyArray] = []
    for name in pictures:
        count, label = heads[name].shape[0], _labels_of(name)
        head = heads.get(label)
        if head is None:
            found.append(np.full((count, 1), UNLABELLED, np.int64))
            continue
        if head.dtype.kind not in "iub" or head.shape[0] != count or len(head.shape) not in (1, 2):
            raise UserError(
                f"The array {label} of {shown} holds {head}, and there are {names.several(count, 'picture')}",
                remedy="Save whole numbers, one row a picture",
            )
        check_memory(shown, 8 * math.prod(head.shape))
        found.append(archive.read(label, watch).reshape(count, -1).astype(np.int64))
    if len({part.shape[1] for part in found}) > 1:
        raise UserError(f"The arrays of labels in {shown} have different numbers of columns", remedy=AGAIN)
    labels = np.concatenate(found)
    lost = [f"No array {_labels_of(name)}: unlabelled" for name in pictures if _labels_of(name) not in heads]
    known = _names(archive, watch) or names_of(archive.path)
    if labels.shape[1] == 1:
        known = known if labels.max(initial=UNLABELLED) < len(known) else ()
        published = bool(known) and NAMES not in heads
        return numbered(labels[:, 0], dict(enumerate(known))), [*[PUBLISHED] * published, *lost]
    if not np.isin(labels, (0, 1)).all():
        raise UserError(f"The labels in {shown} are several a picture, and not 0 or 1", remedy="Save one a picture")
    known = known if labels.shape[1] == len(known) else tuple(map(str, range(labels.shape[1])))
    several = [SEPARATOR.join(known[at] for at in np.flatnonzero(row).tolist()) for row in labels]
    told = f"{labels.shape[1]} labels an item, of which it may have several"
    return labelling(several, SEPARATOR), [told, *[PUBLISHED] * (known == names_of(archive.path)), *lost]


def _names(archive: Npz, watch: Watch) -> tuple[str, ...]:
    """Return the names that come with the arrays, of label 0 first; empty where there are none."""
    head = archive.heads.get(NAMES)
    if head is None or head.dtype.kind != "U" or len(head.shape) != 1 or not 0 < head.shape[0] <= MOST_NAMES:
        return ()
    check_memory(printable(str(archive.path)), head.bytes)
    return tuple(map(str, archive.read(NAMES, watch).tolist()))
