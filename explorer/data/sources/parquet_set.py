"""Pictures in Parquet, as the data sets of Hugging Face come: one file, or a folder of shards with their splits."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.text_column import TextColumn, TextColumnBuilder
from explorer.core.types import UNLABELLED, IntArray, Skipped
from explorer.data import names
from explorer.data.bids import CERTAIN, Bid
from explorer.data.formats.cells import LONGEST_CELL, Cells
from explorer.data.formats.parquet_pictures import (
    SHARED_BEGINNINGS,
    ParquetShard,
    PictureColumn,
    class_names,
    features_of,
    picture_columns,
    refuse_shared_beginnings,
)
from explorer.data.formats.parquetfile import (
    ROWS_AT_ONCE,
    column_chunks,
    is_plain,
    open_parquet,
    pyarrow_for,
    texts_of_column,
)
from explorer.data.formats.raw_sets import MOST_ITEMS
from explorer.data.formats.shard_files import PEEKED, files_below, part_of_shard
from explorer.data.formats.shards import ShardPictures, file_marks
from explorer.data.formats.vectortable import label_column
from explorer.data.labels.captions import BETWEEN, caption_column
from explorer.data.labels.label_column import plain_values
from explorer.data.labels.labelling import Labelling, labelling, numbered
from explorer.data.labels.part_names import SPLIT_COLUMN
from explorer.data.listing import Listing, Watch, digest

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

LARGEST_TEXT = 1 << 30
"""Bytes that a column of texts may unpack to where its encoding sets no bound."""
SEPARATOR = ";"


@dataclass(slots=True)
class _Found:
    """What the shards hold so far: where each picture is (N, 3), what it is called, its part, and texts by column."""

    texts: dict[str, TextColumnBuilder]
    shards: list[ParquetShard] = field(default_factory=list)
    table: list[IntArray] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    cells: Cells = field(default_factory=Cells)


@register("source", "parquet_set", title="Pictures in Parquet")
class ParquetSetSource:
    """Columns of encoded pictures (``image``: a struct of bytes and path), classes named by the schema."""

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a file of Parquet, or a folder of such, with a column of pictures; see ``listing.Source``."""
        try:
            root, files = _files(spec, PEEKED)
            if not files:
                return None
            import pyarrow as pa
            import pyarrow.parquet as pq
        except (OSError, ImportError):
            return None
        try:
            columns = picture_columns(pq.read_schema(os.path.join(root, files[0])))
        except (OSError, ValueError, pa.ArrowException):
            return None
        if not columns:
            return None
        what = "a file of Parquet" if os.path.isfile(spec) else names.several(len(files), "file") + " of Parquet"
        return Bid(CERTAIN, f"{what} with pictures in the column {printable(columns[0].name)}")

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List shards of Parquet; see ``listing.Source``."""
        path = Path(spec).absolute()
        pa = pyarrow_for(path)
        try:
            root, files = _files(str(path))
            return _listed(path, root, files, options, watch)
        except MemoryError as error:
            raise UserError(f"There is not enough memory for {printable(str(path))}") from error
        except (pa.ArrowException, OSError, ValueError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise UserError(f"{printable(str(path))} cannot be read as Parquet: {printable(reason)}") from error


def _wanted(name: str) -> bool:
    return name.lower().endswith(".parquet") and not name.lower().startswith("metadata.")


def _files(spec: str, most: int = 0) -> tuple[str, list[str]]:
    """Return a folder and the shards below it."""
    if os.path.isdir(spec):
        return spec, files_below(spec, _wanted, most) if most else files_below(spec, _wanted)
    is_one = spec.lower().endswith(".parquet") and os.path.isfile(spec)
    return os.path.dirname(spec), [os.path.basename(spec)] if is_one else []


def _first(path: Path, root: str, files: Sequence[str]) -> tuple[pa.Schema, PictureColumn]:
    """Return the schema of the first shard that can be read, and its column of pictures."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    reason = "none of its files can be read"
    for name in files:
        try:
            schema = pq.read_schema(os.path.join(root, name))
        except (pa.ArrowException, OSError):
            continue
        if found := picture_columns(schema):
            return schema, found[0]
        reason = f"its columns are {names.listed([printable(one) for one in schema.names])}"
    raise UserError(f"{printable(str(path))} holds no column of pictures: {reason}")


def _listed(path: Path, root: str, files: Sequence[str], options: DataOptions, watch: Watch) -> Listing:
    schema, pictures = _first(path, root, files)
    classes = {one: known for one, said in features_of(schema).items() if (known := class_names(said))}
    kept = [
        one.name
        for one in schema
        if one.name != pictures.name and (is_plain(one.type) or one.name in classes or _several_texts(one.type))
    ]
    found = _Found({name: TextColumnBuilder() for name in kept})
    for number, name in enumerate(files):
        watch.check()
        watch.progress("Reading tables", number, len(files))
        _take(root, name, pictures, found)
    if not found.ids:
        why = f"; the first: {found.skipped[0].reason}" if found.skipped else ""
        raise UserError(f"{printable(str(path))} holds no rows that can be read{why}")
    texts = {name: builder.column() for name, builder in found.texts.items()}
    captions = caption_column(texts, options)
    others = {name: column for name, column in texts.items() if name != captions}
    label, told = _label_column(path, others, classes, options)
    named = _labelling(texts[label], classes.get(label), options) if label else labelling([""] * len(found.ids))
    columns = {name: _named(column, classes.get(name)) for name, column in texts.items() if name != label}
    if any(found.split):
        columns[SPLIT_COLUMN] = TextColumn.of(found.split)
    left = [printable(name) for name in schema.names if name not in {*kept, pictures.name}]
    notes = [*told, *[f"Columns left out: {names.listed(left)}"] * bool(left)]
    notes += found.cells.told()
    ids = TextColumn.of(names.unique(found.ids))
    notes += names.told_again(found.ids)
    return Listing(
        name=names.of_file(path) if path.is_file() else names.of_folder(str(path)),
        uri=str(path),
        ids=ids,
        labels=named.labels,
        class_names=named.class_names,
        columns=columns,
        modality="pictures",
        items=ShardPictures(tuple(found.shards), np.concatenate(found.table), ids),
        content=digest([*file_marks([shard.path for shard in found.shards]), pictures.leaf]),
        skipped=tuple(found.skipped),
        notes=tuple(notes),
        label_sets=named.label_sets,
        set_names=named.set_names,
    )


def _take(root: str, name: str, pictures: PictureColumn, found: _Found) -> None:
    """Read what stands beside the pictures of one shard; nothing is taken of one that cannot be read to its end."""
    import pyarrow as pa

    path = Path(root, name)
    try:
        with open_parquet(path) as file:
            if pictures not in picture_columns(file.schema_arrow):
                found.skipped.append(Skipped(names.text(name), f"has no column {printable(pictures.name)}"))
                return
            refuse_shared_beginnings(printable(str(path)), file, pictures.leaf)
            rows = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
            if sum(rows) > MOST_ITEMS:
                raise UserError(f"{printable(str(path))} claims {sum(rows):,} rows", remedy="Take a part of them")
            columns = [one for one in found.texts if one in file.schema_arrow.names and _is_bounded(file, one)]
            texts, paths = _texts(file, columns, pictures, printable(str(path)), found)
    except (pa.ArrowException, OSError) as error:
        reason = (str(error).strip().splitlines() or ["it cannot be read"])[0]
        found.skipped.append(Skipped(names.text(name), f"cut off or damaged: {printable(reason)}"))
        return
    part, count, start = part_of_shard(name), sum(rows), len(found.ids)
    number = np.full(count, len(found.shards))
    groups = np.repeat(np.arange(len(rows)), rows)
    places = np.concatenate([np.arange(size) for size in rows]) if rows else number
    found.table.append(np.stack([number, groups, places], axis=1).astype(np.int64))
    found.shards.append(ParquetShard(str(path), pictures.leaf))
    found.split += [part] * count
    folder = f"{part}/" if part else ""
    found.ids += [f"{folder}{own or f'{start + i:06d}'}" for i, own in enumerate(paths)]
    for column, builder in found.texts.items():
        values = texts.get(column) or [""] * count
        builder.extend(values)


def _is_bounded(file: pq.ParquetFile, column: str) -> bool:
    """Whether what a column unpacks to has a bound that there is room for."""
    chunks = [one for one in column_chunks(file) if one.path_in_schema == column]
    shared = [one for one in chunks if SHARED_BEGINNINGS in one.encodings]
    return bool(sum(one.num_values * one.total_uncompressed_size for one in shared) <= LARGEST_TEXT)


def _texts(
    file: pq.ParquetFile, columns: Sequence[str], pictures: PictureColumn, shown: str, found: _Found
) -> tuple[dict[str, list[str]], list[str]]:
    """Return the texts of columns, and what the pictures are called, empty where they are not."""
    texts: dict[str, list[str]] = {name: [] for name in columns}
    paths: list[str] = []
    leaves = [pictures.path_leaf] if pictures.path_leaf else []
    for group in range(file.metadata.num_row_groups):  # a dictionary in a struct is not read across them
        for batch in file.iter_batches(ROWS_AT_ONCE, row_groups=[group], columns=[*columns, *leaves]):
            for name in columns:
                texts[name] += found.cells.cut_short(
                    _cells(batch.column(name), f"The values of {printable(name)} in {shown}")
                )
            if leaves:
                own = texts_of_column(batch.column(pictures.name).flatten()[0], f"The paths of {shown}")
                paths += [path[:LONGEST_CELL].lstrip("/") for path in own]
    return texts, paths or [""] * file.metadata.num_rows


def _cells(column: pa.Array, what: str) -> list[str]:
    if is_plain(column.type):
        return texts_of_column(column, what)
    if _several_texts(column.type):
        return [BETWEEN.join(text for text in row or () if text) for row in column.to_pylist()]
    return [SEPARATOR.join(map(str, row or ())) for row in column.to_pylist()]


def _several_texts(kind: pa.DataType) -> bool:
    """Whether a cell holds a list of texts: the captions of a picture."""
    import pyarrow as pa

    if not pa.types.is_list(kind):
        return False
    inner = kind.value_type
    return bool(pa.types.is_string(inner.value_type if pa.types.is_dictionary(inner) else inner))


def _label_column(
    path: Path, texts: Mapping[str, TextColumn], classes: Mapping[str, Sequence[str]], options: DataOptions
) -> tuple[str, list[str]]:
    """Return the column of classes, empty where there is none, and what is said of the choice."""
    labelled = [name for name in classes if name in texts and name != options.target_column]
    if labelled and not options.label_column:
        chosen = max(labelled, key=lambda name: len(classes[name]))
        return chosen, [f"Classes are those of the column {printable(chosen)}"]
    name, told = label_column(path, texts, options.label_column, options.target_column)
    return name or "", told


def _labelling(column: TextColumn, known: Sequence[str] | None, options: DataOptions) -> Labelling:
    if known is None:
        return labelling(plain_values(list(column), label=True), options.label_separator)
    if any(SEPARATOR in text for text in column.codes()[1]):
        return labelling(list(_named(column, [name.replace(SEPARATOR, ",") for name in known])), SEPARATOR)
    codes, texts = column.codes()
    numbers = np.array([int(text) if text else UNLABELLED for text in texts], np.int64)
    return numbered(numbers[codes], dict(enumerate(known)))


def _named(column: TextColumn, known: Sequence[str] | None) -> TextColumn:
    """Return a column with the names of its numbers."""
    if known is None:
        return column
    shown = {str(number): name for number, name in enumerate(known)}
    return TextColumn.of(SEPARATOR.join(shown.get(one, one) for one in text.split(SEPARATOR)) for text in column)
