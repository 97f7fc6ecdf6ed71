"""Pictures in a Parquet file: which column they are, and reading them from it a few rows at a time."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explorer.core.errors import UserError, printable
from explorer.core.plain_json import parse_json
from explorer.data.formats.parquetfile import column_chunks
from explorer.data.formats.shards import ReadPlace
from explorer.data.formats.vectors import safe
from explorer.data.names import PATH_COLUMNS
from explorer.data.pictures import LARGEST_FILE, PictureError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS_AT_ONCE = 64
KEPT_BYTES = 128 << 20
"""What is kept of what was read, as pictures are asked for in several threads, and first some that are spread over all.

Of one group of rows it may be as much, or two batches.
"""
GROUPS_OPEN = 3
"""So many groups of rows stay open however large they are."""
BYTES_COLUMNS = (*PATH_COLUMNS, "jpg", "jpeg", "png", "webp", "image_bytes", "img_bytes", "photo", "content")
"""What a column of encoded pictures is called that is no struct, in small letters."""
SHARED_BEGINNINGS = "DELTA_BYTE_ARRAY"
"""An encoding by which a few bytes can stand for any number of long values."""


@dataclass(frozen=True, slots=True)
class PictureColumn:
    """The column of pictures: its ``name``, the leaf with their bytes, and that with what they are called, if any."""

    name: str
    leaf: str
    path_leaf: str = ""


def features_of(schema: pa.Schema) -> Mapping[str, Any]:
    """Return what a schema says of its columns in the way of Hugging Face's ``datasets``; empty where it does not."""
    try:
        said = parse_json((schema.metadata or {}).get(b"huggingface", b"{}"))
        found = said["info"]["features"]
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def picture_columns(schema: pa.Schema) -> list[PictureColumn]:
    """Return the columns of encoded pictures: structs of bytes and path, and bytes of a known name or feature."""
    import pyarrow as pa

    features = features_of(schema)
    found = []
    for field in schema:
        if pa.types.is_struct(field.type):
            leaves = {field.type.field(i).name: field.type.field(i).type for i in range(field.type.num_fields)}
            if "bytes" in leaves and _is_bytes(leaves["bytes"]):
                path = f"{field.name}.path" if "path" in leaves else ""
                found.append(PictureColumn(field.name, f"{field.name}.bytes", path))
        elif _is_bytes(field.type) and (field.name.lower() in BYTES_COLUMNS or _is_image(features.get(field.name))):
            found.append(PictureColumn(field.name, field.name))
    return [one for one in found if one.name not in features or _is_image(features[one.name])]


def class_names(feature: Any) -> Sequence[str]:
    """Return the names of classes that a feature says, of one class an item or of several; empty: it is another."""
    if isinstance(feature, list):
        feature = {"feature": feature[0]} if feature else {}
    if isinstance(feature, dict) and isinstance(feature.get("feature"), dict):
        feature = feature["feature"]
    names = feature.get("names") if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" else None
    return [safe(str(name)) for name in names] if isinstance(names, list) else []


def _is_image(feature: Any) -> bool:
    return isinstance(feature, dict) and feature.get("_type") == "Image"


def _is_bytes(kind: pa.DataType) -> bool:
    import pyarrow as pa

    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_binary(plain) or pa.types.is_large_binary(plain))


def refuse_shared_beginnings(shown: str, file: pq.ParquetFile, leaf: str) -> None:
    """Refuse pictures whose bytes are stored so that no bound is known for what they unpack to.

    Raises
    ------
    UserError: if they are.
    """
    if any(one.path_in_schema == leaf and SHARED_BEGINNINGS in one.encodings for one in column_chunks(file)):
        raise UserError(
            f"The pictures of {shown} are stored as {SHARED_BEGINNINGS}, of which a few bytes can unpack to any number",
            remedy="Write them again with another encoding, such as PLAIN",
        )


@dataclass(frozen=True, slots=True)
class ParquetShard:
    """A Parquet file with pictures in the column ``leaf``; a place is a group of rows and a row in it."""

    path: str
    leaf: str

    @contextmanager
    def opened(self) -> Iterator[ReadPlace]:
        """Open the file; see ``shards.Shard``."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        groups: OrderedDict[int, _Group] = OrderedDict()
        try:
            with pq.ParquetFile(self.path) as file:

                def read(group: int, row: int) -> bytes:
                    if group not in groups or row < groups[group].first:
                        groups[group] = _Group(self, file, group)
                    groups.move_to_end(group)
                    try:
                        data = groups[group].read(row)
                    except (pa.ArrowException, OSError, MemoryError) as error:
                        del groups[group]
                        raise PictureError(f"damaged in its Parquet file: {_first_line(error)}") from error
                    while len(groups) > GROUPS_OPEN and sum(one.bytes for one in groups.values()) > KEPT_BYTES:
                        groups.popitem(last=False)
                    return data

                yield read
        except pa.ArrowException as error:
            raise PictureError(f"its Parquet file cannot be read: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return printable((str(error).strip().splitlines() or [type(error).__name__])[0])


class _Group:
    """A group of rows that is read onwards; the last batches are kept, and ``bytes`` is what they take."""

    def __init__(self, shard: ParquetShard, file: pq.ParquetFile, group: int) -> None:
        rows = max(1, min(ROWS_AT_ONCE, KEPT_BYTES // max(1, _longest(shard, file, group))))
        self._batches = file.iter_batches(rows, row_groups=[group], columns=[shard.leaf])
        self._kept: deque[tuple[int, Any]] = deque()
        self.bytes = 0
        self._next = 0

    @property
    def first(self) -> int:
        """The first row that is kept."""
        return self._kept[0][0] if self._kept else 0

    def read(self, row: int) -> bytes:
        """Return the bytes of a picture."""
        while row >= self._next:
            self._take()
        start, column = next((start, column) for start, column in reversed(self._kept) if start <= row)
        value = column[row - start].as_py()
        if value is None:
            raise PictureError("there are no bytes of it in the file")
        if len(value) > LARGEST_FILE:
            raise PictureError(f"the picture is larger than {LARGEST_FILE // 2**20} MB")
        return bytes(value)

    def _take(self) -> None:
        import pyarrow as pa

        batch = next(self._batches, None)
        if batch is None or not batch.num_rows:
            raise PictureError("its Parquet file ends before it")
        column = batch.column(0)
        column = column.flatten()[0] if pa.types.is_struct(column.type) else column
        self._kept.append((self._next, column))
        self._next += len(column)
        self.bytes += column.nbytes
        while len(self._kept) > 2 and self.bytes > KEPT_BYTES:
            self.bytes -= self._kept.popleft()[1].nbytes


def _longest(shard: ParquetShard, file: pq.ParquetFile, group: int) -> int:
    """Return the bytes that one value of a dictionary may have, each of which may stand in any number of rows.

    It is what the page of the dictionary itself says, by which it is unpacked; 0 where there is none.
    """
    meta = file.metadata.row_group(group)
    chunks = (meta.column(place) for place in range(meta.num_columns))
    chunk = next((one for one in chunks if one.path_in_schema == shard.leaf), None)
    if chunk is None:
        raise PictureError("damaged in its Parquet file: a group of rows has no such column")
    if not chunk.has_dictionary_page:
        return 0
    with open(shard.path, "rb") as opened:
        opened.seek(chunk.dictionary_page_offset)
        head = opened.read(16)
    # Thrift's compact protocol: the first two fields are the kind of page and its unpacked bytes, zigzag varints
    if head[:1] != b"\x15" or head[2:3] != b"\x15":
        return KEPT_BYTES
    size = 0
    for place, byte in enumerate(head[3:8]):
        size |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            break
    return size >> 1
