"""``labels.csv``: what was decided about the labels of a run's items; the data themselves are never changed.

One row for each item that was decided on: ``id``, ``decision`` (keep, relabel or exclude) and, where it is relabelled,
the name of its new ``class``. The file is replaced as a whole; a run that trains reads it before every epoch.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.label_decisions import Action, Decision, Decisions
from explorer.runs.atomic import write_file
from explorer.runs.items import plain_cell, safe_cell
from explorer.runs.lock import locked

LABELS_NAME, LABELS_LOCK_NAME = "labels.csv", "labels.lock"
HEADER = ["id", "decision", "class"]
PLAIN: tuple[Action, ...] = ("keep", "exclude")
"""Decisions that need no class."""


def changing_labels(folder: Path) -> AbstractContextManager[None]:
    """Keep others from changing the decisions of a run meanwhile; a run that trains may have them changed.

    Raises
    ------
    UserError: if another process changes it, or the folder cannot be written.
    """
    return locked(folder, LABELS_LOCK_NAME)


def write_decisions(folder: Path, decisions: Decisions, ids: Sequence[str], class_names: Sequence[str]) -> None:
    """Write the decisions on the items of the run in a folder, in place of earlier ones.

    Those on items that are not among ``ids``, such as of test data that are not open now, stay.

    Raises
    ------
    UserError: if they cannot be written; the earlier ones are then as they were.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL)
    writer.writerow(HEADER)
    for item, decision in sorted(decisions.items()):
        name = class_names[decision.label] if decision.action == "relabel" else ""
        writer.writerow([safe_cell(ids[item]), decision.action, safe_cell(name)])
    writer.writerows(_of_others(folder / LABELS_NAME, ids))
    write_file(folder / LABELS_NAME, [text.getvalue().encode("utf-8", "surrogateescape")])


def read_decisions(folder: Path, ids: Sequence[str], class_names: Sequence[str]) -> dict[int, Decision]:
    """Return the decisions on the items of the run in a folder; none where none were ever made.

    Decisions on items that are not among ``ids`` are passed over.

    Raises
    ------
    UserError: if the file is damaged; the row is named.
    """
    path = folder / LABELS_NAME
    try:
        rows = _rows(path)
    except FileNotFoundError:
        return {}
    except (OSError, csv.Error) as error:
        raise _damaged(path, str(error)) from error
    if not rows or rows[0] != HEADER:
        raise _damaged(path, f"its first line is not {','.join(HEADER)}")
    classes = {name: number for number, name in enumerate(class_names)}
    said: dict[str, tuple[int, list[str]]] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if len(row) != len(HEADER):
            raise _damaged(path, f"line {number} has {len(row)} cells")
        said[plain_cell(row[0])] = number, row
    # of an item that is not there the class may be one of data that are not open
    return (
        {item: _decision(path, *said[name], classes) for item, name in enumerate(ids) if name in said} if said else {}
    )


def _rows(path: Path) -> list[list[str]]:
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:  # as a spreadsheet saves it
        return list(csv.reader(file, strict=True))


def _of_others(path: Path, ids: Sequence[str]) -> list[list[str]]:
    """Return the rows of a file on items that are not among ``ids``; none where it is missing or damaged."""
    try:
        rows = {plain_cell(row[0]): row for row in _rows(path)[1:] if len(row) == len(HEADER)}
    except (OSError, csv.Error):
        return []
    known = {name for name in ids if name in rows} if rows else set()
    return [row for name, row in rows.items() if name not in known]


def _decision(path: Path, number: int, row: list[str], classes: dict[str, int]) -> Decision:
    name = plain_cell(row[2])
    if row[1] == "relabel" and name in classes:
        return Decision("relabel", classes[name])
    for action in PLAIN:
        if row[1] == action:
            return Decision(action)
    if row[1] == "relabel":
        raise _damaged(path, f"line {number} names {printable(name)!r}, which is no class of the run")
    raise _damaged(path, f"line {number} says {printable(row[1])!r} {printable(name)!r}")


def _damaged(path: Path, reason: str) -> UserError:
    return UserError(f"{printable(str(path))} cannot be read: {reason}", remedy="Mend that line, or remove the file")
