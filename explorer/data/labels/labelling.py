"""From what is written beside an item to classes and sets of labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Protocol

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.text_column import TextColumn
from explorer.core.types import UNLABELLED, BoolArray, IntArray, frozen
from explorer.data.names import listed, natural, unique
from explorer.data.split import Labelled

_TRUTH = {"true": "1", "1.0": "1", "false": "0", "0.0": "0"}
"""How classes of yes and no are written, beside each other in a column of two programs."""
LARGEST_SETS = 2**31
"""Cells of the table of items and labels, a byte each, above which it is refused."""


@dataclass(frozen=True, slots=True)
class Labelling:
    """Classes of N items: ``labels`` (N,) int64 into ``class_names``, and the sets (N, S) bool where there are any."""

    labels: IntArray
    class_names: tuple[str, ...]
    label_sets: BoolArray | None = None
    set_names: tuple[str, ...] = ()


class Levelled(Labelled, Protocol):
    """What is needed of a dataset to know the labels of its items."""

    @property
    def label_sets(self) -> BoolArray | None:
        """(N, S) bool, where the items came with sets of labels."""


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return different names in the order of their letters, and numbers in them in the order of these."""
    return tuple(sorted(set(names), key=natural))


def labelling(texts: Sequence[str], separator: str = "") -> Labelling:
    """Return the classes of items from one text each, empty where unlabelled.

    With a ``separator`` a text lists several labels: ``red;round``. The class is then the whole set, in the order of
    its letters, so that ``round;red`` is the same class.

    Raises
    ------
    UserError: if there are too many labels for a table of items and labels.
    """
    if not separator:
        return _classes(texts)
    sets = [sorted({part.strip() for part in text.split(separator)} - {""}) for text in texts]
    names = in_order(name for chosen in sets for name in chosen)
    number = {name: column for column, name in enumerate(names)}
    rows = [row for row, chosen in enumerate(sets) for _ in chosen]
    columns = [number[name] for chosen in sets for name in chosen]
    classes = _classes([separator.join(chosen) for chosen in sets])
    return Labelling(classes.labels, classes.class_names, _table(len(sets), len(names), rows, columns), names)


def numbered(numbers: IntArray, known: Mapping[int, str]) -> Labelling:
    """Return the classes of items from one number each, -1 where unlabelled, in the order of the numbers.

    ``known``: the names of numbers; another number is its own name.
    """
    different = np.unique(numbers[numbers != UNLABELLED])
    labels = np.where(numbers == UNLABELLED, UNLABELLED, np.searchsorted(different, numbers))
    names = unique(known.get(number, str(number)) for number in different.tolist())
    return Labelling(frozen(labels, np.int64), names)


def _classes(texts: Sequence[str]) -> Labelling:
    codes, different = TextColumn.of(texts).codes()
    names = in_order(text for text in different if text)
    number = {name: i for i, name in enumerate(names)} | {"": UNLABELLED}
    return Labelling(np.array([number[text] for text in different], dtype=np.int64)[codes], names)


def _table(items: int, labels: int, rows: Sequence[int], columns: Sequence[int]) -> BoolArray:
    if items * labels > LARGEST_SETS:
        raise UserError(
            f"{labels:,} different labels of {items:,} items are too many for sets of labels",
            remedy="Choose a column with fewer labels, or data.label_separator= for one label an item",
        )
    sets = np.zeros((items, labels), dtype=np.bool_)
    sets[list(rows), list(columns)] = True
    return frozen(sets)


def alike_told(class_names: Iterable[str]) -> tuple[str, ...]:
    """Return a note on classes that may be meant as one: ``cat`` and ``Cat``, ``true`` and ``1``; none, no note.

    Letters alone are left: a and A are classes of handwriting.
    """
    alike: dict[str, list[str]] = {}
    for name in class_names:
        plain = name.casefold() if len(name) > 1 else name
        alike.setdefault(_TRUTH.get(plain, plain), []).append(printable(name))
    found = [" and ".join(group) for group in alike.values() if len(group) > 1]
    return (f"Classes that may mean the same are kept apart: {listed(found)}",) if found else ()


def levels_of(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the names of the columns ``level1``, ``level2``, … that folders in folders make."""
    return tuple(takewhile(columns.__contains__, (f"level{i}" for i in count(1))))


def has_label_sets(dataset: Levelled) -> bool:
    """Whether an item of the dataset has several labels; cheap."""
    return dataset.label_sets is not None or bool(levels_of(dataset.columns))


def label_sets_of(dataset: Levelled) -> BoolArray | None:
    """Return which labels every item has, (N, S) bool; None where each has its class alone.

    They are those that came with the items; else the class of an item with its parents, the folders above that of the
    class: two folders of one name below different parents are two labels.

    Raises
    ------
    UserError: if there are too many labels for a table of items and labels.
    """
    levels = levels_of(dataset.columns)
    if dataset.label_sets is not None or not levels:
        return dataset.label_sets
    number: dict[tuple[str, ...], int] = {}
    parents: list[tuple[int, int]] = []
    for row, folders in enumerate(zip(*(dataset.columns[name] for name in levels), strict=True)):
        path = tuple(takewhile(bool, folders))
        parents += [(row, number.setdefault(path[:depth], len(number))) for depth in range(1, len(path) + 1)]
    labels = np.asarray(dataset.labels)
    known = np.flatnonzero(labels != UNLABELLED)
    rows = [*known.tolist(), *(row for row, _ in parents)]
    first = len(dataset.class_names)
    columns = [*labels[known].tolist(), *(first + column for _, column in parents)]
    return _table(len(labels), first + len(number), rows, columns)
