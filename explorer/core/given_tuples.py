"""Given supervision: files of pairs, of triplets and of what belongs together, and which items they name.

A table of text, cells separated by commas or tabs, with or without a line of titles. Pairs: two items, and whether they
are the ``same`` or ``different`` (1 or 0). Triplets: an anchor, an item nearer to it, and one farther. Must-link:
two or more items a line that belong together; lines with a common item are one group (its transitive closure).
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from explorer.core.errors import UserError, printable, unreadable
from explorer.core.pair_lists import SAME, SEVERAL, ItemFinder, records, wrong
from explorer.core.part_titles import part_title
from explorer.core.plain_files import read_plain
from explorer.core.types import UNLABELLED, BoolArray, IntArray, frozen
from explorer.core.words import several

GivenKind = Literal["pairs", "triplets", "must_link"]
KINDS: tuple[GivenKind, ...] = ("pairs", "triplets", "must_link")
WORDS = {"pairs": "pair", "triplets": "triplet", "must_link": "linked item"}
"""What one tuple of each kind is called."""
HELD = "given_held"
"""The figure that says which share of those that are kept out of training holds, and what measures it."""
CELLS = 3
"""So many cells has a line of pairs or triplets."""
LARGEST_FILE = 256 << 20
"""Bytes of such a file, at most: some millions of lines."""
SAID = {**SAME, "-1": False, "+1": True}
"""What the third cell of a pair says."""
OF_ITEMS = frozenset({
    *("a", "b", "i", "j", "item1", "item2", "item3", "first", "second", "third", "anchor", "query", "near", "nearer"),
    *("far", "farther", "positive", "negative", "image1", "image2"),
})  # fmt: skip
"""The titles of columns below which items stand, one of several in a line."""
TITLES = OF_ITEMS | {
    *("c", "k", "x", "y", "item", "items", "same", "different", "label", "link", "group", "must_link", "verdict"),
    *("answer", "match", "similar", "is_same", "target"),
}  # fmt: skip
"""The words of a first line that names the columns, and no items."""
FORMS = {
    "pairs": "Write two items and same or different",
    "triplets": "Write an anchor, the item nearer to it, and the one farther",
    "must_link": "Write two or more items that belong together",
}


@dataclass(frozen=True, slots=True, eq=False)
class GivenTuples:
    """What a file says of some items.

    ``name``, ``content`` and ``digest``, its SHA-256: of the file. ``rows``: (T, 2) int64 items of pairs, (T, 3) of
    triplets; of must-link lists (M, 2): each item that is in a group, and the number of the group. ``same`` (T,): of
    pairs, whether the two are. ``against``: how many say the opposite of another one: a pair both ways, or a triplet
    with nearer and farther swapped.
    """

    kind: GivenKind
    name: str
    content: bytes
    rows: IntArray
    same: BoolArray
    digest: str
    against: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def tuples(self) -> bool:
        """Whether batches are drawn by the tuples themselves; groups take the place of classes instead."""
        return self.kind != "must_link"

    def within(self, items: IntArray, count: int) -> BoolArray:
        """Return which tuples (T,) are of nothing but some ``items`` (M,) of ``count``."""
        there = np.zeros(count, dtype=np.bool_)
        there[items] = True
        named = self.rows if self.tuples else self.rows[:, :1]
        inside: BoolArray = np.asarray(there[named].all(axis=1))
        return inside

    def groups(self, count: int) -> IntArray:
        """Return the group (N,) of each of ``count`` items, ``UNLABELLED`` where it is in none."""
        groups: IntArray = np.full(count, UNLABELLED, dtype=np.int64)
        groups[self.rows[:, 0]] = self.rows[:, 1]
        return groups

    def told(self, train: IntArray, count: int) -> str:
        """Return in words how many of them are trained on, and how many are kept out: those that name other items."""
        inside = int(self.within(train, count).sum())
        told = (
            f"{printable(self.name)}: {several(inside, WORDS[self.kind])} to train on, {len(self) - inside:,} kept out"
        )
        return told + (f"; {self.against:,} contradict each other" if self.against else "")


def titles_of_tuples(header: Sequence[str]) -> bool:
    """Return whether the titles of a table's columns are those of pairs or triplets: the first two name items."""
    return len(OF_ITEMS.intersection(title.strip().lower() for title in header[:2])) > 1


def against_given(loss: str, kind: str) -> str:
    """Return why a loss cannot be trained on given pairs or triplets, in words, with those that can."""
    others = {
        "pairs": "contrastive, margin or logistic",
        "triplets": "triplet, t-STE (t_ste), margin, contrastive or logistic",
    }[kind]
    return f"The loss {part_title('loss', loss)} learns from classes, and {kind} are given: choose the loss {others}"


def against_fitted(fitter: str, kind: str) -> str:
    """Return why a fitter cannot be fitted to given pairs or triplets, in words, with what can."""
    if kind == "pairs":
        return (
            f"The fitter {part_title('fitter', fitter)} learns from classes, and pairs are given: "
            "choose the fitter itml or mmc, or train by the loss contrastive instead (fitter=none)"
        )
    instead = "train by the loss triplet instead (fitter=none)"
    return f"The fitter {part_title('fitter', fitter)} learns from classes, and {kind} are given: {instead}"


def read_given(path: Path, kind: GivenKind | None, ids: Sequence[str]) -> GivenTuples:
    """Read a file of given tuples; ``kind`` None: see ``kind_of``. ``ids`` (N,) of the items that it may name.

    Raises
    ------
    UserError: if it cannot be read, or see ``given_of``.
    """
    shown = printable(str(path))
    try:
        content = read_plain(path, LARGEST_FILE)
    except (OSError, ValueError) as error:
        raise UserError(f"{shown} cannot be read: {unreadable(error)}", remedy="Give a table of text") from error
    return replace(given_of(str(path), content, kind, ids), name=path.name)


def given_of(name: str, content: bytes, kind: GivenKind | None, ids: Sequence[str]) -> GivenTuples:
    """Return what the ``content`` of a file called ``name`` says.

    Items are named by their ids, by the end of their paths, and without their endings, where that is unique.

    Raises
    ------
    UserError: if it is no table of text, says nothing, or a line is wrong; the line, why and what to do are named.
    """
    lines, finder = list(_lines(name, content)), ItemFinder(ids)
    titled = bool(lines) and _titles(lines[0][1], finder)
    lines = lines[titled:]
    if not lines:
        what = "names its columns, and nothing below them" if titled else "is empty"
        raise UserError(f"{printable(name)} {what}", remedy=FORMS[kind or "pairs"])
    kind, digest = kind or _kind_of(cells for _, cells in lines), hashlib.sha256(content).hexdigest()
    _check_first(name, lines, finder, kind)
    reader = _Reader(name, kind, finder)
    if kind == "must_link":
        rows = _grouped([reader.items(line, cells) for line, cells in lines])
        return GivenTuples(kind, name, content, frozen(rows), frozen(np.ones(len(rows), np.bool_)), digest)
    found = [reader.one(line, cells) for line, cells in lines]
    same = np.array([said for _, said in found], np.bool_)
    if kind == "pairs" and same.all() | ~same.any():
        what = "the same: nothing keeps items apart" if same.all() else "different: nothing brings items together"
        raise UserError(f"All pairs of {printable(name)} are {what}", remedy="Add pairs of the other sort")
    rows = np.array([items for items, _ in found], np.int64)
    against = _contradicting(rows, same)
    if against == len(rows):
        told = f"Each of the {several(against, WORDS[kind])} of {printable(name)} says the opposite of another one"
        raise UserError(told, remedy="Leave out those that are wrong")
    return GivenTuples(kind, name, content, frozen(rows), frozen(same), digest, against)


def _check_first(name: str, lines: Sequence[tuple[int, list[str]]], finder: ItemFinder, kind: GivenKind) -> None:
    """Refuse a first line that names no item above one that does: most likely it names the columns in other words.

    What has another number of columns is told for that: with a # before its titles it would be refused again.
    """
    found = [[finder.row(cell) for cell in cells] for _, cells in lines[:2]]
    named = [any(row not in (None, SEVERAL) for row in rows) for rows in found]
    if named != [False, True] or None not in found[0]:
        return
    (first, titles), (_, cells) = lines[:2]
    if kind != "must_link" and len(cells) != CELLS:
        raise _not_three(name, first, titles, kind)
    if kind == "must_link" and any(cell.lower() in SAID for cell in cells):
        what = f"has {several(len(titles), 'cell')}, and not the three of a pair"
        raise wrong(name, first, what, f"{FORMS['pairs']}, and nothing else")
    remedy = f"If it names the columns, begin it with #. {FORMS[kind]}"
    raise wrong(name, first, "names none of the items", remedy)


def _not_three(name: str, line: int, cells: Sequence[str], kind: GivenKind) -> UserError:
    return wrong(name, line, f"has {several(len(cells), 'cell')} and not three", f"{FORMS[kind]}, and nothing else")


def _contradicting(rows: IntArray, same: BoolArray) -> int:
    """Return how many pairs (T, 2), the ``same`` or not, or triplets (T, 3) say the opposite of another one."""
    said = same if rows.shape[1] == 2 else rows[:, 1] < rows[:, 2]
    named = np.column_stack((rows[:, :-2], np.sort(rows[:, -2:], axis=1)))
    order = np.lexsort(named.T)
    named = named[order]
    begins = np.flatnonzero(np.r_[True, (named[1:] != named[:-1]).any(axis=1)])
    sizes, yes = np.diff(np.r_[begins, len(named)]), np.add.reduceat(said[order].astype(np.int64), begins)
    return int(sizes[(yes > 0) & (yes < sizes)].sum())


def _lines(name: str, content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of the lines that say something."""
    try:
        text = content.decode("utf-8-sig").splitlines()
        first = "".join(text[:2])
        delimiter = "\t" if "\t" in first else ";" if ";" in first and "," not in first else ","
        for line, cells in records(name, text, delimiter):
            said = [cell.strip() for cell in cells]
            while said and not said[-1]:
                said.pop()
            if said and not said[0].startswith("#"):
                yield line, said
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"{printable(name)} cannot be read: it is no table of text", remedy="Give a CSV or TSV in UTF-8"
        ) from error


def _titles(cells: Sequence[str], finder: ItemFinder) -> bool:
    """Return whether a first line names the columns, and no items that are called so."""
    return {cell.lower() for cell in cells} <= TITLES and any(finder.row(cell) is None for cell in cells)


def _kind_of(lines: Iterator[list[str]]) -> GivenKind:
    """Return what a file is by its lines: pairs where a third cell says so, triplets where each has three items."""
    known: GivenKind = "triplets"
    for cells in lines:
        if len(cells) == 3 and cells[2].lower() in SAID:
            return "pairs"
        known = known if len(cells) == 3 else "must_link"
    return known


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads single lines."""

    name: str
    kind: GivenKind
    finder: ItemFinder

    def items(self, line: int, cells: Sequence[str]) -> list[int]:
        """Return the items that a line of a must-link list names."""
        if len(cells) < 2:
            raise wrong(self.name, line, "names one item, which belongs to nothing", FORMS[self.kind])
        return [self._row(line, cell) for cell in cells]

    def one(self, line: int, cells: Sequence[str]) -> tuple[list[int], bool]:
        """Return the items of a pair and whether they are the same, or those of a triplet."""
        if len(cells) != CELLS:
            raise _not_three(self.name, line, cells, self.kind)
        same = True
        if self.kind == "pairs":
            said = SAID.get(cells[2].lower())
            if said is None:
                raise wrong(self.name, line, f"says {printable(cells[2])!r} of its pair", FORMS[self.kind])
            cells, same = cells[:2], said
        rows = [self._row(line, cell) for cell in cells]
        if len(set(rows)) < len(rows):
            raise wrong(self.name, line, "names an item twice", "Compare an item with others only")
        return rows, same

    def _row(self, line: int, name: str) -> int:
        row = self.finder.row(name)
        if row == SEVERAL:
            raise wrong(self.name, line, f"names {printable(name)}, which several items are called", "Write its path")
        if row is None:
            raise wrong(self.name, line, f"names {printable(name)}, which is none of the items", "Write paths or ids")
        return row


def _grouped(lines: Sequence[Sequence[int]]) -> IntArray:
    """Return each item and the number of its group (M, 2), ascending: lines with a common item are one group."""
    parent: dict[int, int] = {}

    def root(item: int) -> int:
        parent.setdefault(item, item)
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for items in lines:
        first = root(items[0])
        for item in items[1:]:
            parent[root(item)] = first = root(first)
    found = np.array(sorted((item, root(item)) for item in parent), np.int64).reshape(-1, 2)
    found[:, 1] = np.unique(found[:, 1], return_inverse=True)[1]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Checks:
    """The given tuples that are kept out of training, and what it takes to say which of them hold.

    ``rows`` (K, 2) pairs with ``same`` (K,), or (K, 3) triplets, ``same`` empty. ``trained`` (T, 2), ``trained_same``
    (T,): the pairs that are trained on, whose best threshold decides.
    """

    rows: IntArray
    same: BoolArray
    trained: IntArray
    trained_same: BoolArray

    @property
    def items(self) -> IntArray:
        """The items (M,) that they name, ascending."""
        named: IntArray = np.unique(np.concatenate((self.rows.ravel(), self.trained.ravel())))
        return named


MOST_CHECKS = 100_000
"""Of more tuples that are kept out, so many are checked; of more triplets, a map is made of so many."""


def checks_of(given: GivenTuples, train: IntArray, count: int) -> Checks:
    """Return what is checked where ``train`` (T,) of ``count`` items are trained on.

    Kept out are tuples that name an item which is not trained on. Of must-link lists each such item is asked whether
    the next one of its group is nearer to it than one drawn from another group: always the same one.
    """
    inside = given.within(train, count)
    out = np.flatnonzero(~inside)
    out = out[np.linspace(0, len(out) - 1, min(len(out), MOST_CHECKS)).astype(np.int64)] if len(out) else out
    none, no_rows = np.zeros(0, np.bool_), np.zeros((0, 2), np.int64)
    if given.kind == "pairs":
        known = np.flatnonzero(inside)[:MOST_CHECKS]
        return Checks(given.rows[out], given.same[out], given.rows[known], given.same[known])
    if given.kind == "triplets":
        return Checks(given.rows[out], none, no_rows, none)
    return Checks(_linked(given.rows, out), none, no_rows, none)


def mapped_triplets(given: GivenTuples | None) -> IntArray:
    """Return the given triplets (T, 3) that a map is made of, at most ``MOST_CHECKS``, evenly spread; else none."""
    if given is None or given.kind != "triplets":
        return np.empty((0, 3), np.int64)
    chosen = np.linspace(0, len(given) - 1, min(len(given), MOST_CHECKS)).astype(np.int64)
    triplets: IntArray = given.rows[chosen]
    return triplets


def _linked(members: IntArray, out: IntArray) -> IntArray:
    """Return a triplet (K, 3) of each member at ``out``: itself, the next of its group, and one of another group."""
    draw = np.random.default_rng(0)
    order = np.argsort(members[:, 1], kind="stable")
    group, place = members[order, 1], np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    start, size = np.searchsorted(group, group), np.bincount(group)[group]
    found = []
    for at in place[out].tolist():
        others = len(order) - size[at]
        if size[at] < 2 or others < 1:
            continue
        partner = start[at] + (at - start[at] + 1) % size[at]
        other = int(draw.integers(others))
        other += size[at] * (other >= start[at])
        found.append((order[at], order[partner], order[other]))
    triplets: IntArray = members[np.array(found, np.int64).reshape(-1, 3), 0]
    return triplets
