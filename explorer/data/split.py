"""Which items train and which are held out: parts of kind ``split``.

A part is made with its parameters and called as ``part.split(dataset, seed)``. The same seed gives the same split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.registry import Parameters, Scalar, create, parameter, register
from explorer.core.sides import PAIR, sides_of
from explorer.core.tally import tally
from explorer.core.targets import Target
from explorer.core.text_column import TextColumn
from explorer.core.types import DISTRACTORS, UNLABELLED, BoolArray, IntArray, Split, frozen
from explorer.data.labels.part_names import ASKING, HELD_OUT_VALUES, SPLIT_COLUMN, TRAIN_VALUES
from explorer.data.names import listed, several

SOURCE_COLUMN = "source"
"""The column that says from which recording an item was cut."""
FEWEST_CLASSES = 3
"""So many classes can be split by class: two train, and one is held out."""
FEWEST_TO_SHARE = 4
"""A class of fewer items stays whole: two held-out items find each other, and two train."""


STRATUM = 10
"""So many items of neighbouring numbers are split like a class."""


class Labelled(Protocol):
    """What a split needs to know of a dataset."""

    @property
    def labels(self) -> IntArray:
        """(N,) int64, -1 where unlabelled."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of each class."""

    @property
    def columns(self) -> Mapping[str, Sequence[str]]:
        """One text per item for each column."""


def make_split(name: str, params: dict[str, Scalar], dataset: Labelled, seed: int) -> Split:
    """Split a dataset with the part ``name`` of kind ``split``.

    Raises
    ------
    UserError: if there is no such split, a parameter is not allowed, or the data cannot be split that way.
    """
    split = create("split", name, params).split(dataset, seed)
    assert isinstance(split, Split)
    return split


def target_of_items(dataset: Labelled) -> Target | None:
    """Return the number that is learned of the items of a dataset, where one was chosen."""
    target: Target | None = getattr(dataset, "target", None)
    return target


def _strata(target: Target) -> IntArray:
    """Return the stretch (N,) of the order of their numbers in which items lie, -1 of those without a number."""
    known = np.flatnonzero(target.known)
    order = known[np.argsort(target.values[known], kind="stable")]
    strata: IntArray = np.full(len(target), UNLABELLED, np.int64)
    strata[order] = np.arange(len(order)) * max(1, len(order) // STRATUM) // max(1, len(order))
    return strata


def _without_number(target: Target) -> list[str]:
    count = int((~target.known).sum())
    return [f"{several(count, 'item')} without a number in {printable(target.name)}: not learned by it"] * bool(count)


def _made(kind: str, dataset: Labelled, train: BoolArray, held_out: BoolArray, notes: Sequence[str]) -> Split:
    labels = dataset.labels
    known = labels != UNLABELLED
    trained, tested = labels[train & known], labels[held_out & known]
    return Split(
        kind=kind,
        train=frozen(np.flatnonzero(train), np.int64),
        held_out=frozen(np.flatnonzero(held_out), np.int64),
        unseen=bool(len(tested)) and not np.isin(tested, trained).any(),
        notes=tuple(notes),
    )


def _unlabelled_note(labels: IntArray) -> list[str]:
    count = int((labels == UNLABELLED).sum())
    return [f"{several(count, 'unlabelled item')} in the training part, which losses with labels leave out"] * bool(
        count
    )


def _lone_note(labels: IntArray) -> list[str]:
    lone = int((tally(labels, int(labels.max(initial=UNLABELLED)) + 1)[1:] == 1).sum())
    return [f"{several(lone, 'class', 'classes')} of one item: without a positive pair"] * bool(lone)


def _share(default: float) -> float:
    value: float = parameter(default, "Share held out and never trained on", minimum=0.0, maximum=0.9, step=0.05)
    return value


@register("split", "items", title="Items of every class")
class ItemsSplit:
    """Holds out a share of the items of every class."""

    class Params(Parameters):
        """The share held out, and what stays in one part."""

        test: float = _share(0.2)
        column: str = parameter("", "Column whose values stay in one part: all clips of one recording, say")

    def __init__(self, params: Params) -> None:
        self.params = params

    def split(self, dataset: Labelled, seed: int) -> Split:
        """Split stratified by class, or by the target; classes of fewer than four items stay in the training part.

        Where the items are pictures and captions, what belongs together stays in one part.
        """
        target = target_of_items(dataset)
        labels = dataset.labels if target is None else _strata(target)
        paired = sides_of(dataset.columns) is not None or target is not None
        if self.params.column or (paired and target is None):
            return self._by_group(dataset, seed, self.params.column or PAIR, unlabelled=paired)
        held_out = np.zeros(len(labels), dtype=np.bool_)
        order = np.random.default_rng(seed).permutation(len(labels))
        order = order[np.argsort(labels[order], kind="stable")]
        values, starts, counts = np.unique(labels[order], return_index=True, return_counts=True)
        small = 0
        for value, start, count in zip(values.tolist(), starts.tolist(), counts.tolist(), strict=True):
            if value == UNLABELLED or self.params.test == 0:
                continue
            if count < FEWEST_TO_SHARE:
                small += count > 1
                continue
            wanted = min(max(round(count * self.params.test), 2), count - 2)
            held_out[order[start : start + wanted]] = True
        notes = _unlabelled_note(labels) + _lone_note(labels) if target is None else _without_number(target)
        if small:
            notes.append(f"{several(small, 'class', 'classes')} of two or three items: not held out")
        return _made("items", dataset, ~held_out, held_out, notes)

    def _by_group(self, dataset: Labelled, seed: int, name: str, *, unlabelled: bool) -> Split:
        """Hold out whole groups until every class has its share, at least two items of each left to train on.

        ``unlabelled``: what has no class is held out as one class; else all of it is trained on.
        """
        labels = np.asarray(dataset.labels)
        groups = _codes_of(dataset, name)
        members = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])
        known = labels + 1  # those without a class are counted at 0
        left = np.bincount(known)
        wanted = np.maximum(np.round(left * self.params.test), 2) * (left >= FEWEST_TO_SHARE) * (self.params.test > 0)
        wanted[0] *= unlabelled
        held_out = np.zeros(len(labels), dtype=np.bool_)
        for group in np.random.default_rng(seed).permutation(len(members)):
            values, counts = np.unique(known[members[group]], return_counts=True)
            if (wanted[values] > 0).any() and (left[values] - counts >= 2).all():
                held_out[members[group]] = True
                wanted[values] -= counts
                left[values] -= counts
        notes = [f"All of one {printable(name)} in one part: {several(len(members), 'group')}"]
        if short := int((wanted > 0).sum()):
            notes.append(
                f"{several(short, 'class', 'classes')} of too few groups: not held out, or less than the share"
            )
        if not unlabelled:
            notes += [*_unlabelled_note(labels), *_lone_note(labels)]
        return _made("items", dataset, ~held_out, held_out, notes)


def _codes_of(dataset: Labelled, name: str) -> IntArray:
    """Return the number of the value of a column for each item; an item without one has a number of its own."""
    if name not in dataset.columns:
        found = listed([printable(column) for column in dataset.columns]) or "none"
        raise UserError(f"There is no column {printable(name)!r} to split by; columns: {found}")
    codes, texts = TextColumn.of(dataset.columns[name]).codes()
    values = np.unique(np.array(texts), return_inverse=True)[1]
    empty = np.array([not text.strip() for text in texts], np.bool_)[codes]
    groups = values[codes]
    groups[empty] = len(values) + np.arange(int(empty.sum()))
    numbers: IntArray = np.unique(groups, return_inverse=True)[1].astype(np.int64)
    return numbers


@register("split", "classes", title="Classes never trained on")
class ClassesSplit:
    """Holds out whole classes, so that what is measured is how well new classes are told apart."""

    class Params(Parameters):
        """The share held out."""

        test: float = _share(0.2)
        column: str = parameter("", "Column whose values stay together: hold out whole writers, alphabets or species")

    def __init__(self, params: Params) -> None:
        self.params = params

    def split(self, dataset: Labelled, seed: int) -> Split:
        """Split by class; at least two classes train and, where there are four, two are held out."""
        labels = dataset.labels
        if self.params.column:
            return self._by_group(dataset, seed)
        classes = np.unique(labels[labels != UNLABELLED])
        if len(classes) < FEWEST_CLASSES:
            raise UserError(
                f"{several(len(classes), 'class', 'classes')} cannot be split by class",
                remedy="Choose split=items, or add classes",
            )
        wanted = round(len(classes) * self.params.test)
        if self.params.test > 0:
            wanted = min(max(wanted, 2 if len(classes) >= 4 else 1), len(classes) - 2)
        chosen = np.random.default_rng(seed).permutation(classes)[:wanted]
        held_out = np.isin(labels, chosen)
        return _made("classes", dataset, ~held_out, held_out, _unlabelled_note(labels) + _lone_note(labels))

    def _by_group(self, dataset: Labelled, seed: int) -> Split:
        """Hold out whole groups of classes until the share is reached; a class in two groups joins them."""
        name = self.params.column
        if name not in dataset.columns:
            found = listed([printable(column) for column in dataset.columns]) or "none"
            raise UserError(f"There is no column {printable(name)!r} to split by; columns: {found}")
        codes, texts = TextColumn.of(dataset.columns[name]).codes()
        values = np.unique(np.array(texts), return_inverse=True)[1][codes]
        known = dataset.labels != UNLABELLED
        groups = _joined(values[known], dataset.labels[known])
        every = np.unique(groups)
        if len(every) < 2:
            raise UserError(
                f"The classes cannot be told apart by {printable(name)!r}: all of them hang together",
                remedy="Choose a column of which every class has one value",
            )
        order = np.random.default_rng(seed).permutation(every)
        wanted = min(max(round(len(every) * self.params.test), 1), len(every) - 1) if self.params.test else 0
        held_out = np.zeros(len(known), dtype=np.bool_)
        held_out[known] = np.isin(groups, order[:wanted])
        notes = [f"{several(wanted, 'group')} of {len(every)} by {printable(name)} held out"]
        notes += _unlabelled_note(dataset.labels) + _lone_note(dataset.labels)
        return _made("classes", dataset, ~held_out, held_out, notes)


def _joined(values: IntArray, labels: IntArray) -> IntArray:
    """Return a group of every item such that items that share a value or a class share the group."""
    groups = values.copy()
    while True:
        before = groups.copy()
        for codes in (labels, values):
            smallest = np.full(int(codes.max(initial=-1)) + 1, np.iinfo(np.int64).max)
            np.minimum.at(smallest, codes, groups)
            groups = smallest[codes]
        if np.array_equal(groups, before):
            return groups


@register("split", "column", title="By a column")
class ColumnSplit:
    """Takes the parts from a column: train trains; test, val, valid, query and gallery are held out."""

    class Params(Parameters):
        """The column."""

        column: str = parameter(SPLIT_COLUMN, "Column that says train, test, val, valid, query or gallery")

    def __init__(self, params: Params) -> None:
        self.params = params

    def split(self, dataset: Labelled, seed: int) -> Split:
        """Split by the values of the column; items with another value are in neither part."""
        name = self.params.column
        if name not in dataset.columns:
            found = listed([printable(column) for column in dataset.columns]) or "none"
            raise UserError(f"There is no column {printable(name)!r} to split by; columns: {found}")
        codes, texts = TextColumn.of(dataset.columns[name]).codes()
        lowered = [text.strip().lower() for text in texts]
        train, held_out = (np.isin(codes, _among(lowered, known)) for known in (TRAIN_VALUES, HELD_OUT_VALUES))
        others = sorted({text for text in lowered if text not in TRAIN_VALUES | HELD_OUT_VALUES})
        if not train.any():
            said = listed([printable(other) for other in others])
            raise UserError(
                f"The column {printable(name)!r} marks no item as train; it says {said}",
                remedy="Choose split=items or split=classes",
            )
        notes = _unlabelled_note(np.asarray(dataset.labels)[train])
        if others:
            left = several(int((~train & ~held_out).sum()), "item")
            notes.append(f"{left} in neither part: {printable(name)} says {listed([repr(o) for o in others])}")
        return _made("column", dataset, train, held_out, notes)


def query_and_gallery(columns: Mapping[str, Sequence[str]]) -> tuple[IntArray, IntArray]:
    """Return the items that the column ``split`` calls query, and those it calls gallery; none of either without both.

    A query is compared with the gallery, never with another query: two of them are often shots of one camera.
    Distractors stand in the gallery.
    """
    codes, texts = TextColumn.of(columns.get(SPLIT_COLUMN, ())).codes()
    lowered = [text.strip().lower() for text in texts]
    query, asked = ASKING
    values = (frozenset({query}), frozenset({asked}) | DISTRACTORS)
    queries, gallery = (np.flatnonzero(np.isin(codes, _among(lowered, value))) for value in values)
    if len(queries) and len(gallery):
        return frozen(queries, np.int64), frozen(gallery, np.int64)
    return frozen([], np.int64), frozen([], np.int64)


def distractors(columns: Mapping[str, Sequence[str]]) -> IntArray:
    """Return the items that the column ``split`` calls distractors: they are nobody's, and wrong for every query."""
    codes, texts = TextColumn.of(columns.get(SPLIT_COLUMN, ())).codes()
    return frozen(
        np.flatnonzero(np.isin(codes, _among([text.strip().lower() for text in texts], DISTRACTORS))), np.int64
    )


def taking_part(dataset: Labelled) -> BoolArray:
    """Return which items (N,) take part in a measurement: of a class, distractors, pairs, or those with a number."""
    if sides_of(dataset.columns) is not None:
        return np.ones(len(dataset.labels), np.bool_)
    target = target_of_items(dataset)
    if target is not None:
        return target.known
    part: BoolArray = np.asarray(dataset.labels) != UNLABELLED
    part[distractors(dataset.columns)] = True
    return part


def _among(values: Sequence[str], known: frozenset[str]) -> IntArray:
    return np.array([place for place, value in enumerate(values) if value in known], np.int64)


@register("split", "auto", title="Automatic")
class AutoSplit:
    """By the column where it has train and held-out items, else items of every class.

    Queries and their gallery alone are split by class, so that those that are held out can still ask each other. Items
    that a column ``source`` says to be of one recording stay in one part.
    """

    class Params(Parameters):
        """For either of the two."""

        test: float = _share(0.2)
        column: str = parameter(SPLIT_COLUMN, "Column that may say train, test, val, valid, query or gallery")

    def __init__(self, params: Params) -> None:
        self.params = params

    def split(self, dataset: Labelled, seed: int) -> Split:
        """Split as the data suggests.

        Raises
        ------
        UserError: if a column was chosen and there is none of that name.
        """
        by_column = ColumnSplit(ColumnSplit.Params(column=self.params.column))
        if self.params.column not in dataset.columns and self.params.column != SPLIT_COLUMN:
            return by_column.split(dataset, seed)  # says which columns there are
        _, texts = TextColumn.of(dataset.columns.get(self.params.column, ())).codes()
        values = {text.strip().lower() for text in texts}
        if values & TRAIN_VALUES and values & HELD_OUT_VALUES:
            return by_column.split(dataset, seed)
        other = sorted(values - TRAIN_VALUES - HELD_OUT_VALUES - {""})
        made = self._by_labels(dataset, seed, values)
        if not other:
            return made
        column, said = printable(self.params.column), listed([repr(printable(value)) for value in other], 3)
        note = f"The column {column} says {said}, which is no part of a split, so it does not split"
        return replace(made, notes=(*made.notes, note))

    def _by_labels(self, dataset: Labelled, seed: int, values: set[str]) -> Split:
        labels = np.asarray(dataset.labels)
        if values.issuperset(ASKING) and len(np.unique(labels[labels != UNLABELLED])) >= FEWEST_CLASSES:
            return ClassesSplit(ClassesSplit.Params(test=self.params.test)).split(dataset, seed)
        together = SOURCE_COLUMN if SOURCE_COLUMN in dataset.columns else ""
        return ItemsSplit(ItemsSplit.Params(test=self.params.test, column=together)).split(dataset, seed)
