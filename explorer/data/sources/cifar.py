"""CIFAR-10 and CIFAR-100 in their binary form; their pickled form is refused, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.text_column import TextColumn
from explorer.core.types import IntArray, Skipped
from explorer.data import names
from explorer.data.bids import CERTAIN, Bid
from explorer.data.formats.arrayfile import AnyArray
from explorer.data.formats.raw_sets import RawPart, raw_listing
from explorer.data.formats.shards import PlainShard, RawPixels, file_marks
from explorer.data.labels.labelling import numbered
from explorer.data.listing import Listing, Watch

PIXELS = RawPixels((3, 32, 32), (1, 2, 0))
PICKLE = b"\x80"
"""The first byte of a pickle of protocol 2 and later."""
LARGEST_NAMES = 1 << 16
INSIDE = ("cifar-10-batches-bin", "cifar-100-binary", "cifar-10-batches-py", "cifar-100-python")
"""The folders that the archives of the two sets unpack to."""


@dataclass(frozen=True, slots=True)
class _Form:
    """One of the two sets: its ``train`` and ``test`` files, and a file of names for each of the labels of a picture.

    The last label is the class; ``columns`` are what those before it are called. ``pickles`` are its files in Python's
    form, of which the first is looked for.
    """

    title: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    label_names: tuple[str, ...]
    classes: tuple[int, ...]
    columns: tuple[str, ...]
    pickles: tuple[str, ...]

    @property
    def record(self) -> int:
        """Bytes of a picture with its labels."""
        return len(self.classes) + PIXELS.size


FORMS = (
    _Form(
        title="CIFAR-10",
        train=tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
        test=("test_batch.bin",),
        label_names=("batches.meta.txt",),
        classes=(10,),
        columns=(),
        pickles=("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"),
    ),
    _Form(
        title="CIFAR-100",
        train=("train.bin",),
        test=("test.bin",),
        label_names=("coarse_label_names.txt", "fine_label_names.txt"),
        classes=(20, 100),
        columns=("coarse",),
        pickles=("train", "test"),
    ),
)


@register("source", "cifar", title="CIFAR-10 and CIFAR-100", reference="Krizhevsky (2009)")
class CifarSource:
    """The binary version: a folder with its files, or one of these."""

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for files of the names and sizes of CIFAR; see ``listing.Source``."""
        path = Path(spec)
        try:
            found = _binary(path)
            if found is not None:
                return Bid(CERTAIN, f"the binary version of {found[0].title}")
            pickled = _pickled(path)
            return None if pickled is None else Bid(CERTAIN, f"{pickled}, pickled")
        except OSError:
            return None

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List CIFAR; see ``listing.Source``."""
        path = Path(spec).absolute()
        found = _binary(path)
        if found is None:
            raise UserError(
                f"{printable(str(path))} is {_pickled(path)} as pickles, which can run code when they are read, "
                "so they are not",
                remedy="Download its binary version",
            )
        form, files = found
        try:
            return _listed(path, form, files, watch)
        except OSError as error:
            raise UserError(f"{printable(str(path))} cannot be read: {error.strerror}") from error


def _folders(path: Path) -> tuple[Path, ...]:
    return (path, *(path / name for name in INSIDE))


def _binary(path: Path) -> tuple[_Form, list[Path]] | None:
    """Return which of the sets is there, and its files."""
    for form in FORMS:
        known = (*form.train, *form.test)
        if path.is_file() and path.name in known and _fits(path, form):
            return form, [path]
        for folder in _folders(path) if path.is_dir() else ():
            files = [folder / name for name in known if (folder / name).is_file()]
            if any(_fits(file, form) for file in files):
                return form, files
    return None


def _fits(path: Path, form: _Form) -> bool:
    """Whether a file begins with labels that the set has, or is as long as some of its pictures."""
    with path.open("rb") as file:
        head = file.read(len(form.classes))
    if (size := path.stat().st_size) and size % form.record == 0:
        return True
    return len(head) == len(form.classes) and all(byte < most for byte, most in zip(head, form.classes, strict=True))


def _pickled(path: Path) -> str | None:
    """Return which of the sets is there in Python's form."""
    for form in FORMS:
        beside = [path] if path.is_file() and path.name in form.pickles else []
        files = beside or [folder / form.pickles[0] for folder in _folders(path)]
        for file in files:
            meta = file.with_name("batches.meta" if form.title == "CIFAR-10" else "meta")
            if file.is_file() and meta.is_file() and _begins(file) == PICKLE:
                return form.title
    return None


def _begins(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1)


def _listed(path: Path, form: _Form, files: Sequence[Path], watch: Watch) -> Listing:
    parts: list[RawPart] = []
    found: list[AnyArray] = []
    skipped: list[Skipped] = []
    for file in files:
        watch.check()
        labels, kept, told = _labels(file, form)
        skipped += told
        offsets = kept * form.record + len(form.classes)
        parts.append(RawPart("train" if file.name in form.train else "test", PlainShard(str(file)), offsets))
        found.append(labels[kept])
    labels = np.concatenate(found)
    known = [_names(files[0].with_name(name)) for name in form.label_names]
    columns = {
        name: TextColumn.of(known[place].get(number, str(number)) for number in labels[:, place].tolist())
        for place, name in enumerate(form.columns)
    }
    lost = [name for name in (*form.train, *form.test) if not files[0].with_name(name).is_file()]
    return raw_listing(
        name=names.text(path.name),
        uri=str(path),
        parts=parts,
        raw=PIXELS,
        known=numbered(labels[:, -1].astype(np.int64), known[-1]),
        marks=file_marks([str(file) for file in files]),
        columns=columns,
        skipped=skipped,
        notes=[f"Not there: {names.listed(lost)}"] if lost else [],
    )


def _labels(file: Path, form: _Form) -> tuple[AnyArray, IntArray, list[Skipped]]:
    """Return the labels (N, L) of a file, which of its pictures are whole and of a known class, and the others."""
    shown = names.text(file.name)
    size = file.stat().st_size
    count = size // form.record
    skipped = [Skipped(shown, "the file is cut off within its last picture")] if size % form.record else []
    skipped += [Skipped(shown, "the file is empty")] if not size else []
    labels = np.zeros((0, len(form.classes)), np.uint8)
    if count:
        labels = np.array(np.memmap(file, np.uint8, "r", shape=(count, form.record))[:, : len(form.classes)])
    good = (labels < np.array(form.classes)).all(axis=1)
    skipped += [
        Skipped(f"{shown}, picture {i}", f"its class is {labels[i, -1]}, and there are {form.classes[-1]}")
        for i in np.flatnonzero(~good).tolist()
    ]
    return labels, np.flatnonzero(good), skipped


def _names(path: Path) -> dict[int, str]:
    """Return the names of classes, one a line, where the file is there."""
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        lines = file.read(LARGEST_NAMES).decode("utf-8", "replace").split("\n")
    return dict(enumerate(name for line in lines if (name := line.strip())))
