"""Errors that a user can mend, and how one is put into words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something the user can mend: one sentence with the file, the cause and the remedy.

    Anything else that escapes is a fault of ours and is reported with a traceback.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        if not self.remedy:
            return self.message
        said = self.message.rstrip()  # what a library or the system says may be a sentence already
        return f"{said} {self.remedy}" if said.endswith((".", "?", "!")) else f"{said}. {self.remedy}"


def suggestion(wrong: str, known: Iterable[str], otherwise: str) -> str:
    """Return ``Did you mean …?`` where a wrong name begins or nearly is one of the known ones, else ``otherwise``."""
    names = list(known)
    begun = [name for name in names if len(wrong) > 2 and name.startswith(wrong)]
    near = begun[:3] or difflib.get_close_matches(wrong, names, n=1, cutoff=0.75)
    return f"Did you mean {' or '.join(near)}?" if near else otherwise


class Cancelled(Exception):
    """A background job was cancelled; nothing was changed."""


def printable(text: str) -> str:
    """Escape control, bidirectional and undecodable characters, so that text cannot disguise itself or a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


LONGEST_SHOWN = 80
"""Characters of a value that a sentence shows, at most."""


def shown(value: object) -> str:
    """Return a value as a sentence about a file shows it: true and false as they stand there, nothing at full length.

    A whole number of thousands of digits is not written out: Python refuses to.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > 4 * LONGEST_SHOWN:
        return "a number of so many digits"
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def unreadable(error: OSError | ValueError) -> str:
    """Return in plain words why a file could not be read."""
    if isinstance(error, ValueError):
        return "it is not text in UTF-8" if isinstance(error, UnicodeDecodeError) else "no file has such a name"
    plain = {
        FileNotFoundError: "it is not there",
        PermissionError: "it may not be read by you",
        IsADirectoryError: "it is a folder",
    }
    words = next((said for kind, said in plain.items() if isinstance(error, kind)), error.strerror or str(error))
    return f"{words[:1].lower()}{words[1:]}"
