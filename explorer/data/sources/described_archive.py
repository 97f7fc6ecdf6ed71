"""A table of labels in an archive, among the files that it names: read where folders say no classes apart."""

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
from explorer.data.sources.table import listing_of_table

LARGEST_WITHIN = 64 * 1024 * 1024
"""A table in an archive is unpacked to memory: one of more bytes is left where it is."""
UNPACKED = "unpack the archive and open it"
"""What else one can do with tables in it."""
LEAST_SHARE = 0.1
"""Of the files that a table names, which it then describes: a few numbers are names of pictures by chance."""
MOST_TABLES = 16
"""So many tables are read, those that lie highest first: one that describes the files is not deep among them."""


@dataclass(frozen=True, slots=True)
class ArchiveFiles:
    """What an archive holds, by the names of its members.

    ``path``: the archive; ``files``: bytes and a checksum (or another mark) of each file that becomes an item;
    ``tables``: bytes of each table of text or of lines of JSON; ``packed``: makes what is decoded of names.
    """

    path: Path
    files: Mapping[str, tuple[int, int]]
    tables: Mapping[str, int]
    packed: Callable[[Sequence[str]], Pictures]

    def data(self, name: str) -> bytes:
        """Return the bytes of a member.

        Raises
        ------
        PictureError: if it is damaged.
        """
        with self.packed([name]).reading() as read:
            return read(0)


@dataclass(frozen=True, slots=True)
class Described:
    """What a ``table`` in an archive makes of its files."""

    listing: Listing
    table: str

    def with_more(self, skipped: Sequence[Skipped], notes: Sequence[str]) -> Listing:
        """Return the listing with what else is skipped of the archive, and is to be said of it."""
        own = self.listing
        return replace(own, skipped=(*skipped, *own.skipped), notes=(*notes, *own.notes))


def is_readable_table(name: str) -> bool:
    """Whether a member of an archive is called as a table that is read in it."""
    return names.suffix(name) in (*TEXT, *LINES)


def described_listing(
    archive: ArchiveFiles, modality: Modality, options: DataOptions, watch: Watch
) -> Described | None:
    """Return what the table in an archive makes of its files; nothing where none describes them.

    Of several tables that which says classes, and then that which names the most files.

    Raises
    ------
    UserError: if the only table has not the column that is asked for; Cancelled: if the user cancels.
    """
    if not archive.tables or len(labels_by_folder(list(archive.files)).class_names) > 1:
        return None
    listings: dict[str, Listing] = {}
    refused: list[UserError] = []
    for name in sorted(archive.tables, key=lambda name: (name.count("/"), name))[:MOST_TABLES]:
        watch.check()
        try:
            found = _listing_by(name, archive, options, watch)
        except PictureError:
            continue
        except UserError as error:
            refused.append(error)
            continue
        if found.modality == modality.name and len(found) >= max(2, LEAST_SHARE * len(archive.files)):
            listings[name] = found
    if not listings:
        if options.label_column and refused:
            raise refused[0]
        return None
    best = max(listings, key=lambda name: (bool(listings[name].class_names), len(listings[name])))
    return Described(_told(listings[best], best, archive, modality), best)


def _listing_by(name: str, archive: ArchiveFiles, options: DataOptions, watch: Watch) -> Listing:
    within = archive.path / name
    if archive.tables[name] > LARGEST_WITHIN:
        raise UserError(f"{within} is larger than {LARGEST_WITHIN // 2**20} MB", remedy="Unpack the archive")
    place = ArchivePlace(archive.files, posixpath.dirname(name), archive.packed)
    table = read_any(within, captions=True, data=archive.data(name))
    return listing_of_table(within, place, table, options, watch)


def _told(listing: Listing, table: str, archive: ArchiveFiles, modality: Modality) -> Listing:
    """Return the listing under the name of the archive, with what is said of the table and of the other files."""
    notes = [f"The table {printable(names.text(table))} in the archive describes the {modality.plural}"]
    others = len(archive.files) - len(listing) - len({one.path for one in listing.skipped} & set(archive.files))
    if others > 0:
        notes.append(f"{names.several(others, modality.noun, modality.plural)} that it does not name left out")
    name = names.text(archive.path.stem)
    return replace(listing, name=name, uri=str(archive.path), notes=(*notes, *listing.notes))
