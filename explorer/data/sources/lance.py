"""Vectors in a table of LanceDB."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import islice
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.extras import extra_line, installed
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.data.bids import CERTAIN, Bid
from explorer.data.formats.lance_copy import copied
from explorer.data.formats.parquetfile import read_parquet
from explorer.data.formats.vectors import Found, listing_of
from explorer.data.listing import Listing, Watch
from explorer.data.names import several

ENDING = ".lance"
LOOKED_AT = 1000
"""Entries of a folder among which tables are sought."""


@register("source", "lance", title="Table of LanceDB")
class LanceSource:
    """Vectors from a table of LanceDB: its folder ``NAME.lance``, or the folder of a database with one table.

    The one column of lists of numbers, or the one that is called vector or embedding; ids, labels and further columns
    as in ``.parquet``. It is read by a process of its own, without its index (``pip install lancedb``).
    """

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for the folder of a table; see ``listing.Source``."""
        tables = tables_in(Path(spec))
        if len(tables) > 1:
            return Bid(CERTAIN, f"{several(len(tables), 'table')} of LanceDB")
        if not tables:
            return Bid(CERTAIN, "a folder called .lance without anything in it") if _bare(Path(spec)) else None
        return Bid(CERTAIN, f"the table {printable(tables[0].stem)} of LanceDB")

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List the vectors of a table; see ``listing.Source``."""
        path = Path(spec).absolute()
        tables = tables_in(path)
        if not tables:
            raise UserError(
                f"{printable(str(path))} is called as a table of LanceDB and holds nothing",
                remedy="Copy the table again, with all that is in its folder",
            )
        if len(tables) > 1:
            raise UserError(
                f"{printable(str(path))} holds {several(len(tables), 'table')} of LanceDB",
                remedy="Open the folder of one of them, which ends in .lance",
            )
        if not (installed("lancedb") and installed("pyarrow")):
            raise UserError(
                f"Reading {printable(str(path))} needs lancedb", remedy=f"Install it with: {extra_line('lancedb')}"
            )
        watch.progress("Reading vectors", 0, 0)
        with copied(tables[0], watch) as parquet:
            found = _read(parquet, tables[0], options, watch)
        return listing_of(path, found, options.label_separator, watch)


def _read(parquet: Path, table: Path, options: DataOptions, watch: Watch) -> Found:
    """Read the copy of a table, and name the table where something is said of the copy."""

    def named(text: str) -> str:
        return text.replace(printable(str(parquet)), printable(str(table))).replace(parquet.name, table.name)

    try:
        found = read_parquet(parquet, options.label_column, watch, options.target_column)
    except UserError as error:
        raise UserError(named(error.message), remedy=error.remedy) from error
    return replace(found, skipped=[replace(one, path=named(one.path)) for one in found.skipped])


def tables_in(path: Path) -> list[Path]:
    """Return the folders of tables: this one, or those in it."""
    try:
        if _is_table(path):
            return [path]
        with os.scandir(path) as entries:  # a database holds little else: of a million pictures not all names are read
            folders = sorted(Path(one.path) for one in islice(entries, LOOKED_AT) if one.name.endswith(ENDING))
        return [folder for folder in folders if _is_table(folder)]
    except (OSError, ValueError):  # such as a name that no system has
        return []


def _bare(folder: Path) -> bool:
    """Whether a folder is called as a table, and nothing but folders without files is in it."""
    return folder.suffix == ENDING and folder.is_dir() and not any(files for _, _, files in os.walk(folder))


def _is_table(folder: Path) -> bool:
    """Whether a folder is or was a table: one without rows has no data, a damaged one perhaps no versions."""
    return folder.suffix == ENDING and any((folder / part).is_dir() for part in ("_versions", "data"))
