"""Errors that a user can mend, and how one is put into words."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend: one sentence with the file, the cause and the remedy.

    Anything else that escapes is a fault of ours and is reported with a traceback.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}. {self.remedy}" if self.remedy else self.message


class Cancelled(Exception):
    """A background job was cancelled; nothing was changed."""


def printable(text: str) -> str:
    """Escape control, bidirectional and undecodable characters, so that text cannot disguise itself or a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)
