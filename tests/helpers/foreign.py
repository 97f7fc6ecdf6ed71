"""Other people's programs that are too large to be needed here: where they are installed, they load what is exported.

``EMBEDDING_EXPLORER_TOOLS`` names the interpreters of environments that hold some, with the path separator between.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run_with(package: str, lines: str, folder: Path) -> list[str]:
    """Run lines of Python in a folder where a package is installed, and return what they print; skips where none is."""
    for python in (sys.executable, *filter(None, os.environ.get("EMBEDDING_EXPLORER_TOOLS", "").split(os.pathsep))):
        look = f"import importlib.util as u; raise SystemExit(u.find_spec({package!r}) is None)"
        if subprocess.run([python, "-I", "-c", look], check=False).returncode == 0:
            break
    else:
        pytest.skip(f"needs {package} in an environment that EMBEDDING_EXPLORER_TOOLS names")
    done = subprocess.run(
        [python, "-I", "-X", "utf8", "-c", lines], cwd=folder, capture_output=True, encoding="utf-8", timeout=300
    )
    assert done.returncode == 0, f"{lines}\n{done.stderr}"
    return done.stdout.splitlines()
