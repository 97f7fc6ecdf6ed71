"""What a layout of a known data set is, and how its index decides what the pictures of a folder or a zip are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.types import UNLABELLED, IntArray, Skipped
from explorer.data.decoding.cropped_pictures import WHOLE, cropped
from explorer.data.labels.part_names import GIVEN, SPLIT_COLUMN
from explorer.data.labels.picture_finder import GONE
from explorer.data.layouts.place import Place
from explorer.data.listing import Listing, digest
from explorer.data.modalities.base import modality_named
from explorer.data.names import listed, several

Box = tuple[float, float, float, float]
"""Left, top, width and height in pixels."""

SHOWN = 1000
"""So many pictures that no index names are listed one by one; of more, their number is said."""


@dataclass(frozen=True, slots=True)
class Found:
    """A data set that was recognised: where its index files lie, and the pictures that are there, by ``base``."""

    place: Place
    root: str
    base: Listing
    options: DataOptions

    def lines(self, path: str, *, needed: bool = True) -> Iterator[tuple[int, str]]:
        """Yield the lines of a file that are not empty, with their numbers from 1; none where it may be missing.

        Raises
        ------
        UserError: if the file is needed and not there, or cannot be read.
        """
        if not self.place.has(self.root + path):
            if needed:
                raise UserError(
                    f"{printable(path)} is missing in {printable(self.base.uri)}, and says what the pictures are",
                    remedy="Copy it there, or give the folder of the pictures alone",
                )
            return
        for number, line in enumerate(self.place.text(self.root + path).splitlines(), 1):
            if line.strip():
                yield number, line.strip()

    def counted(self, count: int) -> str:
        """Return so many items in words: ``12 pictures``."""
        kind = modality_named(self.base.modality)
        return several(count, kind.noun, kind.plural)

    def first(self, *paths: str) -> str:
        """Return the first of some files that is there; empty where none is."""
        return next((path for path in paths if self.place.has(self.root + path)), "")


@dataclass(frozen=True, slots=True)
class Layout:
    """One known data set, in a folder or in a zip.

    ``sees`` returns what is seen in a folder of a place that tells it, in a few words, and nothing where it is not
    there: by names and a peek, never by all of a file. ``read`` returns what its pictures are.
    """

    name: str
    sees: Callable[[Place, str], str]
    read: Callable[[Found], Listing]


@dataclass(frozen=True, slots=True)
class Row:
    """One picture that an index names: its path below the data set, its class, what else is known of it, its box."""

    path: str
    label: str
    columns: Mapping[str, str] = field(default_factory=dict)
    box: Box | None = None


def by_index(
    found: Found,
    index: str,
    rows: Sequence[Row],
    class_names: Sequence[str],
    skipped: Sequence[Skipped] = (),
    notes: Sequence[str] = (),
) -> Listing:
    """Return the listing of the pictures that an index names.

    Parameters
    ----------
    index: what names them, for the reasons: ``images.txt``.
    rows: of which a later one of the same picture is skipped.
    class_names: in the order of the data set.

    Raises
    ------
    UserError: if none of the pictures is there.
    """
    base, items = found.base, found.counted
    at = {name: i for i, name in enumerate(base.ids)}
    known = {item.path for item in base.skipped}
    chosen: dict[int, Row] = {}
    left = list(skipped)
    for row in rows:
        path = found.root + row.path
        i = at.get(path)
        if i is None:
            left += [Skipped(path, f"{index} names it, but {GONE}")] * (path not in known)
        elif i in chosen:
            left.append(Skipped(path, f"{index} names it twice; the first is used"))
        else:
            chosen[i] = row
    if not chosen:
        raise _nothing(found, index, rows, left)
    kept = np.array(sorted(chosen), dtype=np.int64)
    told = {item.path for item in left}
    unnamed = [name for i, name in enumerate(base.ids) if i not in chosen and name not in told]
    tops = {_top(found.root, found.root + row.path) for row in rows}
    beside = [item.path for item in base.skipped if _top(found.root, item.path) not in tops]
    elsewhere = sorted({_top(found.root, path) for path in (*unnamed, *beside)} - tops)
    said = list(notes)
    if elsewhere:
        count = len(beside) + sum(_top(found.root, path) not in tops for path in unnamed)
        said.append(f"{items(count)} left out, in {listed(elsewhere, 3)}")
        unnamed = [path for path in unnamed if _top(found.root, path) in tops]
    if len(unnamed) > SHOWN:
        said.append(f"{items(len(unnamed))} that {index} does not name left out")
    else:
        left += [Skipped(name, f"{index} does not name it") for name in unnamed]
    named = [chosen[i] for i in kept.tolist()]
    listing = _relabelled(base, kept, named, class_names)
    boxed = sum(row.box is not None for row in named)
    if boxed and found.options.crop:
        listing = _cut(listing, named)
        without = len(named) - boxed
        said += [f"{items(without)} without a box: whole"] * bool(without)
    elif boxed or found.options.crop:
        said.append(
            "Boxes come with the pictures: data.crop=true cuts them out" if boxed else "No boxes: whole pictures"
        )
    inside = (item for item in base.skipped if _top(found.root, item.path) in tops)
    return replace(listing, skipped=(*inside, *left), notes=tuple(said))


def _nothing(found: Found, index: str, rows: Sequence[Row], left: Sequence[Skipped]) -> UserError:
    """Return why none of the pictures of an index can be read."""
    if rows:
        return UserError(
            f"None of the {found.counted(len(rows))} that {printable(index)} names is there",
            remedy=f"Copy them to {printable(found.root + rows[0].path)} and so on",
        )
    first = f"; the first, {printable(left[0].path)}: {left[0].reason}" if left else ""
    return UserError(
        f"{printable(index)} of {printable(found.base.uri)} names no picture{first}", remedy="Copy it again"
    )


def _top(root: str, path: str) -> str:
    """Return the folder of a data set that a picture lies in."""
    if not path.startswith(root):
        return path
    top, slash, _ = path.removeprefix(root).partition("/")
    return top + slash if slash else "no folder"


def _cut(listing: Listing, rows: Sequence[Row]) -> Listing:
    boxes = [row.box or WHOLE for row in rows]
    items = cropped(listing.items, np.arange(len(rows)), boxes)
    return replace(listing, items=items, content=digest([listing.content, items.said]))


def _relabelled(base: Listing, kept: IntArray, rows: Sequence[Row], class_names: Sequence[str]) -> Listing:
    number = {name: i for i, name in enumerate(class_names)}
    columns = dict.fromkeys(name for row in rows for name in row.columns)
    return replace(
        base,
        ids=tuple(base.ids[i] for i in kept.tolist()),
        labels=np.array([number.get(row.label, UNLABELLED) for row in rows], dtype=np.int64),
        class_names=tuple(class_names),
        columns={name: tuple(row.columns.get(name, "") for row in rows) for name in columns},
        items=base.items if len(kept) == len(base) else base.items.subset(kept),
    )


def first_half(classes: Sequence[str]) -> frozenset[str]:
    """Return the classes that train where the field splits by class: the first half of them, in their order."""
    return frozenset(classes[: len(classes) // 2])


def told_by_class(classes: Sequence[str], *, given: bool) -> str:
    """Return what is to be said of a split by class; ``given``: the data set has one of its own."""
    told = (
        f"Split by class: the first {len(first_half(classes)):,} of {len(classes):,} classes train, the others are test"
    )
    return told + ": set data.partition=given for the data set's own, kept in the column given split" * given


def partitioned(
    found: Found, rows: Sequence[Row], classes: Sequence[str], given: Sequence[str]
) -> tuple[list[Row], list[str]]:
    """Return the rows with the column ``split`` that is asked for, and what is said of it.

    By default it is by class, as this field measures: the first half of the ``classes``, in their order, trains. With
    ``data.partition=given`` it is the data set's own, one text a row, empty where it says nothing.
    """
    own = any(given)
    beside = {GIVEN: given} if own else {}
    if found.options.partition == "given":
        if not own:
            raise UserError(
                f"{printable(found.base.uri)} comes without a partition of its own", remedy="Set data.partition=classes"
            )
        split, told = given, "Split as the data set gives it: set data.partition=classes for one by class"
        beside = {}
    else:
        half = first_half(classes)
        split = ["train" if row.label in half else "test" for row in rows]
        told = told_by_class(classes, given=own)
    made = [
        replace(
            row, columns={**row.columns, SPLIT_COLUMN: split[i], **{name: texts[i] for name, texts in beside.items()}}
        )
        for i, row in enumerate(rows)
    ]
    return made, [told]


def by_folders(found: Found) -> Listing:
    """Return class folders with the split that is asked for; the classes are in the order of their names."""
    base = found.base
    called = (*base.class_names, "")
    labels = base.labels.tolist()
    rows = [Row(path.removeprefix(found.root), called[labels[i]]) for i, path in enumerate(base.ids)]
    names = sorted(base.class_names)
    given = list(base.columns.get(SPLIT_COLUMN, [""] * len(rows)))
    made, told = partitioned(found, rows, names, given)
    return by_index(found, "the folder", made, names, (), told)


def unread(path: str, number: int, why: str) -> Skipped:
    """Return a line of an index that is left out."""
    return Skipped(f"{path}, line {number}", why)
