"""Steps of arrays on disk: numbered npy files and a small JSON record that commits them.

``NNNNNNNN-NAME-SHA8.npy`` files are written first, then ``NNNNNNNN.json`` with their sizes and SHA-256: a step exists
when its record does. A step can be replaced (the new files have other names) without a moment in which it is gone.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from explorer.core.errors import UserError, printable
from explorer.runs.atomic import (
    FileRecord,
    digest_of,
    flush_folder,
    lost_with,
    names_in,
    saving,
    sweep,
    temporary_name,
    write_file,
    write_synced,
)
from explorer.runs.sealed import sealed, unsealed

AnyArray = npt.NDArray[Any]

RECORD_LIMIT = 1 << 20
DTYPES = frozenset({"<f2", "<f4", "<i8", "|u1"})


@dataclass(frozen=True, slots=True)
class Step:
    """A committed step: what its record says. ``size``: bytes of all of its files."""

    step: int
    facts: Mapping[str, Any]
    files: Mapping[str, str]
    records: Mapping[str, FileRecord]

    @property
    def size(self) -> int:
        """Bytes of the arrays of the step."""
        return sum(record.size for record in self.records.values())


def npy_bytes(array: AnyArray) -> tuple[bytes, memoryview]:
    """Return header and data of the npy file of an array (format 1.0, C order, little endian)."""
    whole = np.ascontiguousarray(array)
    if whole.dtype.str not in DTYPES:
        raise ValueError(f"arrays of {whole.dtype} are not stored")
    header = io.BytesIO()
    facts = np.lib.format.header_data_from_array_1_0(whole)
    np.lib.format.write_array_header_1_0(header, facts)
    return header.getvalue(), whole.data.cast("B") if whole.size else memoryview(b"")


def open_npy(path: Path) -> AnyArray:
    """Map an npy file read-only, after its header was held against the size of the file.

    Raises
    ------
    ValueError: if the header names another type than numbers, or a shape that does not fill the file exactly.
    """
    with open(path, "rb") as file:
        shape, dtype = _checked_header(file, path.stat().st_size)
    if 0 in shape:
        return np.zeros(shape, dtype)
    array: AnyArray = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def parse_npy(content: bytes) -> AnyArray:
    """Return the array that the bytes of an npy file hold, read-only.

    Raises
    ------
    ValueError: as ``open_npy`` does.
    """
    file = io.BytesIO(content)
    shape, dtype = _checked_header(file, len(content))
    return np.frombuffer(content, dtype, offset=file.tell()).reshape(shape)


def _checked_header(file: BinaryIO, size: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and type of an npy file of so many bytes, open at its beginning; it is then at the first value."""
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("not in npy format 1.0")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    count = 1
    for length in shape:
        count *= int(length)
    if dtype.str not in DTYPES or fortran:
        raise ValueError(f"arrays of {dtype} are not read")
    if min(shape, default=0) < 0 or file.tell() + count * dtype.itemsize != size:
        raise ValueError(f"its header promises {count} values, which is not what the file holds")
    return shape, dtype


class ArrayStore:
    """The steps of one folder. Writing needs the run's lock; reading does not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._verified: set[str] = set()
        self._records: dict[int, tuple[tuple[int, int, int], Step]] = {}

    def steps(self) -> tuple[int, ...]:
        """Return the committed steps, ascending."""
        stems = [name.removesuffix(".json") for name in names_in(self.folder) if name.endswith(".json")]
        return tuple(sorted(int(stem) for stem in stems if stem.isascii() and stem.isdigit()))

    def write(self, step: int, arrays: Mapping[str, AnyArray], facts: Mapping[str, Any]) -> Step:
        """Write or replace a step.

        Raises
        ------
        UserError: if it cannot be written; the step is then as it was.
        """
        files: dict[str, str] = {}
        records: dict[str, FileRecord] = {}
        with saving(self.folder):
            self.folder.mkdir(exist_ok=True)
            for name, array in arrays.items():
                files[name], records[name] = self._write_array(step, name, array)
        written = Step(step, dict(facts), files, records)
        self._write_record(written)
        for path in self._arrays_of(step):
            if path.name not in files.values():
                with suppress(OSError):  # the step is saved; what stays is swept when the run is opened to be written
                    path.unlink(missing_ok=True)
        return written

    def amend(self, step: Step, facts: Mapping[str, Any]) -> None:
        """Replace what the record of a step says of its arrays, which stay as they are."""
        self._write_record(Step(step.step, dict(facts), step.files, step.records))

    def _write_record(self, step: Step) -> None:
        arrays = {
            name: {"file": file, "size": step.records[name].size, "sha256": step.records[name].sha256}
            for name, file in step.files.items()
        }
        document = {"step": step.step, "facts": dict(step.facts), "arrays": arrays}
        write_file(self.folder / f"{step.step:08d}.json", [sealed(document)])

    def _write_array(self, step: int, name: str, array: AnyArray) -> tuple[str, FileRecord]:
        temporary = temporary_name(self.folder / name)
        try:
            record = write_synced(temporary, npy_bytes(array))
            final = f"{step:08d}-{name}-{record.sha256[:8]}.npy"
            os.replace(temporary, self.folder / final)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        flush_folder(self.folder)
        return final, record

    def read(self, step: int) -> Step:
        """Return the record of a step.

        Raises
        ------
        UserError: if there is none, or it is damaged.
        """
        path = self.folder / f"{step:08d}.json"
        try:
            found = path.stat()
            mark = (found.st_ino, found.st_size, found.st_mtime_ns)
            known = self._records.get(step)
            if known is not None and known[0] == mark:
                return known[1]
            if found.st_size > RECORD_LIMIT:
                raise ValueError("it is too large to be a record")
            document = unsealed(path.read_bytes())
            arrays = {str(name): dict(entry) for name, entry in document["arrays"].items()}
            files = {name: str(entry["file"]) for name, entry in arrays.items()}
            if any(Path(file).name != file or not file.endswith(".npy") for file in files.values()):
                raise ValueError("it names a file elsewhere")
            records = {name: FileRecord(int(entry["size"]), str(entry["sha256"])) for name, entry in arrays.items()}
            stored = Step(step, dict(document["facts"]), files, records)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise _damaged(path, error) from error
        self._records[step] = (mark, stored)
        return stored

    def whole(self, step: int) -> Step | None:
        """Return the record of a step if its files are there and as long as it says, else None; reads no array."""
        try:
            stored = self.read(step)
            sizes = {name: (self.folder / file).stat().st_size for name, file in stored.files.items()}
        except (UserError, OSError):
            return None
        return stored if all(size == stored.records[name].size for name, size in sizes.items()) else None

    def bytes(self) -> int:
        """Return how much room the steps take that can be read."""
        return sum(stored.size for step in self.steps() if (stored := self.whole(step)) is not None)

    def written(self) -> dict[str, FileRecord]:
        """Return what the records of the steps say of their files, by their paths in the run; those that are whole."""
        steps = (stored for step in self.steps() if (stored := self.whole(step)) is not None)
        return {f"{self.folder.name}/{s.files[name]}": s.records[name] for s in steps for name in s.files}

    def array(self, step: Step, name: str) -> AnyArray:
        """Map one array of a step read-only; its SHA-256 is checked the first time.

        Raises
        ------
        UserError: if the file is missing or is not what was written.
        """
        path = self.folder / step.files[name]
        try:
            if path.name not in self._verified:
                if path.stat().st_size != step.records[name].size or digest_of(path) != step.records[name]:
                    raise ValueError("its checksum is wrong")
                self._verified.add(path.name)
            return open_npy(path)
        except (OSError, ValueError, KeyError) as error:
            raise _damaged(path, error) from error

    def remove(self, step: int) -> None:
        """Remove a step: first its record, then its files."""
        self._records.pop(step, None)
        (self.folder / f"{step:08d}.json").unlink(missing_ok=True)
        for path in self._arrays_of(step):
            path.unlink(missing_ok=True)

    def _arrays_of(self, step: int) -> list[Path]:
        """Return the files of a step, whether or not a record names them."""
        own = f"{step:08d}-"
        return [self.folder / name for name in names_in(self.folder) if name.startswith(own) and name.endswith(".npy")]

    def sweep(self) -> None:
        """Remove what an interrupted writer left: temporary files, and arrays that no record names."""
        if not self.folder.is_dir():
            return
        sweep(self.folder)
        named: set[str] = set()
        for step in self.steps():
            try:
                named.update(self.read(step).files.values())
            except UserError:  # a damaged record cannot say which files are its own: keep all of that step
                named.update(path.name for path in self._arrays_of(step))
        for path in self.folder.glob("*.npy"):
            if path.name not in named:
                path.unlink(missing_ok=True)


def _damaged(path: Path, error: Exception) -> UserError:
    lost = lost_with(path, error)
    if lost is not None:
        return lost
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return UserError(f"{printable(str(path))} cannot be read: {reason}", remedy="The other steps are not affected")
