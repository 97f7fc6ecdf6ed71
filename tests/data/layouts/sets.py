"""Small copies of known data sets in their true layouts: names, headers, separators and numbering as downloaded."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from explorer.data.listing import Listing
from tests.helpers.data import picture, save_picture


def pictures(root: Path, *names: str, side: int = 8) -> None:
    """Write a small picture for each name, in the format that it says."""
    for number, name in enumerate(names):
        save_picture(root / name, picture(number, side, side))


def texts(root: Path, files: Mapping[str, str]) -> None:
    """Write the text of each file."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def zipped(folder: Path) -> Path:
    """Return a zip of a folder, with the folder itself in it."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent))
    return path


def said(listing: Listing, *columns: str) -> dict[str, tuple[str, ...]]:
    """Return the class of each item by its id, and what some columns say of it; empty without a class."""
    names = [*listing.class_names, ""]
    return {
        name: (names[label], *(listing.columns[column][i] for column in columns))
        for i, (name, label) in enumerate(zip(listing.ids, listing.labels.tolist(), strict=True))
    }
