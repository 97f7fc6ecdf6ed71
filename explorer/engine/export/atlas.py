"""The map of a run for Embedding Atlas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.registry import register
from explorer.engine.export.contents import Contents
from explorer.engine.export.folder_export import FolderExport, Readme, digits_told, facts_of, item_rows
from explorer.engine.export.item_pictures import png_of, small_pictures
from explorer.engine.export.neighbours import neighbours_of

FILE = "items.parquet"

_LINES = """\
import pandas

items = pandas.read_parquet("items.parquet")
near = items["neighbors"][0]["ids"][:5]
print(items["id"][0], *items["id"][near], sep="\\n")
"""


@register("export", "atlas", title="Map for Embedding Atlas", requires=("pyarrow",))
class Atlas(FolderExport):
    """One Parquet with place, class, part, picture, embedding and the neighbours of every item on the map."""

    action = "Save for Embedding Atlas"
    tip = "The map with pictures and neighbours, in one file of Parquet"
    formats = ("Parquet",)

    def fill(self, folder: Path, contents: Contents) -> Readme:
        """Write the table."""
        import pyarrow
        import pyarrow.parquet

        columns, pictured = self._columns(contents)
        pyarrow.parquet.write_table(pyarrow.table(columns), folder / FILE, row_group_size=8192)
        picture = " --image picture" if pictured else ""
        command = f"embedding-atlas {FILE} --x x --y y --neighbors neighbors --text id{picture}"
        return Readme(
            "Map for Embedding Atlas",
            {FILE: "number, id, class, part, x, y, embedding, neighbors (rows of this file) and small pictures"},
            _LINES,
            "embedding-atlas",
            (
                f"`{command}` in this folder shows it. Neighbours are rows of this one file: give the command no "
                "second file and no sample of it, which would leave the rows as they were.",
                *digits_told(contents),
            ),
            facts_of(contents),
        )

    def _columns(self, contents: Contents) -> tuple[dict[str, Any], bool]:
        """Return the columns, and whether there are pictures among them."""
        import pyarrow

        embedded, places = contents.embedded, contents.places()
        near, far = neighbours_of(contents)
        rows = list(item_rows(contents.subject.items, embedded.indices, contents))
        ends = np.arange(0, near.size + 1, max(near.shape[1], 1), dtype=np.int64)[: len(near) + 1]
        lists = [pyarrow.LargeListArray.from_arrays(ends, values.ravel()) for values in (near, far)]
        columns: dict[str, Any] = {
            "number": embedded.indices,
            **{name: pyarrow.array([printable(row[name]) for row in rows]) for name in ("id", "class", "part")},
            "x": pyarrow.array(places[:, 0], from_pandas=True),
            "y": pyarrow.array(places[:, 1], from_pandas=True),
            "embedding": pyarrow.FixedSizeListArray.from_arrays(
                embedded.embeddings.ravel(), embedded.embeddings.shape[1]
            ),
            "neighbors": pyarrow.StructArray.from_arrays(lists, ["ids", "distances"]),
        }
        try:
            pictures = [{"bytes": png_of(pixels), "path": None} for pixels in small_pictures(contents)]
        except UserError:  # the data are gone, or the items are not seen
            return columns, False
        kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
        return {**columns, "picture": pyarrow.array(pictures, kind)}, True
