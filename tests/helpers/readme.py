"""The lines of a README, run as a script of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def lines_of(folder: Path, language: str = "python") -> str:
    """Return the lines of a language that the README of a folder shows."""
    (lines,) = re.findall(rf"^```{language}\n(.*?)^```$", (folder / "README.md").read_text("utf-8"), re.M | re.S)
    return str(lines)


def run_readme(folder: Path) -> list[str]:
    """Run the lines of Python in a folder's README, in that folder and without this project; return what they print."""
    lines = lines_of(folder)
    assert "explorer" not in lines
    done = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", lines],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, f"{lines}\n{done.stderr}"
    return done.stdout.splitlines()
