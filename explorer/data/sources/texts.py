"""A table of texts: CSV, TSV, JSON Lines or Parquet with a column of sentences; or a folder of such, a part each."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.types import Skipped
from explorer.data import names
from explorer.data.bids import CERTAIN, LAST, NAMED, SEEN, Bid
from explorer.data.formats.cells import is_number
from explorer.data.formats.csvfile import Peek, Table, picture_column
from explorer.data.formats.tablefile import LINES, PARQUET, TEXT, peek_any, read_any
from explorer.data.formats.vectors import ID_NAMES, first_named, ids_told
from explorer.data.formats.vectortable import label_column, list_columns, numbered
from explorer.data.labels.captions import words_a_cell
from explorer.data.labels.label_column import LABEL_NAMES, plain_name, plain_values
from explorer.data.labels.labelling import labelling
from explorer.data.labels.part_names import likely_part_of
from explorer.data.listing import Listing, Watch, digest
from explorer.data.pictures import MemoryPictures

MODALITY = "text"
TABLES = (*TEXT, *LINES, *PARQUET)
TEXT_NAMES = (
    *("text", "texts", "sentence", "sentences", "question", "query", "utterance", "content", "body", "message"),
    *("comment", "review", "review_text", "document", "passage", "paragraph", "description", "abstract", "article"),
    *("tweet", "post", "headline", "title", "summary", "prompt", "caption", "sentence1", "text1", "question1"),
)
"""What columns of texts are called, in small letters; the first that is there counts."""
WORDS = 3.0
"""So many words a cell, on average: a column that has them is one of texts, whatever it is called."""
BESIDE = 0.3
"""The bid for texts in a table of pictures or of numbers, below those for these: their captions."""
CAPTIONS = 0.45
"""The bid for a column that is said to hold texts, beside names of pictures: its own where these are not there."""
UNNAMED = 0.6
"""The bid for a column of sentences that is called something else."""
SEVERAL = 2
"""So many columns of numbers, and a table is one of these."""
PEEKED_FILES = 4096


@register("source", "texts", title="Table of texts")
class TextSource:
    """A table with a column of texts, and others of labels, parts and anything else; or a folder of a table a part.

    ``.csv``, ``.tsv``, ``.jsonl`` (an object a line), ``.parquet``. The texts are the column that is called text,
    sentence, question, review and the like, else that of the longest sentences; ``data.text_column`` names another. A
    folder with ``train.csv`` and ``test.csv`` is one set, and they are the parts of its split. A row without a text is
    skipped.
    """

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a table with a column of texts, and a folder of such; see ``listing.Source``."""
        if options.modality not in ("", MODALITY):
            return None
        path = Path(spec)
        try:
            if path.is_dir():
                return _bid_for_folder(path, options)
            return _bid_for_table(path, options) if path.suffix.lower() in TABLES and path.is_file() else None
        except OSError:
            return None

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List a table, or the tables of a folder; see ``listing.Source``."""
        path = Path(spec).absolute()
        watch.progress("Reading texts", 0, 0)
        files = _parts(path) if path.is_dir() else {path: ""}
        read = []
        for file, part in files.items():
            watch.check()
            read.append(_read(file, part, options, several=len(files) > 1))
        return _listing(path, read, options.label_separator)


@dataclass(frozen=True, slots=True)
class _Read:
    """What one table holds: its texts with the id of each, its label (empty: none) and its further columns."""

    texts: list[str]
    ids: list[str]
    labels: list[str]
    columns: dict[str, list[str]]
    skipped: list[Skipped]
    notes: list[str]


def _bid_for_table(path: Path, options: DataOptions) -> Bid | None:
    peek = peek_any(path)
    if peek is None:
        return Bid(LAST, f"a file called {path.suffix} that holds no records") if path.suffix.lower() in LINES else None
    if options.text_column and options.text_column in peek.header:
        if options.modality == "" and picture_column(peek.header, peek.rows) is not None:
            return Bid(CAPTIONS, f"a table whose column {printable(options.text_column)} is said to hold captions")
        return Bid(CERTAIN, f"a table whose column {printable(options.text_column)} is said to hold texts")
    column = text_column(peek.header, peek.rows)
    if column is None:
        return None
    reason = f"a table with a column of texts, {printable(peek.header[column])}"
    if options.modality == MODALITY:
        return Bid(CERTAIN, reason)
    named = plain_name(peek.header[column]) in TEXT_NAMES
    if _holds_others(peek, named=named):
        return Bid(BESIDE, f"{reason}, beside pictures or numbers")
    if not named:
        return Bid(UNNAMED, reason)
    return Bid(SEEN + 0.02 if path.suffix.lower() in PARQUET else SEEN, reason)


def _holds_others(peek: Peek, *, named: bool) -> bool:
    """Whether the rows of a table are pictures, vectors or measurements, which texts only describe.

    A column that is ``named`` as one of texts is the item beside numbers that are not counted, such as the stars of a
    review; another one is not: it is a name or a remark.
    """
    if picture_column(peek.header, peek.rows) is not None or list_columns(peek.header, peek.rows):
        return True
    known = {first_named(peek.header, LABEL_NAMES), first_named(peek.header, ID_NAMES)}
    numbers = [
        column
        for column, name in enumerate(peek.header)
        if name not in known and all(is_number(row[column]) for row in peek.rows if row[column])
    ]
    counted = set(numbered(peek.header)) & set(numbers)
    return len(counted) >= SEVERAL or (not named and len(numbers) >= SEVERAL)


def _bid_for_folder(path: Path, options: DataOptions) -> Bid | None:
    parts = _parts(path)
    bids = [_bid_for_table(file, options) for file in parts]
    scores = [bid.score for bid in bids if bid is not None]
    if not scores or len(scores) < len(parts) or min(scores) < NAMED:
        return None
    return Bid(min(scores), f"a folder of tables of texts, {names.listed([printable(file.name) for file in parts])}")


def _parts(folder: Path) -> dict[Path, str]:
    """Return the tables of a folder that are called after the parts of a split, with the part of each, in this order.

    Of several kinds of files with one name, the first by the ending is taken.
    """
    found: dict[str, Path] = {}
    files = sorted(
        file
        for file in itertools.islice(folder.iterdir(), PEEKED_FILES)
        if file.suffix.lower() in TABLES and not names.hidden(file.name) and likely_part_of(file.stem)
    )
    for file in files:
        found.setdefault(file.stem, file)
    parts = {file: likely_part_of(stem) for stem, file in found.items()}
    return dict(sorted(parts.items(), key=lambda one: (one[1] != "train", one[0])))


def text_column(header: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """Return the column of texts: one of a known name with words in it, else the one with most words in a cell."""
    words = {
        column: found
        for column, name in enumerate(header)
        if (found := words_a_cell(name, [row[column] for row in rows if row[column]]))
    }
    named = {plain_name(header[column]): column for column in reversed(words)}
    for name in TEXT_NAMES:
        if name in named and words[named[name]] > 1:
            return named[name]
    longest = max(words, key=lambda column: words[column], default=None)
    return longest if longest is not None and words[longest] >= WORDS else None


def _column(path: Path, table: Table, asked: str) -> tuple[int, list[str]]:
    shown = names.listed([printable(name) for name in table.header])
    if asked:
        if asked not in table.header:
            raise UserError(
                f"{printable(str(path))} has no column {printable(asked)!r}; its columns are {shown}",
                remedy="Set data.text_column=…",
            )
        return table.header.index(asked), []
    column = text_column(table.header, [row for _, row in table.rows[:200]])
    if column is None:
        raise UserError(
            f"{printable(str(path))}: no column holds texts; its columns are {shown}",
            remedy="Name it with data.text_column=…",
        )
    return column, [f"The texts are those of the column {printable(table.header[column])}"]


def _read(path: Path, part: str, options: DataOptions, *, several: bool) -> _Read:
    table = read_any(path)
    column, notes = _column(path, table, options.text_column)
    kept = [(line, row) for line, row in table.rows if row[column]]
    empty = [
        Skipped(f"{path.name}, line {line}", "there is no text in it") for line, row in table.rows if not row[column]
    ]
    cells = {name: [row[i] for _, row in kept] for i, name in enumerate(table.header) if i != column}
    label, told = label_column(path, cells, options.label_column, options.target_column)
    labels = cells.pop(label) if label is not None else [""] * len(kept)
    own = first_named(cells, ID_NAMES)
    stem = names.text(path.stem)
    ids = [f"{stem}[{line}]" for line, _ in kept]
    if own is not None:
        ids = [f"{stem}/{name}" if several else name or ids[i] for i, name in enumerate(cells.pop(own))]
    if part and "split" not in cells:
        cells["split"] = [part] * len(kept)
    if label is None:
        told = told or ["No column of labels recognised: unlabelled; set data.label_column to name it"]
    elif not told:
        told = [f"Classes are those of the column {printable(label)}"]
    told = [*told, *ids_told(own)]
    texts = [row[column] for _, row in kept]
    return _Read(texts, ids, labels, cells, [*table.skipped, *empty], [*table.notes, *notes, *told])


def _listing(path: Path, read: Sequence[_Read], separator: str) -> Listing:
    texts = tuple(text.encode("utf-8", "replace") for one in read for text in one.texts)
    if not texts:
        raise UserError(f"{printable(str(path))} holds no text", remedy="Give a table with a column of texts")
    labels = plain_values([label for one in read for label in one.labels], label=True)
    known = labelling(labels, separator)
    header = dict.fromkeys(name for one in read for name in one.columns)
    columns = {
        name: plain_values([cell for one in read for cell in one.columns.get(name, [""] * len(one.texts))])
        for name in header
    }
    own = [name for one in read for name in one.ids]
    ids = names.unique(own)
    notes = [*dict.fromkeys(note for one in read for note in one.notes), *names.told_again(own)]
    if 0 < (without := list(labels).count("")) < len(labels):
        notes.append(f"{names.several(without, 'text')} without a label: unlabelled")
    return Listing(
        name=names.of_file(path),
        uri=str(path),
        ids=ids,
        labels=known.labels,
        class_names=known.class_names,
        columns=columns,
        modality=MODALITY,
        items=MemoryPictures(str(path), texts),
        content=digest([f"{len(texts)}", *(text.decode("utf-8") for text in texts)]),
        skipped=tuple(one for part in read for one in part.skipped),
        notes=tuple(notes),
        label_sets=known.label_sets,
        set_names=known.set_names,
    )
