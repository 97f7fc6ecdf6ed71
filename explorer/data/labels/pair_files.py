"""Lists of pairs that lie with data, found by themselves: pairs.txt of LFW, veri_test.txt, the protocol of CFP."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.pair_lists import SEVERAL, ItemFinder, NamedPair, PairList, named_pairs
from explorer.core.types import UNLABELLED, frozen
from explorer.data.layouts.place import FolderPlace, Place, place_of
from explorer.data.listing import Listing
from explorer.data.names import PAIR_LIST, natural, several

TABLES = (".csv", ".tsv")
"""Beside such a file lists are looked for."""
TRAINING_FOLD = re.compile(r"pairs_\d\d\.txt")
"""What LFW, funneled, has beside pairs.txt: each fold again."""
CFP = {"CFP-FP": ("F", "P"), "CFP-FF": ("F", "F")}
"""The two protocols of CFP, and from which list the first and the second of a pair are."""


def with_pairs(spec: str, listing: Listing) -> Listing:
    """Return a listing with the lists of pairs that lie with it, and what is to be said of them.

    Those of a folder or a zip lie in it, or in the folders that it is packed in; those of a table beside it.
    """
    place = place_of(spec)
    if place is None and spec.lower().endswith(TABLES) and os.path.isfile(spec):
        place = FolderPlace(os.path.dirname(os.path.abspath(spec)))
    if place is None:
        return listing
    lists: list[PairList] = []
    notes: list[str] = []
    finder: ItemFinder | None = None
    for name, pairs in _candidates(place, os.path.basename(spec), listing.table):
        finder = finder or ItemFinder(listing.ids)
        try:
            found = _resolved(name, pairs, finder, listing)
        except (UserError, csv.Error) as error:
            notes.append(f"{printable(name)} lies there and is no list of pairs that is read: {error}")
            continue
        if len(found):
            lists.append(found)
            notes.append(told(found))
        elif found.listed:
            notes.append(f"{printable(name)} lists {several(found.listed, 'pair')}, none of them of these items")
    return listing.with_pairs(tuple(lists), notes)


def told(pairs: PairList) -> str:
    """Return what is to be said of a list of pairs."""
    folds = len(np.unique(pairs.folds[pairs.folds > 0]))
    of = f" in {several(folds, 'fold')}" if folds > 1 else ""
    lost = pairs.listed - len(pairs)
    without = f", {several(lost, 'other')} of pictures that are not here" if lost else ""
    return f"{printable(pairs.name)}: {several(len(pairs), 'pair')}{of} to be verified{without}"


def _candidates(place: Place, opened: str, table: str) -> Iterator[tuple[str, Iterator[NamedPair]]]:
    """Yield the lists by their names; pairs.txt before others, and never what says the classes."""
    for root in place.roots():
        yield from _of_cfp(place, root)
        names = sorted(place.children(root), key=lambda name: (name.lower() != "pairs.txt", natural(name)))
        for name in names:
            if (
                PAIR_LIST.fullmatch(name)
                and name != opened
                and root + name != table
                and not (names[0] == "pairs.txt" and TRAINING_FOLD.fullmatch(name))
            ):
                yield name, named_pairs(name, _lines(place, root + name))


def _lines(place: Place, path: str) -> Iterator[str]:
    yield from io.StringIO(place.text(path), newline="")


def _resolved(name: str, pairs: Iterator[NamedPair], finder: ItemFinder, listing: Listing) -> PairList:
    """Find the items of the pairs; those that name what is not there, or is there twice, are left out."""
    rows: list[tuple[int, int]] = []
    same: list[bool] = []
    folds: list[int] = []
    count = 0
    for pair in pairs:
        count += 1
        a, b = finder.row(pair.a), finder.row(pair.b)
        if a is None or b is None or SEVERAL in (a, b):
            continue
        classes = int(listing.labels[a]), int(listing.labels[b])
        if pair.same is None and UNLABELLED in classes:
            continue
        rows.append((a, b))
        same.append(classes[0] == classes[1] if pair.same is None else pair.same)
        folds.append(pair.fold)
    return PairList(
        name,
        frozen(np.array(rows, dtype=np.int64).reshape(-1, 2)),
        frozen(np.array(same, dtype=np.bool_)),
        frozen(np.array(folds, dtype=np.int64)),
        count,
    )


def _of_cfp(place: Place, root: str) -> Iterator[tuple[str, Iterator[NamedPair]]]:
    """Yield the two protocols of CFP: Protocol/Split/FP/01/same.txt has ``8,3``, numbers in the lists of pictures."""
    if not place.has(f"{root}Protocol/Split/FP/"):
        return
    for name, (first, second) in CFP.items():
        yield name, _cfp_pairs(place, root, name[-2:], first, second)


def _cfp_pairs(place: Place, root: str, protocol: str, first: str, second: str) -> Iterator[NamedPair]:
    lists = {kind: _cfp_list(place, f"{root}Protocol/Pair_list_{kind}.txt") for kind in {first, second}}
    folder = f"{root}Protocol/Split/{protocol}/"
    for fold, inside in enumerate(sorted(place.children(folder), key=natural), 1):
        for kind in ("same", "diff"):
            path = f"{folder}{inside}{kind}.txt"
            if not place.has(path):
                continue
            for line, text in enumerate(place.text(path).split(), 1):
                a, _, b = text.partition(",")
                pictures = lists[first].get(a, ""), lists[second].get(b, "")
                yield NamedPair(line, *pictures, kind == "same", fold)


def _cfp_list(place: Place, path: str) -> dict[str, str]:
    """Return the pictures by their numbers, of ``1 ../Data/Images/001/frontal/01.jpg``."""
    cells = (line.split() for line in place.text(path).splitlines())
    return {row[0]: row[1].removeprefix("../") for row in cells if len(row) == 2}
