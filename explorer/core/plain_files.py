"""Reading a file that somebody named, which may be anything."""

from __future__ import annotations

import os
from pathlib import Path


def check_plain(path: Path) -> None:
    """Refuse a device or a pipe, which would be waited for or has no end.

    Raises
    ------
    OSError: if a path is one, behind a link as well.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError("it is no file")


def read_plain(path: Path, most: int) -> bytes:
    """Return the bytes of a file of at most ``most``; a device or a pipe is not waited for, nor a huge file read.

    Raises
    ------
    OSError, ValueError: if it cannot be read; ``errors.unreadable`` says why.
    """
    check_plain(path)
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size > most:
            raise OSError(f"it is larger than {most >> 20} MB")
        return file.read(most)
