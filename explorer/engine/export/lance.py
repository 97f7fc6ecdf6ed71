"""The embeddings of a run as a table of LanceDB, which a later export goes into again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.registry import Scalar, register
from explorer.core.types import FloatArray
from explorer.data.formats.lance_copy import said_plainly
from explorer.data.formats.vectors import safe
from explorer.engine.export.base import SaveChoice, Subject, needs_package, written_whole
from explorer.engine.export.compare_lines import compared_by, lift_lines
from explorer.engine.export.contents import Contents
from explorer.engine.export.folder_export import (
    README,
    FolderExport,
    Readme,
    digits_told,
    facts_of,
    item_rows,
)
from explorer.engine.jobs import Control
from explorer.measure.lifts import lift
from explorer.runs.own_files import refuse_closed_folder, refuse_own_file

if TYPE_CHECKING:
    import pyarrow as pa

TABLE = "items"
FOLDER = f"{TABLE}.lance"
ROWS = 16_384
"""Rows that are written at a time."""

INDEXED_FROM = 10_000
"""Rows from which an index is made; fewer are looked through sooner than an index is read."""

LIFTED = "lifted"
"""The column that is searched where the distance is no inner product and no L2: the vectors by which it is one."""

_METRICS = {"l2": "l2", "ip": "dot"}

_READ = """\
import lancedb
import numpy as np

table = lancedb.connect(".").open_table("items")
columns = ["number", "id", "class", "part", "_distance"]


def nearest(query, where=None, count=6):
    asked = table.search(query, vector_column_name="COLUMN").distance_type("METRIC").select(columns).limit(count)
    if where is not None:  # in as many cells of the index as it takes to find so many that pass
        asked = asked.where(where, prefilter=True).minimum_nprobes(20).maximum_nprobes(0)
    return asked.refine_factor(10).to_list()


"""
_ASK = """\
first = table.search().where("number = FIRST").limit(1).to_list()[0]
query = QUERY
print(*(item["id"] for item in nearest(query)), sep="\\n")
"""


@register("export", "lance", title="Table of LanceDB", requires=("lancedb", "pyarrow"))
class Lance(FolderExport):
    """A table of LanceDB with the vectors of the items, beyond 10,000 with an index. Needs lancedb.

    The index is IVF_RQ, of vectors whose length is no multiple of eight IVF_FLAT.

    Into a folder that this export has written before, the items are merged by their ids, each as a whole row, and the
    index takes them up.
    """

    action = "Save as a table of LanceDB"
    tip = "Vectors, classes and parts in a database that is filtered and searched from the disk"
    choices = (SaveChoice("All items, in a new folder or in one of such a table (*)"),)

    def check(self, path: Path) -> None:
        """Raise a ``UserError`` where the folder cannot be made and holds no such table, or lancedb is missing."""
        needs_package("a table of LanceDB", "lancedb", "pyarrow")
        if _holds_table(path):
            refuse_own_file(path)
            refuse_closed_folder(path, path)
        else:
            super().check(path)

    def write(self, path: Path, subject: Subject, control: Control) -> dict[str, Scalar]:
        """Write the folder, or merge the items into the table that is there."""
        self.check(path)
        if not _holds_table(path):
            return super().write(path, subject, control)
        contents = Contents(subject, control)
        readme = self.fill(path, contents)
        text = readme.text(subject.name)
        written_whole(path / README, lambda file: file.write_text(text, encoding="utf-8", errors="replace"))
        return dict(readme.facts)

    def fill(self, folder: Path, contents: Contents) -> Readme:
        """Write or merge the rows, and have all of them in the index."""
        import lancedb

        embedded = contents.embedded
        metric, first = _METRICS[lift(embedded.distance).metric], int(embedded.indices[0])
        try:
            table = _filled(lancedb.connect(folder), folder, contents)
            unindexed = _index(table, metric, contents)
            rows = table.count_rows()
        except (OSError, RuntimeError, ValueError) as error:
            reason = printable(said_plainly(error))
            raise UserError(f"The table of LanceDB cannot be written: {reason}") from error
        lines = lift_lines(embedded.distance)
        query = 'as_query(np.array([first["vector"]], np.float32))[0]' if lines else 'np.array(first["vector"])'
        read = _READ.replace("METRIC", metric).replace("COLUMN", LIFTED if lines else "vector")
        ask = _ASK.replace("FIRST", str(first)).replace("QUERY", query)
        return Readme(
            "Table of LanceDB",
            {f"{FOLDER}/": _holds(bool(lines))},
            read + (f"{lines}\n\n{ask}" if lines else ask),
            "lancedb numpy",
            (*_told(embedded.distance), *digits_told(contents)),
            {**facts_of(contents), "rows": rows, "rows not in the index": unindexed},
        )


def _holds_table(path: Path) -> bool:
    """Whether this export has written the folder."""
    return (path / FOLDER / "_versions").is_dir() and (path / README).is_file()


def _holds(lifted: bool) -> str:
    own = f", and `{LIFTED}`, which is searched" if lifted else ""
    return f"a row an item: number in the run, id, path, class, part, `vector`{own}"


def _told(distance: str) -> tuple[str, ...]:
    return (
        f"They are compared by {compared_by(distance)}. The lines print the id of the first item and of its five "
        "nearest; `nearest(query, \"part = 'held-out'\")` finds those that pass a filter, in as many cells of the "
        "index as that takes.",
        "Exporting into this folder once more merges by the id: whole rows, since an update of one column takes all "
        "rows out of the index. Rows that are not in it are looked through one by one; `table.optimize()` takes them "
        "in.",
    )


def _filled(database: Any, folder: Path, contents: Contents) -> Any:
    """Return the table, with every item that is taken; those that were there are replaced."""
    if not (folder / FOLDER).is_dir():
        table = None
        for part in _parts(contents):
            if table is None:
                table = database.create_table(TABLE, data=part)
            else:
                table.add(part)
        return table
    import pyarrow as pa

    table, rows = database.open_table(TABLE), pa.concat_tables(list(_parts(contents)))
    if rows.schema != table.schema:
        raise UserError(
            f"The table in {printable(str(folder))} is of other vectors", remedy="Choose the name of a new folder"
        )
    merged = table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
    merged.execute(rows)  # at once: whoever cancels before leaves the table as it was
    return table


def _parts(contents: Contents) -> Iterator[pa.Table]:
    """Yield the rows of the items, some at a time."""
    import pyarrow as pa

    embedded = contents.embedded
    compared, lifted = lift(embedded.distance), bool(lift_lines(embedded.distance))
    told = item_rows(contents.subject.items, embedded.indices, contents)
    for start in range(0, len(embedded.indices), ROWS):
        vectors = embedded.embeddings[start : start + ROWS]
        rows = [next(told) for _ in range(len(vectors))]
        columns = {"number": pa.array(embedded.indices[start : start + ROWS], pa.int64())}
        columns |= {name: _texts([row[name] for row in rows]) for name in ("id", "path", "class", "part")}
        columns["vector"] = _lists(vectors)
        if lifted:
            columns[LIFTED] = _lists(compared.lift_item(vectors))
        yield pa.table(columns)


def _texts(texts: list[str]) -> pa.Array:
    import pyarrow as pa

    return pa.array([safe(text) for text in texts], pa.string())


def _lists(rows: FloatArray) -> pa.Array:
    import pyarrow as pa

    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(rows, np.float32).ravel()), rows.shape[1])


def _index(table: Any, metric: Any, contents: Contents) -> int:
    """Have the rows of a large table indexed; return how many are not, which are looked through one by one."""
    count = table.count_rows()
    contents.progress("make the index", 0, 0)
    if not table.list_indices() and count >= INDEXED_FROM:
        from lancedb.index import IvfFlat, IvfRq

        column = LIFTED if LIFTED in table.schema.names else "vector"
        codes = table.schema.field(column).type.list_size % 8 == 0  # which IVF_RQ asks for
        table.create_index(column, config=(IvfRq if codes else IvfFlat)(distance_type=metric))
    else:
        table.optimize()
    stats = [table.index_stats(index.name) for index in table.list_indices()]
    return int(stats[0].num_unindexed_rows) if stats and stats[0] is not None else int(count)
