"""``given.json`` and ``given/HASH``: the file of given pairs or triplets that a run is trained on, kept with it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from explorer.core.errors import UserError, printable
from explorer.core.given_tuples import KINDS, LARGEST_FILE, GivenKind, GivenTuples
from explorer.runs.atomic import saving, write_file
from explorer.runs.sealed import read_sealed, sealed

GIVEN_NAME, GIVEN_FOLDER = "given.json", "given"
LIMIT = 1 << 16
REMEDY = "Restore it from a copy of the run"


class GivenRecord(NamedTuple):
    """What was given: its kind, what its file was called, and the SHA-256 of its content."""

    kind: GivenKind
    name: str
    digest: str

    def of(self, folder: Path) -> Path:
        """Return where its content lies in the folder of a run: under its hash, with the ending that it had."""
        ending = Path(self.name).suffix.lower()
        return folder / GIVEN_FOLDER / (self.digest + (ending if ending in (".csv", ".tsv", ".txt") else ".csv"))


def write_given(folder: Path, given: GivenTuples) -> None:
    """Keep what is given in the folder of a run, in place of nothing.

    Raises
    ------
    UserError: if it cannot be written.
    """
    record = GivenRecord(given.kind, given.name, given.digest)
    with saving(folder):
        (folder / GIVEN_FOLDER).mkdir(exist_ok=True)
    write_file(record.of(folder), [given.content])
    name = given.name.encode("utf-8", "backslashreplace").decode()
    said = {"kind": record.kind, "name": name, "digest": record.digest}
    write_file(folder / GIVEN_NAME, [sealed(said)])


def read_record(folder: Path) -> GivenRecord | None:
    """Return what was given to the run in a folder, None where nothing was.

    Raises
    ------
    UserError: if the file cannot be read or is damaged.
    """

    def parse(document: dict[str, Any]) -> GivenRecord:
        kind, digest = KINDS[KINDS.index(document["kind"])], str(document["digest"])
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise ValueError
        return GivenRecord(kind, str(document["name"]), digest)

    return read_sealed(folder / GIVEN_NAME, LIMIT, parse, REMEDY)


def read_content(folder: Path, record: GivenRecord) -> bytes:
    """Return what the file said.

    Raises
    ------
    UserError: if it cannot be read, or is not what was written.
    """
    path = record.of(folder)
    try:
        content = path.read_bytes() if path.stat().st_size <= LARGEST_FILE else b""
    except OSError as error:
        raise UserError(f"{printable(str(path))} cannot be read: {error.strerror or error}", remedy=REMEDY) from error
    if hashlib.sha256(content).hexdigest() != record.digest:
        raise UserError(f"{printable(str(path))} is damaged", remedy=REMEDY)
    return content


def copy_given(source: Path, dest: Path) -> None:
    """Keep in the folder of a new run what was given to the one that it comes from.

    Raises
    ------
    UserError: if it cannot be read or written.
    """
    record = read_record(source)
    if record is not None:
        with saving(dest):
            (dest / GIVEN_FOLDER).mkdir(exist_ok=True)
        write_file(record.of(dest), [read_content(source, record)])
        write_file(dest / GIVEN_NAME, [(source / GIVEN_NAME).read_bytes()])
