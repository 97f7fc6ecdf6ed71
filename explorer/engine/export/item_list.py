"""The items of a run as a list: a table with the sets that each is in, or their paths alone."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import ClassVar

import numpy as np

from explorer.core.name_lists import names_out
from explorer.core.registry import Parameters, Scalar, register
from explorer.core.types import IntArray
from explorer.engine.export.base import Export, ItemTable, SaveChoice, Subject, written_whole
from explorer.engine.item_sets import found_in, sets_of
from explorer.engine.jobs import Control
from explorer.runs.folder import RunFolder
from explorer.runs.items import safe_cell

COLUMNS = ("id", "path", "class", "part", "tags")


@register("export", "list", title="List of the items")
class ItemList(Export):
    """A table (.csv): ``id``, ``path``, ``class``, ``part`` (train or held-out) and ``tags``, or a .txt with the paths.

    ``tags``: the named sets that an item is in, as the window keeps them, with commas between them; a name with a comma
    stands in quotes.
    """

    endings = (".csv", ".txt")
    of = "items"
    action = "Save a list of the items"
    tip = "Path, class, part and tags of each, or the paths alone"
    choices: ClassVar[tuple[SaveChoice, ...]] = (
        SaveChoice("All items as a table (*.csv)"), SaveChoice("All items, their paths alone (*.txt)"),
    )  # fmt: skip
    formats = ("CSV", "txt")

    class Params(Parameters):
        """Parameters of the export: none."""

    def write(self, path: Path, subject: Subject, control: Control) -> dict[str, Scalar]:
        """Write the list."""
        self.check(path)
        items = np.arange(len(subject.items), dtype=np.int64) if subject.selected is None else subject.selected
        if path.suffix.lower() == ".txt":
            text = "".join(f"{subject.items.path(item)}\n" for item in items.tolist())
        else:
            text = _table(subject, items)
        written_whole(path, lambda beside: beside.write_text(text, encoding="utf-8", errors="surrogateescape"))
        return {"items": len(items)}


def _table(subject: Subject, items: IntArray) -> str:
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([safe_cell(cell) for cell in row] for row in _rows(subject, items))
    return text.getvalue()


def _rows(subject: Subject, items: IntArray) -> Iterator[tuple[str, ...]]:
    table: ItemTable = subject.items
    tags: dict[int, list[str]] = {}
    if subject.run is not None:
        folder = RunFolder.open(subject.run.path)
        for one in found_in(sets_of(folder.path, folder.data.uri), folder.items.ids):
            for item in one.items.tolist():
                tags.setdefault(item, []).append(one.name)
    for item in items.tolist():
        own = (table.ids[item], table.path(item), table.class_name(item), table.parts[item])
        yield (*own, names_out(tags.get(item, ()), " "))
