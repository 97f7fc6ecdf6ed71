"""How what is not installed is added."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys

READY_MADE = "this ready-made copy cannot be added to: install Embedding Explorer itself with pip first"

_LINE = re.compile(r"""(?:"[^"\n]+"|\S+) -m pip install(?: (?:"[^"\n]+"|[\w.=\[\]-]+))+""")


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


def line_in(text: str) -> str:
    """Return the line that installs something out of a sentence that says it, as ``pip_line`` made it; empty: none."""
    found = _LINE.search(text)
    return found.group().rstrip(".") if found else ""


def extra_line(extra: str) -> str:
    """Return the line that installs an extra of the program, for example ``sound``; shells take brackets for more."""
    return pip_line(f'"embedding-explorer[{extra}]"')
