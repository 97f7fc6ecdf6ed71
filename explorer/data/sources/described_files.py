"""A table of labels in a folder or an archive, beside the files that it names: read where folders say no classes."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.types import Skipped
from explorer.data import names
from explorer.data.formats.tablefile import LINES, TEXT, read_any
from explorer.data.labels.folder_structure import labels_by_folder
from explorer.data.labels.picture_place import ArchivePlace
from explorer.data.listing import Listing, Watch
from explorer.data.modalities.base import Modality
from explorer.data.pictures import PictureError, Pictures
from explorer.data.sources.table import check_describes, listing_of_table

LARGEST_WITHIN = 64 * 1024 * 1024
"""A table in an archive is unpacked to memory: one of more bytes is left where it is."""
UNPACKED = "unpack the archive and open it"
"""What else one can do with tables in it."""
LEAST_SHARE = 0.1
"""Of the files that a table names, which it then describes: a few numbers are names of pictures by chance."""
MOST_TABLES = 16
"""So many tables are read, those that lie highest first: one that describes the files is not deep among them."""


@dataclass(frozen=True, slots=True)
class HeldFiles:
    """What a folder or an archive holds, by the names of files in it.

    ``path``: the folder or the archive; ``files``: bytes and a checksum (or another mark) of each file that becomes
    an item; ``tables``: bytes of each table of text or of lines of JSON; ``packed``: makes what is decoded of names.
    """

    path: Path
    files: Mapping[str, tuple[int, int]]
    tables: Mapping[str, int]
    packed: Callable[[Sequence[str]], Pictures]
    what: str = "archive"

    def data(self, name: str) -> bytes:
        """Return the bytes of a file.

        Raises
        ------
        PictureError: if it cannot be read.
        """
        with self.packed([name]).reading() as read:
            return read(0)


@dataclass(frozen=True, slots=True)
class Described:
    """What a ``table`` makes of the files beside it."""

    listing: Listing
    table: str

    def with_more(self, skipped: Sequence[Skipped], notes: Sequence[str]) -> Listing:
        """Return the listing with what else is skipped, and is to be said of the rest."""
        own = self.listing
        return replace(own, skipped=(*skipped, *own.skipped), notes=(*notes, *own.notes))


def is_readable_table(name: str) -> bool:
    """Whether a file is called as a table that is read beside the files of a set."""
    return names.suffix(name) in (*TEXT, *LINES)


def described_listing(held: HeldFiles, modality: Modality, options: DataOptions, watch: Watch) -> Described | None:
    """Return what the table among files makes of them; nothing where none describes them.

    Of several tables that which says classes, and then that which names the most files.

    Raises
    ------
    UserError: if a table that describes them has not the column that is asked for; Cancelled: if the user cancels.
    """
    if not held.tables or len(labels_by_folder(list(held.files)).class_names) > 1:
        return None
    listings: dict[str, Listing] = {}
    for name in sorted(held.tables, key=lambda name: (name.count("/"), name))[:MOST_TABLES]:
        watch.check()
        try:
            found = _listing_by(name, held, options, watch)
        except PictureError:
            continue
        except UserError:
            if options.label_column and described_listing(held, modality, _any_column(options), watch) is not None:
                raise
            continue
        if found.modality == modality.name and len(found) >= max(2, LEAST_SHARE * len(held.files)):
            listings[name] = found
    if not listings:
        return None
    best = max(listings, key=lambda name: (bool(listings[name].class_names), len(listings[name])))
    return Described(_told(listings[best], best, held, modality), best)


def _any_column(options: DataOptions) -> DataOptions:
    return options.model_copy(update={"label_column": ""})


def _listing_by(name: str, held: HeldFiles, options: DataOptions, watch: Watch) -> Listing:
    within = held.path / name
    if held.tables[name] > LARGEST_WITHIN:
        raise UserError(f"{within} is larger than {LARGEST_WITHIN // 2**20} MB", remedy="Open it instead")
    place = ArchivePlace(held.files, posixpath.dirname(name), held.packed)
    table = read_any(within, captions=True, data=held.data(name))
    check_describes(within, table)
    return listing_of_table(within, place, table, options, watch)


def _told(listing: Listing, table: str, held: HeldFiles, modality: Modality) -> Listing:
    """Return the listing under the name of folder or archive, with what is said of the table and of the other files."""
    notes = [f"The table {printable(names.text(table))} in the {held.what} describes the {modality.plural}"]
    others = len(held.files) - len(listing) - len({one.path for one in listing.skipped} & set(held.files))
    if others > 0:
        notes.append(f"{names.several(others, modality.noun, modality.plural)} that it does not name left out")
    name = names.of_file(held.path)
    return replace(listing, name=name, uri=str(held.path), notes=(*notes, *listing.notes), table=names.text(table))
