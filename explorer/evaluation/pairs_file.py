"""Pairs that a file names: ``pairs.csv`` with the columns a, b and perhaps same, or LFW's ``pairs.txt``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable, unreadable
from explorer.core.pair_lists import SEVERAL, ItemFinder, NamedPair, named_pairs, wrong
from explorer.core.plain_files import read_plain
from explorer.core.types import UNLABELLED, IntArray
from explorer.evaluation.comparison import GivenPairs

LARGEST_FILE = 256 << 20
"""Bytes of such a file, at most: some millions of pairs."""


def read_pairs(path: Path, ids: Sequence[str], classes: IntArray) -> GivenPairs:
    """Read the pairs of a file.

    Parameters
    ----------
    ids: (M,) of the items. A file may name one by its id, by the end of its path, and without its ending, where that
        is unique.
    classes: (M,) which decide where the file does not say whether the two are the same.

    Raises
    ------
    UserError: if the file cannot be read, says nothing, or names an item that is not there; the line is named.
    """
    finder = ItemFinder(ids)
    rows, same, folds = [], [], []
    for pair in _pairs(path):
        a, b = (_row(finder, name, path, pair.line) for name in (pair.a, pair.b))
        if pair.same is None and UNLABELLED in (classes[a], classes[b]):
            raise wrong(
                str(path), pair.line, "names an item without a class, and does not say same", "Add a column same"
            )
        rows.append((a, b))
        folds.append(pair.fold)
        same.append(bool(classes[a] == classes[b]) if pair.same is None else pair.same)
    if not rows:
        raise UserError(f"{printable(str(path))} names no pairs", remedy="Write the columns a and b, a pair a line")
    return GivenPairs(np.array(rows, np.int64), np.array(same, np.bool_), np.array(folds, np.int64))


def _row(finder: ItemFinder, name: str, path: Path, line: int) -> int:
    found = finder.row(name)
    if not name:
        raise wrong(str(path), line, "names one item alone", "Write two a line")
    if found is None:
        raise wrong(
            str(path),
            line,
            f"names {printable(name)}, which is not among the items that are measured",
            "Only held-out items are: measure data with those of the file",
        )
    if found == SEVERAL:
        raise wrong(str(path), line, f"names {printable(name)}, which several items are called", "Write their paths")
    return found


def _pairs(path: Path) -> Iterator[NamedPair]:
    try:
        text = read_plain(path, LARGEST_FILE).decode("utf-8-sig")
        yield from named_pairs(str(path), io.StringIO(text, newline=""))
    except (OSError, ValueError, csv.Error) as error:
        reason = unreadable(error) if isinstance(error, OSError) else "it is not a table of text"
        raise UserError(f"{printable(str(path))} cannot be read: {reason}", remedy="Give a CSV with a, b") from error
