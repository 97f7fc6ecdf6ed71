"""A label table (CSV, lines of JSON, Parquet): one row a picture, with its path, its label and any further columns."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.given_tuples import titles_of_tuples
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.data import names
from explorer.data.bids import CERTAIN, LAST, SEEN, Bid
from explorer.data.file_kinds import PICTURES, chosen_kind, kind_of_ending, named_in_tables
from explorer.data.formats.csvfile import PEEKED_ROWS, Table, picture_column
from explorer.data.formats.tablefile import LINES, PARQUET, TEXT, peek_any, plain_lists, read_any
from explorer.data.formats.vectortable import lists_beside, vector_places
from explorer.data.labels.captions import caption_column
from explorer.data.labels.label_column import WEAK_NAMES, guessed, plain_values
from explorer.data.labels.labelling import labelling
from explorer.data.labels.picture_finder import GONE, MOST_SEARCHED, PictureFinder, as_written
from explorer.data.labels.picture_place import FolderPlace, FoundPicture, PicturePlace
from explorer.data.labels.table_pictures import Matched, beside, match, with_all_captions
from explorer.data.listing import Listing, Watch, digest
from explorer.data.modalities.base import Modality

SUFFIXES = (*TEXT, *LINES, *PARQUET)
PEEKED_FILES = 4096
"""So many files below a table are looked at for a bid, where no column names pictures with their endings."""
WITHOUT_ENDING = 0.45
"""The bid for a table that names pictures without their endings, below that for columns of numbers."""
JOIN = "set data.label_separator, such as ; to give each picture the labels of all of its rows"
UNSEEN = 0.4
"""The bid for a table that names pictures which are not there, below that for columns of numbers."""


def _asked(path: Path, header: Sequence[str], column: str, option: str) -> int:
    if column not in header:
        found = ", ".join(printable(name) for name in header)
        raise UserError(
            f"{path} has no column {printable(column)!r}; its columns are {found}", remedy=f"Set data.{option}=…"
        )
    return header.index(column)


def _path_column(
    path: Path, place: PicturePlace, table: Table, options: DataOptions, watch: Watch
) -> tuple[int, Modality]:
    """Return the column of the files, and what these are."""
    rows = [row for _, row in table.rows[:PEEKED_ROWS]]
    asked = options.path_column
    guess = _asked(path, table.header, asked, "path_column") if asked else picture_column(table.header, rows)
    if guess is not None:
        return guess, _kind_named(row[guess] for _, row in table.rows)
    found_without = _without_ending(table.header, rows, place, watch)
    if found_without is not None:
        return found_without
    found = names.listed([printable(name) for name in table.header])
    raise UserError(
        f"{path}: no column holds the paths of pictures or the numbers of vectors; its columns are {found}",
        remedy="Name that of the paths with --set data.path_column=…; numbers stand in columns or as [0.1, 0.2]",
    )


def _kind_named(cells: Iterable[str]) -> Modality:
    """Return what files of these names are: pictures, unless most that have a known ending are others."""
    counts = Counter(kind_of_ending().get(names.suffix(cell.replace("\\", "/")), "") for cell in cells)
    return chosen_kind({kind: count for kind, count in counts.items() if kind}, DataOptions())


def _without_ending(
    header: Sequence[str], rows: Sequence[Sequence[str]], place: PicturePlace, watch: Watch, most: int = MOST_SEARCHED
) -> tuple[int, Modality] | None:
    """Return the first column of which every cell is the name of one file, without its ending, and what these are."""
    finder = PictureFinder(place, watch, most, named_in_tables())
    for column in range(len(header)):
        found = [finder.paths(row[column]) for row in rows if row[column]]
        kind = _kind_named(path for paths in found for path in paths)
        alike = [[path for path in paths if names.suffix(path) in kind.asked_by] for paths in found]
        if alike and all(len(paths) == 1 for paths in alike):
            return column, kind
    return None


def _label_column(
    path: Path, table: Table, options: DataOptions, path_column: int, captions: str
) -> tuple[int | None, str]:
    """Return the column of labels, which is not that of ``captions``, and what is to be said of the choice."""
    header = table.header
    if options.label_column:
        column = _asked(path, header, options.label_column, "label_column")
        return column, f"Classes are those of the column {printable(header[column])}"
    columns = _cells(table, path_column)
    if captions:
        del columns[captions]
        paths = [row[path_column] for _, row in table.rows]
        columns = {name: cells for name, cells in columns.items() if _of_pictures(paths, cells)}
    columns.pop(options.target_column, None)
    name, why = guessed(columns, WEAK_NAMES)
    if name is None:
        found = names.listed([printable(name) for name in header])
        why = f"; {why}" if why else ""
        return None, f"No column of labels recognised among {found}: unlabelled{why}; set data.label_column to name it"
    told = f"Classes are those of the column {printable(name)}"
    return header.index(name), f"{told}, {why}; set data.label_column to name another" if why else told


def _of_pictures(paths: Sequence[str], cells: Sequence[str]) -> bool:
    """Return whether a column says the same in all rows of a picture, and not which of its captions a row is."""
    said: dict[str, str] = {}
    return all(said.setdefault(path, cell) == cell for path, cell in zip(paths, cells, strict=True))


def _cells(table: Table, path_column: int) -> dict[str, list[str]]:
    """Return the columns of a table beside that of its paths."""
    return {name: [row[i] for _, row in table.rows] for i, name in enumerate(table.header) if i != path_column}


@register("source", "csv", title="Label table")
class TableSource:
    """A table with a column of picture paths, relative to it, a column of labels, and any others."""

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a file called as a table is; see ``listing.Source``."""
        path = Path(spec)
        return _bid(path, options) if path.suffix.lower() in SUFFIXES and path.is_file() else None

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List a table; see ``listing.Source``."""
        path = Path(spec).absolute()
        table = read_any(path, captions=True)
        if not options.label_column:
            check_describes(path, table)
        return listing_of_table(path, FolderPlace(str(path.parent)), table, options, watch)


def _names_two(row: Sequence[str]) -> bool:
    """Whether a row begins with the names of two files of one kind, or with these behind a mark of a pair."""
    first, second, third = (names.suffix(cell.strip()) for cell in (*row, "", "", "")[:3])
    if second and second[1:].isdecimal():  # a number
        return False
    return bool(second) and (first == second or (not first and second == third))


def check_describes(path: Path, table: Table) -> None:
    """Check that a table has an item a row, and no pairs or triplets of them, which say no classes.

    Raises
    ------
    UserError: if it lists pairs or triplets.
    """
    rows = [row for _, row in table.rows[:PEEKED_ROWS]]
    called = bool(rows) and names.PAIR_LIST.fullmatch(path.name)
    if (called or titles_of_tuples(table.header)) and all(map(_names_two, rows)):
        columns = names.listed([printable(title) for title in table.header])
        raise UserError(
            f"{path} lists pairs or triplets of items by its columns {columns}, and no classes",
            remedy="Open what the items lie in, and give this list under Given pairs or triplets",
        )


def listing_of_table(path: Path, place: PicturePlace, table: Table, options: DataOptions, watch: Watch) -> Listing:
    """Return the listing of the pictures in a ``place`` that a table names; ``path``: what was opened.

    Raises
    ------
    UserError: if none of them can be used; Cancelled: if the user cancels.
    """
    path_column, kind = _path_column(path, place, table, options, watch)
    captions = caption_column(_cells(table, path_column), options) if kind.name == PICTURES else ""
    table = plain_lists(table, captions)
    label_column, told = _label_column(path, table, options, path_column, captions)
    texts = [row[label_column] if label_column is not None else "" for _, row in table.rows]
    labels = plain_values(texts, label=True)
    matched = match(place, table, path_column, labels, options.label_separator, watch, kind)
    if not matched.files:
        raise _nothing_found(path, table, matched, kind)
    rows = [table.rows[position][1] for position in matched.rows]
    known = labelling(matched.labels, options.label_separator)
    lists = lists_beside(table.header, [row for _, row in table.rows[:PEEKED_ROWS]])
    others = [i for i in range(len(table.header)) if i not in (path_column, label_column, *lists)]
    left = [f"The column {printable(table.header[i])} holds vectors, and is left out beside pictures" for i in lists]
    if captions:
        rows = with_all_captions(table, matched, captions)
    notes = (*table.notes, told, *left, *_notes(matched, kind), *beside(place, matched, watch, kind))
    return Listing(
        name=names.of_file(path),
        uri=str(path),
        ids=names.unique(names.text(file.path.replace(os.sep, "/")) for file in matched.files),
        labels=known.labels,
        class_names=known.class_names,
        columns={table.header[i]: plain_values([row[i] for row in rows]) for i in others},
        modality=kind.name,
        items=place.items([file.path for file in matched.files]),
        content=digest(f"{file.path}|{file.size}|{file.time}" for file in matched.files),
        skipped=(*table.skipped, *matched.skipped),
        notes=notes,
        label_sets=known.label_sets,
        set_names=known.set_names,
    )


def _nothing_found(path: Path, table: Table, matched: Matched, kind: Modality) -> UserError:
    """Return why no file of a table can be used: their labels, or where they are."""
    if matched.conflicts:
        return UserError(
            f"{path} gives each of its {kind.plural} more than one label",
            remedy=f"Keep one row a picture, or {JOIN}",
        )
    first = next((item for item in matched.skipped if item.reason != GONE), None)
    if first is not None:
        told = f"None of the {kind.plural} that {path} names can be used"
        return UserError(f"{told}; the first, {first.path}: {first.reason}")
    return UserError(
        f"None of the {names.several(len(table.rows), kind.noun, kind.plural)} that {path} names can be found",
        remedy=f"Their paths are taken relative to {path.parent}, and their names are looked for below it",
    )


def _bid(path: Path, options: DataOptions) -> Bid:
    """Bid much where a picture that the table names is there, little where none is: it may be a table of vectors."""
    table = peek_any(path)
    ending = path.suffix.lower()
    if table is None:
        return Bid(LAST, f"a file called {ending} that is no table of text")
    asked = options.path_column
    if asked and asked in table.header:
        return Bid(CERTAIN, f"a table whose column {printable(asked)} is said to name pictures")
    place = FolderPlace(str(path.absolute().parent))
    column = picture_column(table.header, table.rows)
    if ending not in TEXT and (column is None or vector_places(table.header, table.rows)):
        return Bid(LAST, "a table of numbers, or in which no column names pictures")
    if column is None:
        without = _without_ending(table.header, table.rows, place, Watch(), PEEKED_FILES)
        if without is None:
            return Bid(LAST, "a table in which no column names pictures")
        named = f"{without[1].plural} without their endings, {printable(table.header[without[0]])}"
        return Bid(WITHOUT_ENDING, f"a table with a column that names {named}")
    kind = _kind_named(row[column] for row in table.rows)
    named = f"a table with a column that names {kind.plural}, {printable(table.header[column])}"
    if any(isinstance(as_written(place, row[column]), FoundPicture) for row in table.rows if row[column]):
        return Bid(SEEN, named)
    return Bid(UNSEEN, f"{named}, of which the first are not there")


def _notes(matched: Matched, kind: Modality) -> list[str]:
    notes = []
    if matched.example:
        notes.append(f"The {kind.plural} were found below the table by their names: {matched.example}")
    if 0 < (unlabelled := matched.labels.count("")) < len(matched.labels):
        notes.append(f"{names.several(unlabelled, 'row')} without a label: unlabelled")
    if matched.repeated:
        notes.append(f"{names.several(matched.repeated, 'row')} repeating a {kind.noun} of an earlier row")
    if matched.conflicts:
        notes.append(f"{names.several(matched.conflicts, kind.noun, kind.plural)} with two labels left out: {JOIN}")
    if matched.missing:
        notes.append(f"{names.several(matched.missing, 'row')} whose {kind.noun} does not exist")
    return notes
