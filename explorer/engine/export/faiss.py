"""The embeddings of a run as an index of FAISS."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.core.registry import register
from explorer.engine.export.compare_lines import compared_by, lift_lines
from explorer.engine.export.contents import Contents
from explorer.engine.export.folder_export import (
    ITEMS,
    ITEMS_TOLD,
    FolderExport,
    Readme,
    digits_told,
    facts_of,
    write_items,
)
from explorer.measure.lifts import lift

INDEX, VECTORS = "items.faiss", "embeddings.npy"
ROWS = 65_536
"""Rows that are added at a time."""

_READ = """\
import csv

import faiss
import numpy as np

index = faiss.read_index("items.faiss")
with open("items.csv", encoding="utf-8", newline="") as file:
    items = {int(item["number"]): item for item in csv.DictReader(file)}
first = next(iter(items))
"""
_PLAIN = "query = index.reconstruct(first)[None]\n"
_LIFTED = 'query = as_query(np.load("embeddings.npy")[:1])\n'
_ASK = """\
scores, numbers = index.search(query, min(6, len(items)))
print(*(items[number]["id"] for number in numbers[0].tolist()), sep="\\n")
"""


@register("export", "faiss", title="Search index of FAISS")
class Faiss(FolderExport):
    """An exact index of FAISS with the numbers of the items, ``IndexIDMap2`` over a flat one, and a list of the items.

    Where the distance of the run is no inner product and no L2, the index holds the vectors by which it is one.
    """

    action = "Save a search index"
    tip = "An index of FAISS that finds the same neighbours, with the list of the items"
    formats = ("FAISS", "npy")

    def fill(self, folder: Path, contents: Contents) -> Readme:
        """Write the index and the list of the items."""
        import faiss

        embedded = contents.embedded
        compared, rows = lift(embedded.distance), embedded.embeddings
        flat = faiss.IndexFlatL2 if compared.metric == "l2" else faiss.IndexFlatIP
        index = faiss.IndexIDMap2(flat(compared.lift_item(rows[:1]).shape[1]))
        for start in range(0, len(rows), ROWS):
            contents.progress("fill the index", start, len(rows))
            part = compared.lift_item(rows[start : start + ROWS])
            index.add_with_ids(part, np.ascontiguousarray(embedded.indices[start : start + ROWS], np.int64))
        faiss.serialize_index(index).tofile(folder / INDEX)  # what write_index writes, under any name of a folder
        write_items(folder, contents)
        files = {INDEX: "the vectors, by the number of each item", ITEMS: f"{ITEMS_TOLD}"}
        lines = lift_lines(embedded.distance)
        if lines:
            np.save(folder / VECTORS, rows, allow_pickle=False)
            files[VECTORS] = "the embeddings as the network gives them, in the order of the list"
        return Readme(
            "Search index",
            files,
            f"{_READ}\n\n{lines}\n\n{_LIFTED}{_ASK}" if lines else f"{_READ}{_PLAIN}{_ASK}",
            "faiss-cpu",
            (
                f"The search is exact, by {compared_by(embedded.distance)}. The lines print the id of the first item "
                "and of its five nearest. A number of −1 stands for nothing found.",
                *digits_told(contents),
            ),
            facts_of(contents),
        )
