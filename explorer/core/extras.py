"""How what is not installed is added."""

from __future__ import annotations

import sys

READY_MADE = "this ready-made copy cannot be added to: install Embedding Explorer itself with pip first"


def pip_line(packages: str) -> str:
    """Return the line that installs ``packages``; a bundle has no pip and says so."""
    line = f"python -m pip install {packages}"
    return f"{line} ({READY_MADE})" if getattr(sys, "frozen", False) else line


def extra_line(extra: str) -> str:
    """Return the line that installs an extra of the program, for example ``sound``."""
    return pip_line(f"embedding-explorer[{extra}]")
