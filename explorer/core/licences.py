"""What the program is made of, and under which licences it comes."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator
from dataclasses import dataclass

PACKAGES = (
    "torch", "numpy", "numba", "faiss-cpu", "umap-learn", "scikit-learn", "PySide6-Essentials", "pyqtgraph", "pillow",
    "safetensors", "pydantic", "tomli-w", "platformdirs", "colorcet",
)  # fmt: skip
"""The packages that are always needed, by the names that pip knows them by."""
EXTRAS = (
    "pyarrow", "timm", "transformers", "trimesh", "av", "soundfile", "soxr", "PySide6-Addons", "imageio",
    "imageio-ffmpeg", "openTSNE", "h5py",
)  # fmt: skip
"""Those that are used where they are installed."""
FONTS = (("Inter", "4.001"), ("JetBrains Mono", "2.211"))
SAMPLES = (("Photo sample", "240 patches of 6 photographs", "CC0-1.0 and public domain: samples/photos-CC0.txt"),)
"""Shipped data: what it is called, what is in it, its licence and the file with the text of that."""
LONGEST = 60
"""A licence of more letters is the text itself and not its name."""


@dataclass(frozen=True, slots=True)
class Licence:
    """A part of the program, its version and the name of its licence."""

    name: str
    version: str
    licence: str


def licences() -> Iterator[Licence]:
    """Yield the fonts and the data that are shipped, then every package that is used, with those that it needs."""
    yield from (Licence(name, version, "OFL-1.1") for name, version in FONTS)
    yield from (Licence(*sample) for sample in SAMPLES)
    waiting, seen = [*PACKAGES, *EXTRAS], set()
    while waiting:
        name = waiting.pop(0)
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in seen:
            continue
        seen.add(key)
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        yield Licence(found.metadata["Name"].replace("_", "-"), found.version, _named(found.metadata))
        needed = [line for line in found.requires or () if "extra ==" not in line]
        waiting += [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in needed]


def _named(metadata: importlib.metadata.PackageMetadata) -> str:
    """Return the name of a licence, as new packages, old ones or classifiers say it."""
    told = metadata.json
    for value in (told.get("license_expression"), told.get("license")):
        if isinstance(value, str) and 0 < len(value) <= LONGEST and "\n" not in value:
            return value
    lines = told.get("classifier", [])
    names = [line.rpartition(" :: ")[2] for line in lines if line.startswith("License ::")]
    expression = told.get("license_expression")
    return ", ".join(names) or (expression if isinstance(expression, str) else "see its own files")
