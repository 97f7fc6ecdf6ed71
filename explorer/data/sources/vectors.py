"""Vectors that were computed elsewhere: ``.npy``, ``.npz``, ``.parquet``, or a table of text with a column a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.data.bids import CERTAIN, LAST, NAMED, SEEN, Bid
from explorer.data.formats.arrayfile import (
    SAVE_AGAIN,
    AnyArray,
    DamagedError,
    Head,
    Npz,
    open_npy,
    opened_npz,
    read_head,
)
from explorer.data.formats.csvfile import peek_table, picture_column, read_table
from explorer.data.formats.headers import names_of
from explorer.data.formats.parquetfile import read_parquet
from explorer.data.formats.projector import entry_of, sprite_beside, tiles
from explorer.data.formats.vectors import (
    ID_NAMES,
    VECTOR_NAMES,
    Found,
    check_memory,
    check_shape,
    first_named,
    ids_told,
    listing_of,
    safe,
    texts_of,
)
from explorer.data.formats.vectortable import (
    is_own,
    label_column,
    list_columns,
    lists_beside,
    numbers_told,
    read_text,
    vector_places,
)
from explorer.data.formats.zip_directory import peek_members
from explorer.data.labels.label_column import LABEL_NAMES
from explorer.data.listing import Listing, Watch
from explorer.data.names import listed, several

TABLES = (".tsv", ".csv")
PARQUET = b"PAR1"
"""The first bytes of a Parquet file."""
_WORD = re.compile(r"(vectors?|embeddings?|features?|(?<![A-Za-z])[xX](?![A-Za-z]))")


@register("source", "vectors", title="Vectors")
class VectorSource:
    """Vectors from a file: .npy, .npz, .parquet, or a table with a column a number.

    ``.npy``: one array (N, D). Labels come from a file beside it, one a row: ``NAME_labels.npy``, ``NAME.csv``, the
    name with ``labels`` or ``y`` in place of ``vectors``, ``embeddings``, ``features`` or ``x`` (``x_train.npy`` and
    ``y_train.npy``), then ``labels.npy``, ``y.npy`` and ``labels.csv``. A table may hold further columns, and ids.

    ``.npz``: the array that is called vectors, embeddings, features, x, data or z, else the only one with two axes;
    labels from ``labels``, ``label``, ``y``, ``class`` or ``target``, ids from ``ids`` or ``id``; other arrays of N
    values are kept as columns.

    ``.parquet``: one column of lists of numbers, else all columns of numbers; the labels from a column of these names.
    ``.csv``, ``.tsv``: numbers in columns that are counted, such as z0, z1, …: what ``embed`` writes.

    ``data.label_column`` names the labels where the guess is wrong. A row with a number that is not finite is skipped.
    """

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a file of one of these endings; see ``listing.Source``."""
        path = Path(spec)
        bid = _BIDS.get(path.suffix.lower())
        made = bid(path) if bid is not None and path.is_file() else None
        return Bid(CERTAIN, made.reason) if made is not None and options.modality == "vectors" else made

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List a file of vectors; see ``listing.Source``."""
        path = Path(spec).absolute()
        ending = path.suffix.lower()
        watch.progress("Reading vectors", 0, 0)
        if ending == ".npz":
            with opened_npz(path) as archive:
                found = _of_archive(archive, options.label_column, watch)
        elif ending == ".npy":
            found = _of_array(path, options.label_column)
        elif ending == ".parquet":
            found = read_parquet(path, options.label_column, watch, options.target_column)
        else:
            found = _of_text(path, options.label_column, watch, options.target_column)
        return listing_of(path, found, options.label_separator, watch)


def _bid_for_array(path: Path) -> Bid:
    try:
        with path.open("rb") as file:
            return Bid(SEEN, f"an array of shape {read_head(file).shape}")
    except (DamagedError, OSError):
        return Bid(LAST, "a file called .npy that does not begin as one")


def _bid_for_archive(path: Path) -> Bid:
    peek = peek_members(path)
    names = [] if peek is None else [name.removesuffix(".npy") for name in peek.names if name.endswith(".npy")]
    if not names:
        return Bid(LAST, "a file called .npz in which no array is seen")
    what = "the array" if len(names) == 1 else "the arrays"
    return Bid(SEEN, f"an archive of {what} {listed([printable(name) for name in names])}")


def _bid_for_parquet(path: Path) -> Bid:
    try:
        with path.open("rb") as file:
            begins = file.read(len(PARQUET)) == PARQUET
    except OSError:
        begins = False
    return Bid(SEEN, "a Parquet table") if begins else Bid(LAST, "a file called .parquet that does not begin as one")


def _bid_for_table(path: Path) -> Bid | None:
    """Bid for a table with columns of numbers: less than one for its pictures where it names some that are there."""
    table = peek_table(path)
    if table is None:
        return None
    places = vector_places(table.header, table.rows)
    found = list_columns if picture_column(table.header, table.rows) is None else lists_beside
    if not places and (lists := found(table.header, table.rows)):
        return Bid(NAMED, f"a table with a vector in each cell of the column {printable(table.header[lists[0]])}")
    if not places:
        return None
    return Bid(CERTAIN if is_own(table.header, places) else NAMED, f"a table with {numbers_told(table.header, places)}")


_BIDS: dict[str, Callable[[Path], Bid | None]] = {
    ".npy": _bid_for_array,
    ".npz": _bid_for_archive,
    ".parquet": _bid_for_parquet,
    ".csv": _bid_for_table,
    ".tsv": _bid_for_table,
}


def _of_array(path: Path, asked: str) -> Found:
    head, array = open_npy(path)
    check_shape(printable(str(path)), head.shape, head.dtype)
    found = Found(array)
    _take_sprite(path, found)
    beside = labels_beside(path)
    if beside is None:
        if asked:
            raise _nothing_beside(path, asked)
        return found
    if beside.suffix.lower() == ".npy":
        _, values = open_npy(beside)
        flat = values.ndim > 0 and values.size == len(values)
        _check_count(beside, values.shape[0] if flat else values.shape or 1, path, len(array))
        found.labels = texts_of(values, f"The labels in {printable(str(beside))}", label=True)
    else:
        _take_table(beside, path, found, asked)
    found.notes.append(f"Labels and columns from {printable(beside.name)}")
    return found


def _of_text(path: Path, asked: str, watch: Watch, target: str) -> Found:
    """Read a table; where it holds numbers alone, labels and columns come from a table beside it, if there is one."""
    found = read_text(path, asked, watch, target)
    return (
        found if found.labels is not None or found.ids is not None or found.columns else completed(path, found, asked)
    )


def completed(path: Path, found: Found, asked: str) -> Found:
    """Return vectors with the labels and columns of the table beside them, and with the pictures of a sprite."""
    _take_sprite(path, found)
    beside = labels_beside(path)
    if beside is None or beside.suffix.lower() not in TABLES:
        if asked:
            raise _nothing_beside(path, asked)
        return found
    if found.skipped:
        found.notes.append(f"{printable(beside.name)} is not used: rows of vectors are left out, and its rows are not")
        return found
    _take_table(beside, path, found, asked)
    found.notes.append(f"Labels and columns from {printable(beside.name)}")
    return found


def _take_sprite(path: Path, found: Found) -> None:
    """Take the pictures of the items from the sprite of the embedding projector, if there is one."""
    entry = entry_of(path)
    sprite = (entry.sprite if entry else None) or sprite_beside(path)
    if sprite is None or found.skipped:
        return
    found.thumbnails, said = tiles(sprite, len(found.vectors), entry.tile if entry else None)
    found.notes.append(said)


def labels_beside(path: Path) -> Path | None:
    """Return the file beside an array that holds its labels, if there is one."""
    entry = entry_of(path)
    if entry is not None and entry.metadata is not None:
        return entry.metadata
    return next((file for file in _label_files(path) if file.is_file() and file != path), None)


def _nothing_beside(path: Path, asked: str) -> UserError:
    return UserError(
        f"There is no table beside {printable(str(path))} in which to find the column {printable(asked)!r}",
        remedy=f"Put {printable(path.stem)}_metadata.csv there, one row a vector",
    )


def _label_files(path: Path) -> list[Path]:
    """Return where the labels of a ``.npy`` may be, the likeliest first."""
    stem = path.stem
    names = [f"{stem}_labels.npy", f"{stem}.csv", f"{stem}.tsv", f"{stem}_metadata.tsv", f"{stem}_metadata.csv"]
    for word in _WORD.finditer(stem):
        short = len(word[0]) == 1
        others = ("y", "labels") if short else ("labels", "y")
        names += [f"{stem[: word.start()]}{other}{stem[word.end() :]}.npy" for other in others]
        names += [f"{stem[: word.start()]}metadata{stem[word.end() :]}{ending}" for ending in TABLES] * (not short)
    usual = ("labels.npy", "y.npy", "labels.csv", "labels.tsv", "metadata.tsv", "metadata.csv")
    return [path.with_name(name) for name in (*names, *usual)]


def _check_count(beside: Path, there: object, path: Path, wanted: int) -> None:
    if there != wanted:
        labels = several(there, "label") if isinstance(there, int) else f"{there} labels"
        vectors = f"{printable(path.name)} {several(wanted, 'vector')}"
        raise UserError(
            f"{printable(str(beside))} holds {labels}, and {vectors}",
            remedy="Give it one row a vector (a table: below a header line), or move it elsewhere",
        )


def _take_table(beside: Path, path: Path, found: Found, asked: str) -> None:
    """Take labels, ids and further columns from a table with a row for each vector."""
    table = read_table(beside)
    if table.skipped:
        first = table.skipped[0]
        raise UserError(f"{printable(first.path)}: {first.reason}", remedy="Mend it: rows stand for vectors in order")
    rows = [row for _, row in table.rows]
    alone = len(table.header) == 1
    if first_named(table.header, (*LABEL_NAMES, *ID_NAMES)) is None and len(rows) + 1 == len(found.vectors):
        rows.insert(0, table.header)  # as the projector has it: a table of one column has no header
        table = replace(table, header=names_of(table.header, (), bare=True))
    _check_count(beside, len(rows), path, len(found.vectors))
    numbers = set(vector_places(table.header, ()))  # the vectors again, as text
    header = [name for i, name in enumerate(table.header) if i not in numbers or name == asked]
    texts = {name: [row[table.header.index(name)] for row in rows] for name in header}
    label, told = (header[0], []) if alone and not asked else label_column(beside, texts, asked)
    found.notes += told
    if label is not None:
        found.labels = texts.pop(label)
    own = first_named(texts, ID_NAMES)
    if own is not None:
        found.ids = texts.pop(own)
    found.columns = dict(texts)
    found.notes += table.notes


def _of_archive(archive: Npz, asked: str, watch: Watch) -> Found:
    shown, heads = printable(str(archive.path)), archive.heads
    name = _vectors_among(archive)
    head = heads[name]
    what = f"The array {printable(name)} of {shown}"
    check_shape(what, head.shape, head.dtype)
    count = head.shape[0]
    if asked and asked not in heads:
        raise UserError(
            f"{shown} has no array {printable(asked)!r}; it has {listed([printable(key) for key in heads])}",
            remedy="Set data.label_column=…",
        )
    label = asked or first_named((key for key in heads if key != name), LABEL_NAMES)
    own = first_named((key for key in heads if key not in (name, label)), ID_NAMES)
    single = {key: at for key, at in heads.items() if key != name and at.shape in ((count,), (count, 1))}
    for key in (label, own):
        if key is not None and key not in single:
            raise UserError(
                f"The array {printable(key)} of {shown} has the shape {heads[key].shape}, and there are "
                f"{several(count, 'vector')}",
                remedy="Give it one value a vector, or another name",
            )
    kept = [key for key, at in single.items() if key in (label, own) or at.dtype.kind in "fiubUS"]
    check_memory(shown, head.bytes + 4 * count * head.shape[1] + sum(heads[key].bytes for key in kept))
    texts = {key: _texts(archive, key, watch, label=key == label) for key in kept}
    found = Found(archive.read(name, watch))
    found.labels = texts.pop(label) if label is not None else None
    found.ids = texts.pop(own) if own is not None else None
    found.columns = {safe(key): values for key, values in texts.items()}
    left = [printable(key) for key in heads if key != name and key not in kept] + [*map(printable, archive.unread)]
    found.notes += [f"Classes are those of the array {printable(label)}"] if label is not None else []
    found.notes += [*ids_told(own), *[f"Arrays left out: {listed(left)}"] * bool(left)]
    return found


def _texts(archive: Npz, name: str, watch: Watch, *, label: bool) -> Sequence[str]:
    values: AnyArray = archive.read(name, watch)
    return texts_of(values, f"The values of {printable(name)} in {printable(str(archive.path))}", label=label)


def _vectors_among(archive: Npz) -> str:
    shown, heads = printable(str(archive.path)), archive.heads
    likely = {name: at for name, at in heads.items() if at.numeric and len(at.shape) == 2}
    labels = first_named(likely, LABEL_NAMES)
    if len(likely) > 1:  # of several, those of labels and those with a single value a row are no vectors
        likely = {name: at for name, at in likely.items() if name != labels and at.shape[1] > 1} or likely
    named = first_named(likely, VECTOR_NAMES)
    if named is not None or len(likely) == 1:
        return named or next(iter(likely))
    if likely:
        raise UserError(
            f"{shown} has several arrays with two axes: {_told(likely)}", remedy="Name the one to be opened vectors"
        )
    if any(at.pickled for at in heads.values()) and not any(at.numeric for at in heads.values()):
        raise UserError(f"{shown} holds only Python objects, which are not opened", remedy=SAVE_AGAIN)
    there = _told(heads) or listed([f"{printable(k)} {v}" for k, v in archive.unread.items()]) or "no array at all"
    raise UserError(
        f"{shown} holds no array of numbers with two axes, one vector a row; it has {there}",
        remedy="Save the vectors as vectors=(N, D)",
    )


def _told(heads: dict[str, Head]) -> str:
    return listed([f"{printable(name)} {head}" for name, head in heads.items()])
