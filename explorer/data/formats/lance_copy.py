"""Copying a table of LanceDB to a Parquet file, in a process of its own.

What a damaged table says of itself may end the process that reads it, or make it return what lies beside its numbers
(Hugging Face has switched that format off for this in its viewer). So it is read in a process that may end, whatever it
does, and of what comes back nothing is believed that the reader of Parquet does not check.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.core.errors import UserError, printable
from explorer.core.spawned import apart_from_main, end
from explorer.data.listing import Watch
from explorer.data.patience import Patience

if TYPE_CHECKING:
    import pyarrow as pa

SECONDS = 60.0
"""How long the next rows may take; the first with what the library needs to be loaded. See ``Patience``."""

LOOK_SECONDS = 0.05
DAMAGES = {
    re.compile(r"\b[Nn]ot\sfound\b"): "a file of it is missing",
    re.compile(r"\bInvalid\srange\b|\bsize\sis\stoo\ssmall\b"): "a file of it is cut off",
}
"""What the library says of a damaged table, and what that means."""

_PLACES = re.compile(r",?\s*(?:/|[A-Z]:\\)?[\w./\\-]*\.rs:\d+(?::\d+)?")

ROWS = 8192
"""Rows that are copied at a time."""

MEMORY_BYTES = 8 << 30
"""How much more the process may take than it has when it begins, where the system can be told."""


@contextmanager
def copied(table: Path, watch: Watch) -> Iterator[Path]:
    """Yield a Parquet file with the plain columns and the lists of numbers of a table; it is deleted afterwards.

    Raises
    ------
    UserError: if it cannot be read; Cancelled: if the user cancels.
    """
    with tempfile.TemporaryDirectory(prefix="explorer-lance-") as folder:
        target = Path(folder) / f"{table.stem or 'table'}.parquet"
        _copy(table, target, watch)
        yield target


def _copy(table: Path, target: Path, watch: Watch) -> None:
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, str(table), str(target)), name="embedding-explorer lance")
    process.daemon = True
    try:
        with apart_from_main():
            process.start()
    finally:
        theirs.close()
    try:
        _followed(pipe, process.pid or 0, printable(str(table)), watch)
    finally:
        process.kill()
        end(process)
        pipe.close()


def _followed(pipe: Connection, pid: int, shown: str, watch: Watch) -> None:
    """Wait until all is copied, as long as something comes."""
    patience = Patience(pid, SECONDS)
    while True:
        watch.check()
        if not pipe.poll(LOOK_SECONDS):
            if patience.over():
                raise UserError(f"{shown} is damaged, or the disk is busy: no more rows come", remedy="Copy it again")
            continue
        try:
            word, _, rest = pipe.recv_bytes(1 << 16).decode("utf-8", "replace").partition(" ")
        except (OSError, EOFError) as error:
            raise UserError(f"{shown} is damaged: reading it ends its reader", remedy="Copy it again") from error
        if word == "done":
            return
        if word == "error":
            told = f"{shown} cannot be read as a table of LanceDB: {printable(rest)}"
            raise UserError(told, remedy="Copy it again" if rest in DAMAGES.values() else "")
        done, _, total = rest.partition(" ")
        watch.progress("Reading vectors", int(done), int(total))
        patience = Patience(pid, SECONDS)


def serve(pipe: Connection, table: str, target: str) -> None:
    """Copy a table, and say how far that is; the entry of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # where it ends, it says so from Rust
    with suppress(OSError):
        try:
            _write(pipe, Path(table), target)
            pipe.send_bytes(b"done")
        except BaseException as error:  # noqa: BLE001  a panic of Rust is no Exception
            pipe.send_bytes(f"error {said_plainly(error)}"[:500].encode("utf-8", "replace"))


def said_plainly(error: BaseException) -> str:
    """Return what went wrong in words, without the places in the library's source that it names."""
    said = _PLACES.sub("", str(error).strip())
    damage = next((told for mark, told in DAMAGES.items() if mark.search(said)), "")
    return damage or (said.splitlines()[0] if said else type(error).__name__)


def _write(pipe: Connection, path: Path, target: str) -> None:
    import lancedb
    import pyarrow as pa
    import pyarrow.parquet as pq

    _limit_memory()
    table = lancedb.connect(path.parent).open_table(path.stem)
    kept = [field for field in table.schema if _is_kept(field.type)]
    if not kept:
        raise ValueError("it has neither plain columns nor lists of numbers")
    schema, count, done = pa.schema([field.remove_metadata() for field in kept]), table.count_rows(), 0
    rows = table.search().select(schema.names).limit(max(count, 1)).to_batches(ROWS)
    with pq.ParquetWriter(target, schema, compression="none") as writer:
        for batch in rows:
            writer.write_batch(pa.RecordBatch.from_arrays([batch.column(name) for name in schema.names], schema=schema))
            done += batch.num_rows
            pipe.send_bytes(f"rows {done} {count}".encode("ascii"))


def _is_kept(kind: pa.DataType) -> bool:
    """Whether a column is read: numbers, texts, times, and lists of numbers."""
    import pyarrow as pa

    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        inner: Any = kind.value_type
        return bool(pa.types.is_floating(inner) or pa.types.is_integer(inner))
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    return not (pa.types.is_nested(kind) or binary)


def _limit_memory() -> None:
    """Let memory be refused before the whole computer has none."""
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY_BYTES, most))
    except (ImportError, OSError, ValueError):
        return  # not on this system
