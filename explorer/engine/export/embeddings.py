"""The embeddings of a run with the names of its items."""

from __future__ import annotations

from pathlib import Path

from explorer.core.registry import Parameters, create, parameter, register
from explorer.engine.embedding_formats.base import EmbeddedItems, EmbeddingFormat
from explorer.engine.export.base import SaveChoice
from explorer.engine.export.compare_lines import compared_by, lift_lines, nearest_lines, with_lift
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

_READ = {
    "npy": """\
import csv

import numpy as np

vectors = np.load("embeddings.npy")
with open("items.csv", encoding="utf-8", newline="") as file:
    ids = [item["id"] for item in csv.DictReader(file)]
""",
    "csv": """\
import csv

import numpy as np

with open("embeddings.csv", encoding="utf-8", newline="") as file:
    rows = list(csv.reader(file))[1:]
ids, vectors = [row[0] for row in rows], np.array([row[2:] for row in rows], np.float32)
""",
    "parquet": """\
import numpy as np
import pyarrow.parquet

table = pyarrow.parquet.read_table("embeddings.parquet")
ids = table["id"].to_pylist()
vectors = np.stack(table["embedding"].to_numpy())
""",
}
_NEEDS = {"npy": "numpy", "csv": "numpy", "parquet": "numpy pyarrow"}
_HOLDS = {
    "npy": "one array of float32, a row an item",
    "csv": "id, label, and a column a number, with nine digits: enough for every float32",
    "parquet": "id, label and embedding, a list of float32",
}


@register("export", "embeddings", title="Embeddings of the items")
class Embeddings(FolderExport):
    """The embedding of every item: .npy, .csv, or .parquet with pyarrow, and a list of the items."""

    action = "Save the embeddings"
    tip = "The vector of every item, as an array or a table, with the list of the items"
    choices = tuple(
        SaveChoice(f"All items as {words}, in a new folder (*)", {"format": name}, needs=needs)
        for name, words, needs in (
            ("npy", "a NumPy array", ()),
            ("csv", "a CSV table", ()),
            ("parquet", "Parquet", ("pyarrow",)),
        )
    )

    formats = ("NumPy", "npy", "CSV", "Parquet")

    class Params(Parameters):
        """Parameters of the export."""

        format: str = parameter("npy", "The file of the embeddings", choices=("npy", "csv", "parquet"))

    def check(self, path: Path) -> None:
        """Raise a ``UserError`` where the folder cannot be made, or pyarrow is missing for a .parquet."""
        super().check(path)
        self._format().check()

    def _format(self) -> EmbeddingFormat:
        made: EmbeddingFormat = create("embedding_format", self.params.format, {})
        return made

    def fill(self, folder: Path, contents: Contents) -> Readme:
        """Write the embeddings and the list of the items."""
        name, embedded, items = self.params.format, contents.embedded, contents.subject.items
        taken = embedded.indices.tolist()
        labels = [items.class_name(item) for item in taken]
        file = f"embeddings.{name}"
        self._format().write(folder / file, EmbeddedItems(items.ids.take(taken), labels, embedded.embeddings))
        write_items(folder, contents)
        lines = [with_lift(_READ[name], lift_lines(embedded.distance))]
        lines += ["row = 0\n", nearest_lines(embedded.distance), '\nprint(*(ids[i] for i in nearest[:6]), sep="\\n")']
        return Readme(
            "Embeddings",
            {file: _HOLDS[name], ITEMS: ITEMS_TOLD},
            "".join(lines),
            _NEEDS[name],
            (
                f"They are compared by {compared_by(embedded.distance)}. The lines print the id of the first item and "
                "of its five nearest.",
                *digits_told(contents),
            ),
            facts_of(contents),
        )
