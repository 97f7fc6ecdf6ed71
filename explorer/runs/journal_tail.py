"""What has come to the journal of a run since it was last looked at, read from where that ended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from explorer.core.errors import UserError
from explorer.core.plain_files import check_plain
from explorer.runs.journal import LINE_LIMIT, METRICS_NAME, Entry, decode, is_empty

KNOWN = 256
"""So many bytes before the place that was reached are compared, to see whether it is still the same file: one that is
copied again and again has another number each time."""


class JournalTail:
    """Reads the journal of the run in a folder on and on; ``damaged``: lines that could not be read so far."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / METRICS_NAME
        self._offset = 0
        self._before = b""
        self.damaged = 0

    def skip(self) -> None:
        """Go to the end of what is there: it is known."""
        for _entry in self.entries():
            pass

    def entries(self) -> Iterator[Entry]:
        """Yield what is new, whole lines only; everything, where the journal is not the one that was read before.

        Raises
        ------
        UserError: if it cannot be read. One that is not there has no entries.
        """
        try:
            check_plain(self._path)
            with open(self._path, "rb") as file:
                if not self._goes_on(file.fileno()):
                    self._offset, self.damaged = 0, 0
                file.seek(self._offset)
                while whole := _whole_lines(file.readline(LINE_LIMIT)):
                    self._offset += len(whole)
                    self._before = (self._before + whole)[-KNOWN:]
                    for line in whole.splitlines():
                        entry = decode(line)
                        if entry is not None:
                            yield entry
                        elif not is_empty(line):
                            self.damaged += 1
                    file.seek(self._offset)
        except FileNotFoundError:
            return
        except OSError as error:
            raise UserError(
                f"{self._path} cannot be read: {error.strerror or error}", remedy="Put it back from a copy of the run"
            ) from error

    def _goes_on(self, descriptor: int) -> bool:
        """Return whether a file begins with what was read."""
        if os.fstat(descriptor).st_size < self._offset:
            return False
        os.lseek(descriptor, self._offset - len(self._before), os.SEEK_SET)
        return os.read(descriptor, len(self._before)) == self._before


def _whole_lines(read: bytes) -> bytes:
    """Return what has a line end of what was read up to one: that of an old Mac ends no line for who reads them."""
    return read if read.endswith(b"\n") else read[: read.rfind(b"\r") + 1]
