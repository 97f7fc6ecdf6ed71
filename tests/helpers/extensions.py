"""Packages of somebody else that bring parts by entry points, as pip would lay them down."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from explorer.core import registry


def bring(folder: Path, name: str, code: str, kinds: Sequence[str] = ("loss",)) -> None:
    """Write the package ``name`` of one module into a folder; whoever puts that on its path has it installed."""
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    groups = (f"[embedding_explorer.{kind}]\nx = {name}\n" for kind in kinds)
    (about / "entry_points.txt").write_text("\n".join(groups))
    (folder / f"{name}.py").write_text(code)


def forget(package: str) -> None:
    """Take away what a package has registered, and the package."""
    for key, entry in list(registry._ENTRIES.items()):
        if entry.part.__module__ == package:
            del registry._ENTRIES[key]
    sys.modules.pop(package, None)
