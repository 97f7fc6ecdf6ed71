"""How what is not installed is added."""

from __future__ import annotations

import importlib
import importlib.util
import sys

READY_MADE = "this ready-made copy cannot be added to: install Embedding Explorer itself with pip first"


def installed(package: str) -> bool:
    """Whether a package can be imported, also one that was installed since the program began; imports nothing."""
    importlib.invalidate_caches()
    return importlib.util.find_spec(package) is not None


def pip_line(packages: str) -> str:
    """Return the line that installs ``packages`` for the Python that runs this; a bundle has no pip and says so."""
    if getattr(sys, "frozen", False):
        return f"python -m pip install {packages} ({READY_MADE})"
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable or "python"
    return f"{python} -m pip install {packages}"


def extra_line(extra: str) -> str:
    """Return the line that installs an extra of the program, for example ``sound``; shells take brackets for more."""
    return pip_line(f'"embedding-explorer[{extra}]"')
