"""Addresses in a network, which nothing is read from or written to."""

from __future__ import annotations

import os
import re

from explorer.core.errors import UserError, printable

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/|www\.")
"""How one begins: no drive of Windows has two letters. One that was made a path has one slash alone."""


def refuse_address(spec: str) -> None:
    """Check that what is named is on this computer.

    Raises
    ------
    UserError: if it is an address in a network.
    """
    if _ADDRESS.match(spec) and not spec.startswith("file:/") and not os.path.lexists(spec):
        raise UserError(
            f"{printable(spec)} is an address, and files are read from this computer and written to it alone",
            remedy="Download what is there, and give its file or folder",
        )
